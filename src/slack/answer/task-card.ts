import type { RichTextBlock, TaskCardBlock, TaskUpdateChunk } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { CallState } from '../../run/state/state.ts'
import { truncate } from '../../text.ts'
import { escapeInlineMrkdwn, withoutMentions } from '../blocks/text.ts'
import { describeAction, describeCall, lowerFirst } from './describe-call.ts'

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
  const said = call.stage === 'calling' && progress !== undefined ? ` (${truncate(progress, 60)})` : ''
  const title = truncate(`${withoutMentions(titleOf(call))}${said}`, LIMITS.taskCard.title)
  const details = call.stage === 'done' ? call.result?.summary : call.cause
  return { id: call.id, title, status: STATUS[call.stage], details: details?.trim() || undefined }
}

function titleOf(call: CallState): string {
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
export const taskCardBlock = (task: TaskLine): TaskCardBlock => ({
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
