import { askedWaitOf, BusyServerError } from '../protocol/busy-server.ts'
import { isObject, parseLooseJson } from '../protocol/loose-json.ts'
import type { MessageReader } from '../protocol/message-reader.ts'
import { createOpenRequests, type OpenRequest } from './open-requests.ts'

/** Reads what servers answer leniently, in JSON and in streams, before the SDK checks it. No answer is waited for in vain. */
export function createLenientFetch(fetch: typeof globalThis.fetch, reader: MessageReader): typeof globalThis.fetch {
  const open = createOpenRequests()
  return async (input, init) => {
    if (init?.method !== 'POST' || typeof init.body !== 'string') return readStream(await fetch(input, init), reader)
    const sent: unknown = JSON.parse(init.body)
    reader.note(sent)
    const { signal, request } = open.begin(sent)
    const response = await fetch(input, endedBy(init, signal)).catch((error: unknown) => {
      request?.release()
      throw error
    })
    await refuseBusy(response, request)
    return readAnswerTo({ sent, request }, response, reader)
  }
}

/** Throws where the server says when to come again, which the SDK does not hand on. */
async function refuseBusy(response: Response, request: OpenRequest | undefined): Promise<void> {
  const afterMs = askedWaitOf(response, new Date())
  if (afterMs === undefined) return
  request?.release()
  await response.body?.cancel()
  throw new BusyServerError(response.status, afterMs)
}

const endedBy = (init: RequestInit, signal: AbortSignal): RequestInit => ({
  ...init,
  signal: init.signal ? AbortSignal.any([init.signal, signal]) : signal,
})

const typeOf = ({ headers }: Response): string | undefined =>
  headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()

function readStream(response: Response, reader: MessageReader): Response {
  const { body } = response
  const streams = body !== null && typeOf(response) === 'text/event-stream'
  return streams ? withBody(response, body, eventReader(reader, undefined)) : response
}

/** A message we sent, and what waits for its answer. */
type Sent = { sent: unknown; request: OpenRequest | undefined }

function readAnswerTo(
  { sent, request }: Sent,
  response: Response,
  reader: MessageReader,
): Response | Promise<Response> {
  const { body, ok } = response
  if (!ok || body === null) request?.release()
  if (body === null) return response
  if (typeOf(response) === 'text/event-stream')
    return withBody(response, body, eventReader(reader, request), request?.release)
  if (isNotification(sent) && IGNORED.has(response.status)) return accepted(body)
  if (typeOf(response) === 'application/json')
    return withBody(response, body, wholeReader(reader, sent), request?.release)
  return ok ? readUntyped(response, reader, { sent, request }) : response
}

/** How servers refuse a notification, which nobody may answer (JSON-RPC 2.0, 4.1): the session is as good as before. */
const IGNORED = new Set([400, 405, 406, 415, 422, 500, 501])

const isNotification = (sent: unknown): boolean => isObject(sent) && 'method' in sent && !('id' in sent)

async function accepted(body: ReadableStream<Uint8Array>): Promise<Response> {
  await body.cancel()
  return new Response(null, { status: 202 })
}

/** Some servers send their JSON as a text, under a type of their own, or without a type. */
async function readUntyped(response: Response, reader: MessageReader, { sent, request }: Sent): Promise<Response> {
  const text = await response.text().finally(() => request?.release())
  const { status, statusText, headers } = response
  if (!/^\s*[[{]/.test(text)) return new Response(text, { status, statusText, headers })
  const typed = new Headers(headers)
  typed.set('content-type', 'application/json')
  return new Response(readText(text, reader, { sent }), { status, statusText, headers: typed })
}

/** Makes of a body's chunks the text that the SDK reads. */
type BodyReader = {
  feed(chunk: Uint8Array): string
  /** The text at the end of a body, or where it broke with `error`. Throws what the SDK has to hear as that. */
  end(error?: unknown): string
}

/** `done`: the body was read, or nobody reads it any more. */
function withBody(response: Response, body: ReadableStream<Uint8Array>, read: BodyReader, done?: () => void): Response {
  const source = body.getReader()
  const next = async (): Promise<{ text: string; over: boolean }> => {
    const chunk = await source.read().catch((error: unknown) => ({ error }))
    if ('value' in chunk && !chunk.done) return { text: read.feed(chunk.value), over: false }
    try {
      return { text: read.end('error' in chunk ? chunk.error : undefined), over: true }
    } finally {
      done?.()
    }
  }
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let part = await next()
        // A pull that gives nothing is not repeated.
        while (part.text === '' && !part.over) part = await next()
        if (part.text !== '') controller.enqueue(Buffer.from(part.text))
        if (part.over) controller.close()
      },
      cancel: (reason) => {
        done?.()
        return source.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
  const { status, statusText, headers } = response
  return new Response(stream, { status, statusText, headers })
}

type Write = (message: unknown) => string

/** An event holds one message (the SDK refuses others), so a batch becomes an event for each. */
const writeEvents: Write = (messages) =>
  [messages]
    .flat()
    .map((one) => JSON.stringify(one))
    .join('\n\ndata: ')

type Reading = { sent?: unknown; see?: (message: unknown) => void; write?: Write }

/** The same text where nothing in it can be read. */
function readText(text: string, reader: MessageReader, { sent, see, write = JSON.stringify }: Reading): string {
  try {
    const message = withIdOf(sent, parseLooseJson(text))
    see?.(message)
    return write(reader.read(message))
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

function wholeReader(reader: MessageReader, sent: unknown): BodyReader {
  const parts: Uint8Array[] = []
  return {
    feed: (part) => {
      parts.push(part)
      return ''
    },
    end: (error) => {
      if (error !== undefined) throw error
      return readText(Buffer.concat(parts).toString('utf8'), reader, { sent })
    },
  }
}

const LINE_END = /\r\n|\n|\r(?!$)/

/** Events as they come, with the data of each on one line (HTML standard, 9.2 Server-sent events). */
function eventReader(reader: MessageReader, request: OpenRequest | undefined): BodyReader {
  const decoder = new TextDecoder()
  const see = (message: unknown) => request?.see(message)
  let parts: string[] = []
  let data: string[] = []
  let hasId = false
  const eventText = (): string => {
    if (hasId && data.length > 0) request?.seeEventId()
    const text = data.length > 0 ? `data: ${readText(data.join('\n'), reader, { see, write: writeEvents })}\n` : ''
    data = []
    hasId = false
    return text
  }
  const lineOf = (line: string): string => {
    if (line === '') return `${eventText()}\n`
    if (line.startsWith('data:')) {
      data.push(line.slice(line[5] === ' ' ? 6 : 5))
      return ''
    }
    hasId ||= line.startsWith('id:')
    return `${line}\n`
  }
  const feed = (text: string): string => {
    parts.push(text)
    if (!/[\r\n]/.test(text)) return ''
    const lines = parts.join('').split(LINE_END)
    parts = [lines.pop() ?? '']
    return lines.map(lineOf).join('')
  }
  return {
    feed: (chunk) => feed(decoder.decode(chunk, { stream: true })),
    end: (error) => {
      if (error !== undefined && request === undefined) throw error
      const lost = request?.lostMessage(error)
      if (lost !== undefined) return feed(`\n\nevent: message\ndata: ${JSON.stringify(lost)}\n\n`)
      const rest = parts.join('').replace(/\r$/, '')
      return rest === '' ? '' : lineOf(rest)
    },
  }
}
