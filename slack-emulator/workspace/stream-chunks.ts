import { z } from 'zod'
import { LIMITS } from '../../src/block-kit/limits.ts'
import { addIds, plainRichTextOf } from './blocks.ts'
import type { Json, Message, Stream, StreamPart, Task } from './records.ts'

const short = z.string().max(LIMITS.stream.chunkText)

/** What may be appended to a stream (docs.slack.dev/reference/methods/chat.appendStream). */
export const StreamChunk = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('markdown_text'), text: z.string().max(LIMITS.message.markdownText) }),
  z.strictObject({ type: z.literal('plan_update'), title: short.min(1) }),
  z.strictObject({ type: z.literal('blocks'), blocks: z.array(z.record(z.string(), z.unknown())).min(1) }),
  z.strictObject({
    type: z.literal('task_update'),
    id: z.string().min(1).max(LIMITS.id),
    title: short.min(1),
    status: z.enum(['pending', 'in_progress', 'complete', 'error']),
    details: short.optional(),
    output: short.optional(),
    sources: z.array(z.record(z.string(), z.unknown())).optional(),
  }),
])
export type StreamChunk = z.infer<typeof StreamChunk>

/** Appends chunks to a stream: text and blocks at the end; a task's title and status are replaced, its details appended. */
export function appendChunks(stream: Stream, chunks: StreamChunk[]): Stream {
  return chunks.reduce(appendOne, stream)
}

function appendOne(stream: Stream, chunk: StreamChunk): Stream {
  switch (chunk.type) {
    case 'markdown_text':
      return { ...stream, parts: appendText(stream.parts, chunk.text) }
    case 'blocks':
      return { ...stream, parts: [...stream.parts, { part: 'blocks', blocks: addIds(chunk.blocks) }] }
    case 'plan_update':
      return { ...stream, planTitle: chunk.title }
    case 'task_update':
      return { ...stream, parts: appendTask(stream.parts, chunk) }
    default:
      return chunk satisfies never
  }
}

function appendText(parts: StreamPart[], text: string): StreamPart[] {
  if (text === '') return parts
  const last = parts.at(-1)
  if (last?.part !== 'text') return [...parts, { part: 'text', text }]
  return [...parts.slice(0, -1), { part: 'text', text: last.text + text }]
}

function appendTask(parts: StreamPart[], chunk: Extract<StreamChunk, { type: 'task_update' }>): StreamPart[] {
  const known = parts.find((part) => part.part === 'task' && part.id === chunk.id)
  const before = known?.part === 'task' ? known : undefined
  const task: Task = {
    part: 'task',
    id: chunk.id,
    title: chunk.title,
    status: chunk.status,
    details: (before?.details ?? '') + (chunk.details ?? ''),
    output: chunk.output ?? before?.output ?? '',
    sources: chunk.sources ?? before?.sources ?? [],
  }
  return before === undefined ? [...parts, task] : parts.map((part) => (part === before ? task : part))
}

/** Renders the message: `text` is the Markdown so far, blocks are in order of arrival. */
export function renderStream(message: Message, stream: Stream): Message {
  const text = stream.parts.map((part) => (part.part === 'text' ? part.text : '')).join('')
  return { ...message, stream, text, blocks: streamBlocksOf(stream) }
}

export function streamBlocksOf(stream: Stream): Json[] {
  const tasks = stream.parts.filter((part) => part.part === 'task')
  const plan: Json = { type: 'plan', title: stream.planTitle ?? 'Working', tasks: tasks.map(taskBlock) }
  const blocks = stream.parts.flatMap((part): Json[] => {
    if (part.part === 'text') return [{ type: 'markdown', text: part.text }]
    if (part.part === 'blocks') return part.blocks
    if (stream.mode === 'timeline') return [taskBlock(part)]
    return part === tasks[0] ? [plan] : []
  })
  return blocks.map((block, index) => ({ block_id: `part-${index}`, ...block }))
}

function taskBlock(task: Task): Json {
  return {
    type: 'task_card',
    task_id: task.id,
    title: task.title,
    status: task.status,
    ...(task.details === '' ? {} : { details: plainRichTextOf(task.details) }),
    ...(task.output === '' ? {} : { output: plainRichTextOf(task.output) }),
    ...(task.sources.length === 0 ? {} : { sources: task.sources }),
  }
}
