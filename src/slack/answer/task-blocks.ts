import type { PlanBlock, RichTextBlock, TaskCardBlock, TaskUpdateChunk } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { CallStage, CallState } from '../../run/state/state.ts'
import { revealInvisible, truncate } from '../../text.ts'
import { joinWords, pluralize, withoutMentions } from '../blocks/text.ts'
import { argumentsExcerptOf, resultExcerptOf } from './call-content.ts'
import { describeAction, describeCall, lowerFirst } from './describe-calls.ts'

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
  const title = truncate(withoutMentions(`${taskTitleOf(call)}${progressSuffix}`), LIMITS.taskCard.title)
  return { id: call.id, title, status: STATUS[call.stage], details: detailsOf(call) }
}

/** What it was called with and what came of it, once it has ended. */
function detailsOf(call: CallState): string | undefined {
  const end = call.stage === 'done' ? resultExcerptOf(call, RESULT) : revealInvisible(call.cause ?? '').trim()
  const hasEnded = call.stage === 'done' || call.stage === 'failed' || call.stage === 'unknown'
  const given = hasEnded && Object.keys(call.arguments).length > 0 ? argumentsExcerptOf(call, ARGUMENTS_CHARS) : ''
  return withoutMentions([given, end].filter((text) => text !== '').join('\n')) || undefined
}

const ARGUMENTS_CHARS = 160
const RESULT = { lines: 3, chars: 240 }

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

/** The task as a line of its own, or a card in a plan; both texts together take at most `maxChars`. */
function taskCardBlock(task: TaskLine, maxChars: number): TaskCardBlock {
  const title = truncate(task.title, maxChars)
  const left = Math.min(DETAILS_CHARS, maxChars - title.length)
  return {
    type: 'task_card',
    task_id: truncate(task.id, LIMITS.id),
    title,
    status: task.status,
    ...(task.details && left >= SHORTEST_DETAILS_CHARS && { details: richText(truncate(task.details, left)) }),
  }
}

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

/** What a step's details take at most, and what is too short to say anything. */
const DETAILS_CHARS = 500
const SHORTEST_DETAILS_CHARS = 20
const SHORTEST_STEP_CHARS = 40

/** A plan takes 50 cards, one of which may say that the model is waited for. */
export const MAX_PLAN_STEPS = LIMITS.plan.tasks - 1

/** More steps than this are counted, not named. */
const NAMED = 3
/** A title longer than this is cut on a phone before it says what matters. */
const TITLE_CHARS = 120

/** The steps of one message as a block of at most `maxChars` of text: one is a line, several are a plan. */
export function stepsBlock(calls: CallState[], maxChars: number): TaskCardBlock | PlanBlock {
  const each = Math.max(SHORTEST_STEP_CHARS, Math.floor((maxChars - LIMITS.plan.title) / Math.max(1, calls.length)))
  const [first, ...others] = calls.map((call) => taskCardBlock(taskLineOf(call), each))
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
