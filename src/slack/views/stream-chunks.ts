import type { AnyChunk } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { CallState } from '../../run/state.ts'
import type { Page } from './pages-of.ts'
import { taskChunk, taskOf } from './task.ts'

/** What a stream has been given so far. */
export type Sent = { words: string; tasks: Map<string, { line: string; details: boolean }> }

export const nothingSent = (): Sent => ({ words: '', tasks: new Map() })

export type More = { chunks: AnyChunk[]; sent: Sent }

/** What to add to a stream so that it shows the page; undefined when that cannot be done by adding. `progress` is what servers say of calls under way. */
export function chunksFor(page: Page, sent: Sent, progress: Map<string, string>): More | undefined {
  const chunks: AnyChunk[] = []
  const tasks = new Map(sent.tasks)
  let words = ''
  for (const piece of page.pieces) {
    if (piece.kind === 'tasks') chunks.push(...piece.calls.flatMap((call) => taskChunks(call, tasks, progress)))
    else {
      const before = words.length
      words += `${words === '' ? '' : '\n\n'}${piece.text}`
      chunks.push(...textChunks(words.slice(Math.max(before, sent.words.length))))
    }
  }
  return words.startsWith(sent.words) ? { chunks, sent: { words, tasks } } : undefined
}

function taskChunks(call: CallState, tasks: Sent['tasks'], progress: Map<string, string>): AnyChunk[] {
  const task = taskOf(call, call.stage === 'calling' ? progress.get(call.id) : undefined)
  const known = tasks.get(task.id)
  const line = `${task.status} ${task.title}`
  if (known?.line === line) return []
  const details = task.details !== undefined && known?.details !== true
  tasks.set(task.id, { line, details: details || known?.details === true })
  return [taskChunk(task, details)]
}

function textChunks(text: string): AnyChunk[] {
  const chunks: AnyChunk[] = []
  for (let at = 0; at < text.length; at += LIMITS.message.markdownText) {
    chunks.push({ type: 'markdown_text', text: text.slice(at, at + LIMITS.message.markdownText) })
  }
  return chunks
}
