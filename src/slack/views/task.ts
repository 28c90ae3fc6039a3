import type { RichTextBlock, TaskCardBlock, TaskUpdateChunk } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { CallState } from '../../run/state/state.ts'
import { calm, clip, inline } from './text.ts'
import { lower, sayAct, sayCall } from './tool-words.ts'

/** One tool call as a line of the answer. */
export type Task = {
  id: string
  title: string
  status: TaskCardBlock['status']
  /** The cause of a failure, or what came of it; only at the end, as Slack appends it. */
  details: string | undefined
}

const STATUS: Record<CallState['stage'], Task['status']> = {
  wished: 'pending',
  asking: 'pending',
  cleared: 'in_progress',
  calling: 'in_progress',
  waiting_input: 'pending',
  done: 'complete',
  failed: 'error',
  unknown: 'error',
  denied: 'error',
  cancelled: 'error',
}

/** The line of a call. `progress` is what the server says while it works. */
export function taskOf(call: CallState, progress?: string): Task {
  const said = call.stage === 'calling' && progress !== undefined ? ` (${clip(progress, 60)})` : ''
  const title = clip(`${calm(titleOf(call))}${said}`, LIMITS.taskCard.title)
  const details = call.stage === 'done' ? call.result?.summary : call.cause
  return { id: call.id, title, status: STATUS[call.stage], details: details?.trim() || undefined }
}

function titleOf(call: CallState): string {
  switch (call.stage) {
    case 'wished':
    case 'asking':
      return `${sayCall(call, 'wish')}: waits for approval`
    case 'cleared':
    case 'calling':
      return `${sayCall(call, 'doing')}…`
    case 'waiting_input':
      return `${sayCall(call, 'wish')}: waits for ${waitedFor(call)}`
    case 'done':
      return sayCall(call, 'done')
    case 'failed':
      return `Failed: ${lower(sayCall(call, 'wish'))}`
    case 'unknown':
      return `May or may not have happened: ${lower(sayCall(call, 'wish'))}`
    case 'denied':
      return `Not done: ${lower(sayCall(call, 'wish'))}`
    case 'cancelled':
      return `Stopped: ${lower(sayCall(call, 'wish'))}`
    default:
      return call.stage satisfies never
  }
}

const waitedFor = ({ inputs }: CallState): string =>
  inputs.at(-1)?.request.kind === 'sign_in' ? 'a sign-in' : 'an answer'

/** The task as a line of its own, or a card in a plan. */
export const taskCard = (task: Task): TaskCardBlock => ({
  type: 'task_card',
  task_id: clip(task.id, LIMITS.id),
  title: task.title,
  status: task.status,
  ...(task.details && { details: richText(clip(task.details, 500)) }),
})

const richText = (text: string): RichTextBlock => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }],
})

/** The task as a chunk of a stream; `details` are left out when they went out before. */
export const taskChunk = (task: Task, withDetails: boolean): TaskUpdateChunk => ({
  type: 'task_update',
  id: clip(task.id, LIMITS.id),
  title: clip(task.title, LIMITS.stream.chunkText),
  status: task.status,
  ...(withDetails && task.details && { details: clip(task.details, LIMITS.stream.chunkText) }),
})

/** What to say of a call whose outcome is not known. */
export const sayUnknown = (call: CallState): string =>
  `I can't tell whether this happened: *${inline(lower(sayAct(call, 'wish')))}* with *${inline(call.connectionName)}*. Please check there first; I won't repeat it on my own.`

/** What to say of a call that a server did not answer, and that may be made again without harm. */
export const sayMissed = (call: CallState): string =>
  `*${inline(call.connectionName)}* did not answer this time: *${inline(lower(sayAct(call, 'wish')))}*.`
