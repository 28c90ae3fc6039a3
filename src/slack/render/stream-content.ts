import type { AnyChunk } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { CallState } from '../../run/state/state.ts'
import { type AnswerPage, callsOnPage } from '../answer/paginate-answer.ts'
import { stepsText } from '../answer/steps-block.ts'
import { type TaskLine, taskLineOf, taskUpdateChunk } from '../answer/task-blocks.ts'

/** What a stream has been given so far. */
export type StreamedContent = {
  words: string
  /** The plan's title; undefined while there is no plan. */
  title: string | undefined
  tasks: Map<string, { title: string; line: string; details: boolean }>
}

export const createEmptyStream = (): StreamedContent => ({ words: '', title: undefined, tasks: new Map() })

/** What is known of a run only while it works: what servers say of calls under way, why the model is waited for, and whether it is. */
export type LiveRunInfo = { progress: Map<string, string>; waiting: string | undefined; isThinking: boolean }

export type StreamUpdate = { chunks: AnyChunk[]; sent: StreamedContent }

/**
 * The chunks that make a stream show the page; undefined when words already sent would have to change. All tasks of a stream are in one
 * plan, whose title says what is going on.
 */
export function chunksFor(page: AnswerPage, sent: StreamedContent, live: LiveRunInfo): StreamUpdate | undefined {
  const chunks: AnyChunk[] = []
  const tasks = new Map(sent.tasks)
  const steps = callsOnPage(page)
  let words = ''
  for (const piece of page.pieces) {
    if (piece.kind === 'tasks') chunks.push(...piece.calls.flatMap((call) => callChunks(call, steps, tasks, live)))
    else {
      const before = words.length
      words += `${words === '' ? '' : '\n\n'}${piece.text}`
      chunks.push(...textChunks(words.slice(Math.max(before, sent.words.length))))
    }
  }
  chunks.push(...modelChunks(tasks, live))
  const title = titleOf(steps, tasks, live)
  if (title !== undefined && title !== sent.title) chunks.unshift({ type: 'plan_update', title })
  return words.startsWith(sent.words) ? { chunks, sent: { words, title, tasks } } : undefined
}

function titleOf(
  steps: CallState[],
  tasks: StreamedContent['tasks'],
  { progress, waiting, isThinking }: LiveRunInfo,
): string | undefined {
  if (steps.length > 0) return stepsText(steps, progress)
  return waiting !== undefined || isThinking ? STARTED : tasks.get(MODEL)?.title
}

function callChunks(
  call: CallState,
  among: CallState[],
  tasks: StreamedContent['tasks'],
  { progress }: LiveRunInfo,
): AnyChunk[] {
  return taskChunks(taskLineOf(call, progress.get(call.id), among), tasks)
}

/** What the model does, as a task of its own beside the calls. */
const MODEL = 'model'
export const THINKING = 'Thinking…'
/** Stands above what the model does, where nothing else was done yet. */
const STARTED = 'Working on it'
const THOUGHT = 'Thought'
const BACK = 'The model is back'

function modelChunks(tasks: StreamedContent['tasks'], { waiting, isThinking }: LiveRunInfo): AnyChunk[] {
  const known = tasks.get(MODEL)
  const doing = waiting ?? (isThinking ? THINKING : undefined)
  if (doing !== undefined)
    return taskChunks({ id: MODEL, title: doing, status: 'in_progress', details: undefined }, tasks)
  if (known === undefined || known.title === BACK) return []
  const title = known.title === THINKING || known.title === THOUGHT ? THOUGHT : BACK
  return taskChunks({ id: MODEL, title, status: 'complete', details: undefined }, tasks)
}

function taskChunks(task: TaskLine, tasks: StreamedContent['tasks']): AnyChunk[] {
  const known = tasks.get(task.id)
  const line = `${task.status} ${task.title}`
  if (known?.line === line) return []
  const details = task.details !== undefined && known?.details !== true
  tasks.set(task.id, { title: task.title, line, details: details || known?.details === true })
  return [taskUpdateChunk(task, details)]
}

function textChunks(text: string): AnyChunk[] {
  const chunks: AnyChunk[] = []
  for (let at = 0; at < text.length; at += LIMITS.message.markdownText) {
    chunks.push({ type: 'markdown_text', text: text.slice(at, at + LIMITS.message.markdownText) })
  }
  return chunks
}
