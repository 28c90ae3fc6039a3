import { createParser } from 'eventsource-parser'
import { z } from 'zod'
import { MAX_BODY_BYTES } from '../../egress/exchange.ts'
import { isAppError } from '../../errors.ts'
import { parseLooseJson } from '../protocol/loose-json.ts'
import { LOST_STREAM_CODE, TOO_LARGE_CODE, tooLargeMessage } from '../protocol/lost-stream-error.ts'

const JsonRpcRequest = z.object({ id: z.union([z.string(), z.number()]), method: z.string() })

/**
 * With the old protocol, the SDK waits until the timeout for an answer whose stream broke. This adds an error to such a
 * stream, unless the server gave its events ids, with which the SDK goes on by itself. An answer that has arrived wins.
 */
export function failLostStreams(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init)
    const streams = response.headers.get('content-type')?.includes('text/event-stream') === true
    const id = streams && init?.method === 'POST' && typeof init.body === 'string' ? requestIdIn(init.body) : undefined
    if (id === undefined || response.body === null) return response
    const { status, statusText, headers } = response
    return new Response(ReadableStream.from(withLostStreamError(response.body, id)), { status, statusText, headers })
  }
}

function requestIdIn(body: string): string | number | undefined {
  const parsed = JsonRpcRequest.safeParse(JSON.parse(body))
  return parsed.success ? parsed.data.id : undefined
}

async function* withLostStreamError(body: ReadableStream<Uint8Array>, id: string | number): AsyncGenerator<Uint8Array> {
  const answer = watchForAnswer()
  let failure = { code: LOST_STREAM_CODE, message: 'The stream ended without an answer.' }
  try {
    for await (const chunk of body) {
      answer.see(chunk)
      yield chunk
    }
  } catch (error) {
    if (answer.settled()) throw error
    if (isAppError(error, 'limit_reached'))
      failure = { code: TOO_LARGE_CODE, message: tooLargeMessage(undefined, MAX_BODY_BYTES) }
  }
  if (answer.settled()) return
  const message = { jsonrpc: '2.0', id, error: failure }
  yield Buffer.from(`\n\nevent: message\ndata: ${JSON.stringify(message)}\n\n`)
}

const JsonRpcResponse = z.union([
  z.looseObject({ id: z.unknown(), result: z.unknown().refine((result) => result !== undefined) }),
  z.looseObject({ error: z.unknown().refine((error) => error !== undefined) }),
])

/** Whether the stream has brought a whole answer, or event ids to resume it with; read as the SDK reads it. */
function watchForAnswer(): { see(chunk: Uint8Array): void; settled(): boolean } {
  const decoder = new TextDecoder()
  let settled = false
  const parser = createParser({
    onEvent: ({ id, data }) => {
      settled ||= id !== undefined || messagesIn(data).some((message) => JsonRpcResponse.safeParse(message).success)
    },
  })
  return {
    see: (chunk) => {
      if (!settled) parser.feed(decoder.decode(chunk, { stream: true }))
    },
    settled: () => settled,
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
