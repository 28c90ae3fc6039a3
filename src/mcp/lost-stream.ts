import { ProtocolError } from '@modelcontextprotocol/client'
import { z } from 'zod'

// In JSON-RPC's range for implementations, and not one that MCP uses.
const LOST_STREAM_CODE = -32_077

const JsonRpcRequest = z.object({ id: z.union([z.string(), z.number()]), method: z.string() })

/** The stream that was to bring the answer ended without it, and cannot be taken up again. */
export const isLostStream = (error: unknown): boolean =>
  error instanceof ProtocolError && error.code === LOST_STREAM_CODE

/**
 * With the old protocol, the SDK waits until the timeout for an answer whose stream broke. This adds an error to such a
 * stream, unless the server gave its events ids, with which the SDK goes on by itself. An answer that has arrived wins.
 */
export function withLostStreams(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init)
    const id = init?.method === 'POST' && typeof init.body === 'string' ? idOf(init.body) : undefined
    const streams = response.headers.get('content-type')?.includes('text/event-stream') === true
    if (id === undefined || !streams || response.body === null) return response
    const { status, statusText, headers } = response
    return new Response(ReadableStream.from(ended(response.body, id)), { status, statusText, headers })
  }
}

function idOf(body: string): string | number | undefined {
  const parsed = JsonRpcRequest.safeParse(JSON.parse(body))
  return parsed.success ? parsed.data.id : undefined
}

async function* ended(body: ReadableStream<Uint8Array>, id: string | number): AsyncGenerator<Uint8Array> {
  let settled = false
  try {
    for await (const chunk of body) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      settled ||= ['"result"', '"error"', 'id:'].some((mark) => bytes.includes(mark))
      yield chunk
    }
  } catch (error) {
    if (settled) throw error
  }
  if (settled) return
  const message = {
    jsonrpc: '2.0',
    id,
    error: { code: LOST_STREAM_CODE, message: 'The stream ended without an answer.' },
  }
  yield Buffer.from(`\n\nevent: message\ndata: ${JSON.stringify(message)}\n\n`)
}
