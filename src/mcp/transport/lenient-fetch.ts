import { isObject } from '../protocol/loose-json.ts'
import type { MessageReader } from '../protocol/message-reader.ts'

/** Reads what servers answer leniently, in JSON and in streams, before the SDK checks it. */
export function createLenientFetch(fetch: typeof globalThis.fetch, reader: MessageReader): typeof globalThis.fetch {
  return async (input, init) => {
    const sent = sentMessage(init)
    if (sent !== undefined) reader.note(sent)
    const response = await fetch(input, init)
    const type = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
    if (response.body === null) return response
    if (type === 'text/event-stream') return withBody(response, response.body.pipeThrough(readEvents(reader)))
    // Only answers to a request: an authorization server's JSON is not ours to change.
    if (type !== 'application/json' || sent === undefined) return response
    return withBody(
      response,
      response.body.pipeThrough(readWhole({ ...reader, read: (m) => reader.read(ownError(m, sent)) })),
    )
  }
}

function sentMessage(init: RequestInit | undefined): unknown {
  return init?.method === 'POST' && typeof init.body === 'string' ? JSON.parse(init.body) : undefined
}

function withBody({ status, statusText, headers }: Response, body: ReadableStream<Uint8Array>): Response {
  return new Response(body, { status, statusText, headers })
}

/** The only error in answer to a request is its own, also without an id or with a foreign one; otherwise nobody would hear it. */
function ownError(answer: unknown, sent: unknown): unknown {
  if (Array.isArray(answer)) return answer.length === 1 ? ownError(answer[0], sent) : answer
  const isError = isObject(answer) && !('method' in answer) && answer.error !== undefined && answer.error !== null
  return isError && isObject(sent) && sent.id !== undefined ? { ...answer, id: sent.id } : answer
}

/** The same text where nothing in it can be read. */
function readText(text: string, reader: MessageReader): string {
  try {
    return JSON.stringify(reader.read(JSON.parse(text)))
  } catch (error) {
    // A RangeError is what is nested too deeply to be written again.
    if (error instanceof SyntaxError || error instanceof RangeError) return text
    throw error
  }
}

function readWhole(reader: MessageReader): TransformStream<Uint8Array, Uint8Array> {
  const parts: Uint8Array[] = []
  return new TransformStream({
    transform: (part) => void parts.push(part),
    flush: (out) => out.enqueue(Buffer.from(readText(Buffer.concat(parts).toString('utf8'), reader))),
  })
}

const LINE_END = /\r\n|\n|\r(?!$)/

/** Events as they come, with the data of each on one line (HTML standard, 9.2 Server-sent events). */
function readEvents(reader: MessageReader): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder()
  let parts: string[] = []
  let data: string[] = []
  const lineOf = (line: string): string => {
    if (line.startsWith('data:')) {
      data.push(line.slice(line[5] === ' ' ? 6 : 5))
      return ''
    }
    const event = line === '' && data.length > 0 ? `data: ${readText(data.join('\n'), reader)}\n` : ''
    if (line === '') data = []
    return `${event}${line}\n`
  }
  return new TransformStream({
    transform: (part, out) => {
      const text = decoder.decode(part, { stream: true })
      parts.push(text)
      if (!/[\r\n]/.test(text)) return
      const lines = parts.join('').split(LINE_END)
      parts = [lines.pop() ?? '']
      const whole = lines.map(lineOf).join('')
      if (whole !== '') out.enqueue(Buffer.from(whole))
    },
    flush: (out) => {
      const rest = parts.join('').replace(/\r$/, '')
      if (rest !== '') out.enqueue(Buffer.from(lineOf(rest)))
    },
  })
}
