import { isObject, parseLooseJson } from '../protocol/loose-json.ts'
import type { MessageReader } from '../protocol/message-reader.ts'

/** Reads what servers answer leniently, in JSON and in streams, before the SDK checks it. */
export function createLenientFetch(fetch: typeof globalThis.fetch, reader: MessageReader): typeof globalThis.fetch {
  return async (input, init) => {
    const sent: unknown = init?.method === 'POST' && typeof init.body === 'string' ? JSON.parse(init.body) : undefined
    reader.note(sent)
    const response = await fetch(input, init)
    const { body } = response
    if (body === null) return response
    if (typeOf(response) === 'text/event-stream') return withBody(response, body.pipeThrough(readEvents(reader)))
    // Only answers to a request: an authorization server's JSON is not ours to change.
    return sent === undefined ? response : readAnswerTo(sent, response, body, reader)
  }
}

const typeOf = ({ headers }: Response): string | undefined =>
  headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()

function readAnswerTo(
  sent: unknown,
  response: Response,
  body: ReadableStream<Uint8Array>,
  reader: MessageReader,
): Response | Promise<Response> {
  if (isNotification(sent) && IGNORED.has(response.status)) return accepted(body)
  if (typeOf(response) === 'application/json') return withBody(response, body.pipeThrough(readWhole(reader, sent)))
  return response.ok ? readUntyped(response, reader, sent) : response
}

/** How servers refuse a notification, which nobody may answer (JSON-RPC 2.0, 4.1): the session is as good as before. */
const IGNORED = new Set([400, 405, 406, 415, 422, 500, 501])

const isNotification = (sent: unknown): boolean => isObject(sent) && 'method' in sent && !('id' in sent)

async function accepted(body: ReadableStream<Uint8Array>): Promise<Response> {
  await body.cancel()
  return new Response(null, { status: 202 })
}

/** Some servers send their JSON as a text, under a type of their own, or without a type. */
async function readUntyped(response: Response, reader: MessageReader, sent: unknown): Promise<Response> {
  const text = await response.text()
  const { status, statusText, headers } = response
  if (!/^\s*[[{]/.test(text)) return new Response(text, { status, statusText, headers })
  const typed = new Headers(headers)
  typed.set('content-type', 'application/json')
  return new Response(readText(text, reader, sent), { status, statusText, headers: typed })
}

function withBody({ status, statusText, headers }: Response, body: ReadableStream<Uint8Array>): Response {
  return new Response(body, { status, statusText, headers })
}

type Write = (message: unknown) => string

/** An event holds one message (the SDK refuses others), so a batch becomes an event for each. */
const writeEvents: Write = (messages) =>
  [messages]
    .flat()
    .map((one) => JSON.stringify(one))
    .join('\n\ndata: ')

/** The same text where nothing in it can be read. */
function readText(text: string, reader: MessageReader, sent?: unknown, write: Write = JSON.stringify): string {
  try {
    return write(reader.read(withIdOf(sent, parseLooseJson(text))))
  } catch (error) {
    // A RangeError is what is nested too deeply to be written again.
    if (error instanceof SyntaxError || error instanceof RangeError) return text
    throw error
  }
}

/** The one answer to a request is for that request, whatever id it has. */
function withIdOf(sent: unknown, answer: unknown): unknown {
  if (!isObject(sent) || !('method' in sent) || !('id' in sent)) return answer
  if (Array.isArray(answer)) return answer.length === 1 ? withIdOf(sent, answer[0]) : answer
  if (!isObject(answer) || 'method' in answer) return answer
  const isOther = typeof answer.id === 'object' && answer.id !== null
  return isOther || String(answer.id) === String(sent.id) ? answer : { ...answer, id: sent.id }
}

function readWhole(reader: MessageReader, sent: unknown): TransformStream<Uint8Array, Uint8Array> {
  const parts: Uint8Array[] = []
  return new TransformStream({
    transform: (part) => void parts.push(part),
    flush: (out) => out.enqueue(Buffer.from(readText(Buffer.concat(parts).toString('utf8'), reader, sent))),
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
    const event =
      line === '' && data.length > 0 ? `data: ${readText(data.join('\n'), reader, undefined, writeEvents)}\n` : ''
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
