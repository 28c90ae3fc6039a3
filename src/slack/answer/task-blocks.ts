import type { RichTextBlock, TaskCardBlock, TaskUpdateChunk } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import { isWithdrawn } from '../../run/state/fold.ts'
import type { CallState } from '../../run/state/state.ts'
import { revealInvisible, truncate } from '../../text.ts'
import { withoutMentions } from '../blocks/text.ts'
import { argumentsExcerptOf, resultExcerptOf } from './call-content.ts'
import { type CallTense, describeCallAmong, lowerFirst } from './describe-calls.ts'

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
  delegated: 'in_progress',
  waiting_input: 'pending',
  done: 'complete',
  failed: 'error',
  unknown: 'error',
  denied: 'error',
  cancelled: 'error',
}

/** The line of a call among others. `progress` is what the server says while it works. */
export function taskLineOf(call: CallState, progress?: string, among: CallState[] = [call]): TaskLine {
  const progressSuffix = call.stage === 'calling' && progress !== undefined ? ` (${truncate(progress, 60)})` : ''
  const title = truncate(withoutMentions(`${taskTitleOf(call, among)}${progressSuffix}`), LIMITS.taskCard.title)
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

function taskTitleOf(call: CallState, among: CallState[]): string {
  const describe = (tense: CallTense) => describeCallAmong(call, tense, among)
  switch (call.stage) {
    case 'requested':
    case 'awaiting_approval':
      return `${describe('wish')}: waits for approval`
    case 'approved':
      return call.waits === undefined ? `${describe('doing')}…` : waitingTitleOf(call.waits, describe('wish'))
    case 'calling':
    case 'delegated':
      return `${describe('doing')}…`
    case 'waiting_input':
      return `${describe('wish')}: waits for ${waitedFor(call)}`
    case 'done':
      return describe('done')
    case 'failed':
      return `Failed: ${lowerFirst(describe('wish'))}`
    case 'unknown':
      return `May or may not have happened: ${lowerFirst(describe('wish'))}`
    case 'denied':
      return `Not done: ${lowerFirst(describe('wish'))}`
    case 'cancelled':
      return `${isWithdrawn(call) ? 'Withdrawn' : 'Stopped'}: ${lowerFirst(describe('wish'))}`
    default:
      return call.stage satisfies never
  }
}

/** A message is not changed while the run rests, so the time stands for itself. */
const waitingTitleOf = ({ until, why }: NonNullable<CallState['waits']>, wish: string): string =>
  `${wish}: ${why}, I go on at ${until.toISOString().slice(11, 16)} UTC`

const waitedFor = ({ inputs }: CallState): string =>
  inputs.at(-1)?.request.kind === 'sign_in' ? 'a sign-in' : 'an answer'

/** The task as a line of its own, or a card in a plan; both texts together take at most `maxChars`. */
export function taskCardBlock(task: TaskLine, maxChars: number): TaskCardBlock {
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

/** A plan takes 50 cards, one of which may say that the model is waited for. */
export const MAX_PLAN_STEPS = LIMITS.plan.tasks - 1

/** Describes the step under way or waiting; undefined where none is. `progress` is what servers say of calls, by call. */
export function currentStepText(calls: CallState[], progress?: Map<string, string>): string | undefined {
  const [first] = calls
  if (first !== undefined && calls.length === 1) return taskLineOf(first, progress?.get(first.id)).title
  const words = underWayText(calls)
  return words && truncate(withoutMentions(words), LIMITS.plan.title)
}

function underWayText(calls: CallState[]): string | undefined {
  const running = calls.filter(({ stage }) => stage === 'approved' || stage === 'calling' || stage === 'delegated')
  if (running[0]) return `${describeCallAmong(running[0], 'doing', calls)}${othersText(running)}…`
  const asking = calls.filter(({ stage }) => stage === 'requested' || stage === 'awaiting_approval')
  return (
    asking[0] && `Waiting for approval: ${lowerFirst(describeCallAmong(asking[0], 'wish', calls))}${othersText(asking)}`
  )
}

const othersText = (calls: CallState[]): string => (calls.length > 1 ? `, and ${calls.length - 1} more` : '')
