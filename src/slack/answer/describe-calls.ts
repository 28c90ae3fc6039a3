import type { PlanBlock, RichTextBlock, TaskCardBlock, TaskUpdateChunk } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { JsonObject } from '../../json.ts'
import type { CallStage, CallState } from '../../run/state/state.ts'
import { truncate } from '../../text.ts'
import { escapeInlineMrkdwn, joinWords, pluralize, withoutMentions } from '../blocks/text.ts'

export type CallTense = 'wish' | 'doing' | 'done'

/** What the sentence about a call needs. */
export type DescribedCall = { title: string; tool: string; connectionName: string; arguments: JsonObject }

/** Irregular verbs of tool names, or with a doubled letter: present participle, past. Any other verb below is regular. */
const IRREGULAR: Record<string, [string, string]> = {
  write: ['writing', 'wrote'],
  read: ['reading', 'read'],
  get: ['getting', 'got'],
  find: ['finding', 'found'],
  send: ['sending', 'sent'],
  run: ['running', 'ran'],
  set: ['setting', 'set'],
  put: ['putting', 'put'],
  make: ['making', 'made'],
  give: ['giving', 'gave'],
  show: ['showing', 'showed'],
  submit: ['submitting', 'submitted'],
  stop: ['stopping', 'stopped'],
  drop: ['dropping', 'dropped'],
  copy: ['copying', 'copied'],
  query: ['querying', 'queried'],
  apply: ['applying', 'applied'],
  modify: ['modifying', 'modified'],
  reply: ['replying', 'replied'],
  undo: ['undoing', 'undid'],
  begin: ['beginning', 'began'],
}

const REGULAR = new Set(
  `add append archive ask assign book browse build calculate call cancel check clear close comment complete compute connect
   convert count create crawl delete deploy describe download draft echo edit enable disable execute explain export extract fetch
   follow fork generate import index insert install invite list load look lock mark merge move open parse pay ping post print
   publish pull push refund remove rename render replace request resolve restore resize retrieve return review save schedule search
   select share sort start subscribe summarize sum sync tag toggle transform translate trigger unlock update upload validate watch`
    .split(/\s+/)
    .filter((verb) => verb !== ''),
)

/** Arguments that say what a call is about, best first. */
const SUBJECTS = ['path', 'file_path', 'filename', 'file', 'url', 'title', 'name', 'repo', 'channel', 'table']

/** Nouns that are left out where an argument names the thing. */
const VAGUE = /^(?:text |media |multiple )?(?:file|files|directory|folder|page|url|issue|table|document)$/

/**
 * What a call does, in plain words: "Write hello.txt with filesystem", "Writing …", "Wrote …".
 * A tool whose first word is no verb known here is "used".
 */
export function describeCall(call: DescribedCall, tense: CallTense): string {
  return `${describeAction(call, tense)} with ${call.connectionName || 'no connection'}`
}

/** The same without the connection. */
export function describeAction(call: DescribedCall, tense: CallTense): string {
  const [first = '', ...others] = plainWords(call.title || call.tool)
  const verb = first.toLowerCase()
  if (!isVerb(verb)) return withCapital(`${conjugate('use', tense)} ${[first, ...others].join(' ')}`)
  return withCapital([conjugate(verb, tense), objectOf(others.join(' '), call.arguments)].filter(Boolean).join(' '))
}

const isVerb = (word: string): boolean => REGULAR.has(word) || Object.hasOwn(IRREGULAR, word)

function conjugate(verb: string, tense: CallTense): string {
  if (tense === 'wish') return verb
  const irregular = IRREGULAR[verb]
  if (irregular) return tense === 'doing' ? irregular[0] : irregular[1]
  const stem = verb.endsWith('e') ? verb.slice(0, -1) : verb
  return `${stem}${tense === 'doing' ? 'ing' : 'ed'}`
}

