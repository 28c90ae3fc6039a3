import type { Socket } from 'node:net'

/**
 * Passes on what each socket sends. When one closes, so does the other: a Postgres that writes to a client that has gone
 * would wait for ever, and with it everybody who makes or drops a database of that server.
 */
export function joinSockets(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => from.destroy())
    from.on('close', () => to.destroy())
    from.pipe(to)
  }
}
