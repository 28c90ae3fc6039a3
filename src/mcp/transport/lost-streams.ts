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