/** `readMediaFile`, `read_media_file` and "Read Media File" are the same three words; short capitals stay ("SQL"), a "tool" at the end says nothing. */
function plainWords(title: string): string[] {
  const spaced = title.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[_\-./\s]+/g, ' ')
  const words = spaced
    .trim()
    .replace(/ tool$/i, '')
    .split(' ')
  return words.map((word, index) => (index > 0 && !/^[A-Z0-9]{2,5}$/.test(word) ? word.toLowerCase() : word))
}

function objectOf(noun: string, args: JsonObject): string {
  const subject = SUBJECTS.map((key) => args[key]).find((value) => typeof value === 'string' && value !== '')
  if (typeof subject !== 'string' || subject.length > 120) return noun
  const short = subject.replace(/\/+$/, '').split('/').at(-1) || subject
  const shown = /^https?:/.test(subject) ? subject : short
  if (shown === '.') return noun
  return noun === '' || VAGUE.test(noun) ? shown : `${noun} ${shown}`
}

/** Raises the first letter, for the start of a sentence. */
export const withCapital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** Lowers the first letter, for use inside a sentence. */
export const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

/** One tool call as a line of the answer. */
export type TaskLine = {
  id: string
  title: string
  status: TaskCardBlock['status']
  /** The cause of a failure, or what came of it; only at the end, as Slack appends it. */
  details: string | undefined
}

const STATUS: Record<CallState['stage'], TaskLine['status']> = {
  requested: 'pending',
  awaiting_approval: 'pending',
  approved: 'in_progress',
  calling: 'in_progress',
  waiting_input: 'pending',
  done: 'complete',
  failed: 'error',
  unknown: 'error',
  denied: 'error',
  cancelled: 'error',
}

/** The line of a call. `progress` is what the server says while it works. */
export function taskLineOf(call: CallState, progress?: string): TaskLine {
  const progressSuffix = call.stage === 'calling' && progress !== undefined ? ` (${truncate(progress, 60)})` : ''
  const title = truncate(`${withoutMentions(taskTitleOf(call))}${progressSuffix}`, LIMITS.taskCard.title)
  const details = call.stage === 'done' ? call.result?.summary : call.cause
  return { id: call.id, title, status: STATUS[call.stage], details: details?.trim() || undefined }
}

function taskTitleOf(call: CallState): string {
  switch (call.stage) {
    case 'requested':
    case 'awaiting_approval':
      return `${describeCall(call, 'wish')}: waits for approval`
    case 'approved':
    case 'calling':
      return `${describeCall(call, 'doing')}…`
    case 'waiting_input':
      return `${describeCall(call, 'wish')}: waits for ${waitedFor(call)}`
    case 'done':
      return describeCall(call, 'done')
    case 'failed':
      return `Failed: ${lowerFirst(describeCall(call, 'wish'))}`
    case 'unknown':
      return `May or may not have happened: ${lowerFirst(describeCall(call, 'wish'))}`
    case 'denied':
      return `Not done: ${lowerFirst(describeCall(call, 'wish'))}`
    case 'cancelled':
      return `Stopped: ${lowerFirst(describeCall(call, 'wish'))}`
    default:
      return call.stage satisfies never
  }
}

const waitedFor = ({ inputs }: CallState): string =>
  inputs.at(-1)?.request.kind === 'sign_in' ? 'a sign-in' : 'an answer'

/** The task as a line of its own, or a card in a plan. */
const taskCardBlock = (task: TaskLine): TaskCardBlock => ({
  type: 'task_card',
  task_id: truncate(task.id, LIMITS.id),
  title: task.title,
  status: task.status,
  ...(task.details && { details: richText(truncate(task.details, 500)) }),
})

const richText = (text: string): RichTextBlock => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }],
})

