import type { AnyChunk } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { CallState } from '../../run/state/state.ts'
import { truncate } from '../../text.ts'
import { type AnswerPage, callsOnPage } from './paginate-answer.ts'
import { stepsText } from './plan-block.ts'
import { type TaskLine, taskLineOf, taskUpdateChunk } from './task-card.ts'

/** What a stream has been given so far. */
export type StreamedContent = {
  words: string
  /** The plan's title; undefined while there is no plan. */
  title: string | undefined
  tasks: Map<string, { line: string; details: boolean }>
}

export const createEmptyStream = (): StreamedContent => ({ words: '', title: undefined, tasks: new Map() })

/** What is known of a run only while it works: what servers say of calls under way, and why the model is waited for. */
export type LiveRunInfo = { progress: Map<string, string>; waiting: string | undefined }

export type StreamUpdate = { chunks: AnyChunk[]; sent: StreamedContent }

/**
 * The chunks that make a stream show the page; undefined when words already sent would have to change. All tasks of a stream are in one
 * plan, whose title says what is going on.
 */
export function chunksFor(page: AnswerPage, sent: StreamedContent, live: LiveRunInfo): StreamUpdate | undefined {
  const chunks: AnyChunk[] = []
  const tasks = new Map(sent.tasks)
  let words = ''
  for (const piece of page.pieces) {
    if (piece.kind === 'tasks') chunks.push(...piece.calls.flatMap((call) => callChunks(call, tasks, live)))
    else {
      const before = words.length
      words += `${words === '' ? '' : '\n\n'}${piece.text}`
      chunks.push(...textChunks(words.slice(Math.max(before, sent.words.length))))
    }
  }
  chunks.push(...waitingChunks(tasks, live))
  const title = titleOf(callsOnPage(page), tasks, live)
  if (title !== undefined && title !== sent.title) chunks.unshift({ type: 'plan_update', title })
  return words.startsWith(sent.words) ? { chunks, sent: { words, title, tasks } } : undefined
}

function titleOf(
  steps: CallState[],
  tasks: StreamedContent['tasks'],
  { progress, waiting }: LiveRunInfo,
): string | undefined {
  if (waiting !== undefined) return truncate(waiting, LIMITS.stream.chunkText)
  if (steps.length > 0) return stepsText(steps, progress)
  return tasks.has(WAITING) ? BACK : undefined
}

function callChunks(call: CallState, tasks: StreamedContent['tasks'], { progress }: LiveRunInfo): AnyChunk[] {
  return taskChunks(taskLineOf(call, progress.get(call.id)), tasks)
}

const WAITING = 'waiting'
const BACK = 'The model is back'

function waitingChunks(tasks: StreamedContent['tasks'], { waiting }: LiveRunInfo): AnyChunk[] {
  if (waiting === undefined && !tasks.has(WAITING)) return []
  const status = waiting === undefined ? 'complete' : 'in_progress'
  return taskChunks({ id: WAITING, title: waiting ?? BACK, status, details: undefined }, tasks)
}

function taskChunks(task: TaskLine, tasks: StreamedContent['tasks']): AnyChunk[] {
  const known = tasks.get(task.id)
  const line = `${task.status} ${task.title}`
  if (known?.line === line) return []
  const details = task.details !== undefined && known?.details !== true
  tasks.set(task.id, { line, details: details || known?.details === true })
  return [taskUpdateChunk(task, details)]
}

function textChunks(text: string): AnyChunk[] {
  const chunks: AnyChunk[] = []
  for (let at = 0; at < text.length; at += LIMITS.message.markdownText) {
    chunks.push({ type: 'markdown_text', text: text.slice(at, at + LIMITS.message.markdownText) })
  }
  return chunks
}
