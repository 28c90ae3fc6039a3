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