/** The task as a chunk of a stream; `details` are left out when they went out before. */
export const taskUpdateChunk = (task: TaskLine, withDetails: boolean): TaskUpdateChunk => ({
  type: 'task_update',
  id: truncate(task.id, LIMITS.id),
  title: truncate(task.title, LIMITS.stream.chunkText),
  status: task.status,
  ...(withDetails && task.details && { details: truncate(task.details, LIMITS.stream.chunkText) }),
})

/** Says that a call's outcome is not known. */
export const unknownOutcomeText = (call: CallState): string =>
  `I can't tell whether this happened: *${escapeInlineMrkdwn(lowerFirst(describeAction(call, 'wish')))}* with *${escapeInlineMrkdwn(call.connectionName)}*. Please check there first; I won't repeat it on my own.`

/** Says that a server did not answer a call that may be repeated safely. */
export const missedCallText = (call: CallState): string =>
  `*${escapeInlineMrkdwn(call.connectionName)}* did not answer this time: *${escapeInlineMrkdwn(lowerFirst(describeAction(call, 'wish')))}*.`

/** A plan takes 50 cards, one of which may say that the model is waited for. */
export const MAX_PLAN_STEPS = LIMITS.plan.tasks - 1

/** More steps than this are counted, not named. */
const NAMED = 3
/** A title longer than this is cut on a phone before it says what matters. */
const TITLE_CHARS = 120

/** The steps of one message as a block: one is a line, several are a plan. */
export function stepsBlock(calls: CallState[]): TaskCardBlock | PlanBlock {
  const [first, ...others] = calls.map((call) => taskCardBlock(taskLineOf(call)))
  if (first !== undefined && others.length === 0) return first
  return { type: 'plan', title: stepsText(calls), tasks: first === undefined ? [] : [first, ...others] }
}

/** Describes the step under way or waiting, or what was done at the end. `progress` is what servers say of calls, by call. */
export function stepsText(calls: CallState[], progress?: Map<string, string>): string {
  const [first] = calls
  if (first !== undefined && calls.length === 1) return taskLineOf(first, progress?.get(first.id)).title
  return truncate(withoutMentions(currentStepText(calls) ?? finishedStepsText(calls)), LIMITS.plan.title)
}

function currentStepText(calls: CallState[]): string | undefined {
  const running = calls.filter(({ stage }) => stage === 'approved' || stage === 'calling')
  if (running[0]) return `${describeCall(running[0], 'doing')}${othersText(running)}…`
  const asking = calls.filter(({ stage }) => stage === 'requested' || stage === 'awaiting_approval')
  return asking[0] && `Waiting for approval: ${lowerFirst(describeCall(asking[0], 'wish'))}${othersText(asking)}`
}

const othersText = (calls: CallState[]): string => (calls.length > 1 ? `, and ${calls.length - 1} more` : '')

const ENDS: [CallStage, string][] = [
  ['done', 'done'],
  ['failed', 'failed'],
  ['denied', 'not allowed'],
  ['cancelled', 'stopped'],
  ['unknown', 'may or may not have happened'],
]

function finishedStepsText(calls: CallState[]): string {
  const where = `with ${joinWords([...new Set(calls.map((call) => call.connectionName || 'no connection'))])}`
  const steps = `${pluralize(calls.length, 'step')} ${where}`
  const ends = ENDS.map(([stage, word]) => ({
    stage,
    word,
    count: calls.filter((call) => call.stage === stage).length,
  }))
  const present = ends.filter(({ count }) => count > 0)
  if (present.some(({ stage }) => stage !== 'done'))
    return `${steps}: ${joinWords(present.map(({ count, word }) => `${count} ${word}`))}`
  const acts = [...new Set(calls.map((call) => describeAction(call, 'done')))]
  const [only, ...others] = acts
  if (only !== undefined && others.length === 0) return `${only} ${pluralize(calls.length, 'time')} ${where}`
  const named = `${joinWords(acts.map((act, at) => (at === 0 ? act : lowerFirst(act))))} ${where}`
  return acts.length <= NAMED && named.length <= TITLE_CHARS ? named : `Took ${steps}`
}
