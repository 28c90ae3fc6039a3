import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'

export type JsonMap = Record<string, z.core.util.JSONType>

export type ReplyBlock =
  | { type: 'text'; text: string }
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'tool_use'; id: string; name: string; input: JsonMap }

export type ModelReply = { model: string; content: ReplyBlock[]; stopReason: string; inputTokens: number }

export type StreamEvent = { type: string } & JsonMap

/** A token is about four characters of English. */
const CHARACTERS_PER_TOKEN = 4

export const tokensOf = (text: string): number => Math.ceil(text.length / CHARACTERS_PER_TOKEN)

export function createToolUseId(): string {
  return `toolu_${randomUUID().replaceAll('-', '').slice(0, 24)}`
}

/** The whole message, as answered when no stream is wanted. */
export function messageOf(reply: ModelReply): JsonMap {
  return {
    ...headOf(reply),
    content: reply.content.map((block) => ({ ...block })),
    stop_reason: reply.stopReason,
    usage: { ...usageOf(reply), output_tokens: outputTokensOf(reply) },
  }
}

function headOf(reply: ModelReply): JsonMap {
  return {
    id: `msg_${randomUUID().replaceAll('-', '').slice(0, 24)}`,
    type: 'message',
    role: 'assistant',
    model: reply.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: usageOf(reply),
  }
}

function usageOf(reply: ModelReply): JsonMap {
  return {
    input_tokens: reply.inputTokens,
    output_tokens: 1,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
  }
}

function outputTokensOf(reply: ModelReply): number {
  return Math.max(1, tokensOf(JSON.stringify(reply.content)))
}

/** The events of a streamed message, in order: https://platform.claude.com/docs/en/build-with-claude/streaming */
export function* eventsOf(reply: ModelReply): Generator<StreamEvent> {
  yield { type: 'message_start', message: headOf(reply) }
  yield { type: 'ping' }
  for (const [index, block] of reply.content.entries()) {
    yield { type: 'content_block_start', index, content_block: emptyOf(block) }
    for (const delta of deltasOf(block)) yield { type: 'content_block_delta', index, delta }
    yield { type: 'content_block_stop', index }
  }
  yield {
    type: 'message_delta',
    delta: { stop_reason: reply.stopReason, stop_sequence: null },
    usage: { output_tokens: outputTokensOf(reply) },
  }
  yield { type: 'message_stop' }
}

function emptyOf(block: ReplyBlock): JsonMap {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: '' }
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' }
    case 'tool_use':
      return { type: 'tool_use', id: block.id, name: block.name, input: {} }
    default:
      return block satisfies never
  }
}

function deltasOf(block: ReplyBlock): JsonMap[] {
  switch (block.type) {
    case 'text':
      return piecesOf(block.text).map((text) => ({ type: 'text_delta', text }))
    case 'thinking':
      return [
        { type: 'thinking_delta', thinking: block.thinking },
        { type: 'signature_delta', signature: block.signature },
      ]
    case 'tool_use':
      return (JSON.stringify(block.input).match(/[\s\S]{1,40}/g) ?? []).map((partial) => ({
        type: 'input_json_delta',
        partial_json: partial,
      }))
    default:
      return block satisfies never
  }
}

/** A few words at a time, as the real one streams. */
function piecesOf(text: string): string[] {
  return text.match(/(\s*\S+){1,4}\s*/g) ?? [text]
}

/** Writes events as server-sent events, with a pause after each piece of text; ends early when the reader has gone. */
export async function writeEvents(
  response: ServerResponse,
  events: Iterable<StreamEvent>,
  pauseMs: number,
): Promise<void> {
  if (!response.headersSent)
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
  for (const event of events) {
    if (response.destroyed) return
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    if (pauseMs > 0 && event.type === 'content_block_delta') await sleep(pauseMs)
  }
}
