import { createParser } from 'eventsource-parser'
import { z } from 'zod'
import { MAX_BODY_BYTES } from '../../egress/exchange.ts'
import { isAppError } from '../../errors.ts'
import { parseLooseJson } from '../protocol/loose-json.ts'
import { LOST_STREAM_CODE, TOO_LARGE_CODE, tooLargeMessage } from '../protocol/lost-stream-error.ts'

const Id = z.union([z.string(), z.number()])
type Id = z.infer<typeof Id>
const JsonRpcRequest = z.object({ id: Id, method: z.string() })
const Cancelled = z.object({ method: z.literal('notifications/cancelled'), params: z.object({ requestId: Id }) })

// The server is left time to end by itself what nobody waits for any more.
const CANCELLED_MS = 1_000
const ANSWERED_MS = 2_000
/** The answer to a message that needs none is only a status. */
const STATUS_MS = 30_000

/**
 * With the old protocol, the SDK waits until the timeout for an answer whose stream broke. This adds an error to such a
 * stream, unless the server gave its events ids, with which the SDK goes on by itself. An answer that has arrived wins.
 * The SDK also leaves open what a server does not end after its answer, or after a cancellation: that is ended here.
 */
export function failLostStreams(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  const open = new Map<Id, AbortController>()
  return async (input, init) => {
    if (init?.method !== 'POST' || typeof init.body !== 'string') return fetch(input, init)
    const sent: unknown = JSON.parse(init.body)
    const id = JsonRpcRequest.safeParse(sent).data?.id
    if (id !== undefined) return exchange(open, id, (signal) => fetch(input, endedBy(init, signal)))
    const cancelled = Cancelled.safeParse(sent).data?.params.requestId
    if (cancelled !== undefined) abortAfter(CANCELLED_MS, open.get(cancelled))
    return fetch(input, endedBy(init, AbortSignal.timeout(STATUS_MS)))
  }
}

const abortAfter = (ms: number, controller: AbortController | undefined) =>
  setTimeout(() => controller?.abort(), ms).unref()

const endedBy = (init: RequestInit, signal: AbortSignal): RequestInit => ({
  ...init,
  signal: init.signal ? AbortSignal.any([init.signal, signal]) : signal,
})

/** A request is among the open ones until its answer has come. */
async function exchange(
  open: Map<Id, AbortController>,
  id: Id,
  send: (signal: AbortSignal) => Promise<Response>,
): Promise<Response> {
  const over = new AbortController()
  open.set(id, over)
  // After a sign-in the same request is sent again.
  const release = () => open.get(id) === over && open.delete(id)
  const response = await send(over.signal).catch((error: unknown) => {
    release()
    throw error
  })
  const { ok, status, statusText, headers, body } = response
  if (!ok || body === null) release()
  if (body === null) return response
  const read = releasing(body, release)
  const streams = headers.get('content-type')?.includes('text/event-stream') === true
  const isAnswer = (message: unknown) => isAnswerTo(id, message, open.size <= 1)
  const onAnswer = () => {
    release()
    abortAfter(ANSWERED_MS, over)
  }
  const shown = streams ? withLostStreamError(read, id, over, watchForAnswer(isAnswer, onAnswer)) : read
  return new Response(ReadableStream.from(shown), { status, statusText, headers })
}

async function* releasing(body: ReadableStream<Uint8Array>, release: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } finally {
    release()
  }
}

async function* withLostStreamError(
  body: AsyncIterable<Uint8Array>,
  id: Id,
  over: AbortController,
  { see, answered, resumable }: ReturnType<typeof watchForAnswer>,
): AsyncGenerator<Uint8Array> {
  // Without an error the SDK would go on with a cancelled request by the ids of its events.
  const settled = () => answered() || (resumable() && !over.signal.aborted)
  let failure = { code: LOST_STREAM_CODE, message: 'The stream ended without an answer.' }
  try {
    for await (const chunk of body) {
      see(chunk)
      yield chunk
    }
  } catch (error) {
    if (settled() && !over.signal.aborted) throw error
    if (isAppError(error, 'limit_reached'))
      failure = { code: TOO_LARGE_CODE, message: tooLargeMessage(undefined, MAX_BODY_BYTES) }
  }
  if (settled()) return
  const message = { jsonrpc: '2.0', id, error: failure }
  yield Buffer.from(`\n\nevent: message\ndata: ${JSON.stringify(message)}\n\n`)
}

const Some = z.unknown().refine((value) => value !== undefined)
const JsonRpcResponse = z.union([
  z.looseObject({ id: z.unknown().optional(), result: Some }),
  z.looseObject({ id: z.unknown().optional(), error: Some }),
])

/** An answer that names no request is for the one that waits, where there is only one, as the message reader has it. */
function isAnswerTo(id: Id, message: unknown, isOnly: boolean): boolean {
  const answer = JsonRpcResponse.safeParse(message).data
  if (answer === undefined) return false
  return answer.id === undefined || answer.id === null ? isOnly : String(answer.id) === String(id)
}

/** Whether the stream has brought a whole answer, or event ids to resume it with; read as the SDK reads it. */
function watchForAnswer(isAnswer: (message: unknown) => boolean, onAnswer: () => void) {
  const decoder = new TextDecoder()
  let answered = false
  let resumable = false
  const parser = createParser({
    onEvent: ({ id, data }) => {
      resumable ||= id !== undefined
      if (answered || !messagesIn(data).some(isAnswer)) return
      answered = true
      onAnswer()
    },
  })
  return {
    see(chunk: Uint8Array) {
      if (!answered) parser.feed(decoder.decode(chunk, { stream: true }))
    },
    answered: () => answered,
    resumable: () => resumable,
  }
}

/** Data that is no JSON is reported by the SDK. */
function messagesIn(data: string): unknown[] {
  try {
    const parsed = parseLooseJson(data)
    return Array.isArray(parsed) ? parsed : [parsed]
  } catch {
    return []
  }
}

/**
 * With the old protocol, the SDK waits until the timeout for answers on a stream that cannot be taken up again. This tells
 * `onDead` when that is so: taking it up failed or, where `always`, whatever a new stream brings is not for this session.
 */
export function detectDeadStreams(
  fetch: typeof globalThis.fetch,
  always: boolean,
  onDead: () => void,
): typeof globalThis.fetch {
  let opened = false
  return async (input, init) => {
    const again = opened && always
    const isAgain = isStream(init) && (again || new Headers(init?.headers).has('last-event-id'))
    opened ||= isStream(init)
    const answer = fetch(input, init)
    if (isAgain)
      answer.then(
        (response) => (again || !response.ok) && onDead(),
        () => onDead(),
      )
    return answer
  }
}

const isStream = (init: RequestInit | undefined): boolean =>
  (init?.method ?? 'GET') === 'GET' && new Headers(init?.headers).get('accept')?.includes('text/event-stream') === true

// The end of a stream that lasted longer is a proxy's timeout.
const EMPTY_MS = 10_000
const MAX_EMPTY = 3
const BRINGS = /^(?:data|id):/m

/**
 * The SDK opens the stream beside its requests again each second, for as long as the session is open, where a server answers
 * with a page or ends the stream at once. After a page, or three streams that brought nothing, it hears that there is none.
 */
export function refuseEmptyStreams(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  let empty = 0
  return async (input, init) => {
    if (!isStream(init)) return fetch(input, init)
    if (empty >= MAX_EMPTY) return new Response(null, { status: 405 })
    const response = await fetch(input, init)
    if (!response.ok || response.body === null) return response
    if (response.headers.get('content-type')?.includes('text/event-stream') !== true) {
      await response.body.cancel()
      empty = MAX_EMPTY
      return new Response(null, { status: 405 })
    }
    const began = Date.now()
    const onEnd = (brought: boolean) => {
      empty = brought || Date.now() - began > EMPTY_MS ? 0 : empty + 1
    }
    const { status, statusText, headers } = response
    return new Response(ReadableStream.from(watchForContent(response.body, onEnd)), { status, statusText, headers })
  }
}

async function* watchForContent(
  body: ReadableStream<Uint8Array>,
  onEnd: (brought: boolean) => void,
): AsyncGenerator<Uint8Array> {
  let brought = false
  try {
    for await (const chunk of body) {
      brought ||= BRINGS.test(Buffer.from(chunk).toString('latin1'))
      yield chunk
    }
  } finally {
    onEnd(brought)
  }
}
