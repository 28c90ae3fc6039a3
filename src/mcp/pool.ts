import type { ConnectionId } from '../ids.ts'
import type { Connection } from '../registry/connection.ts'
import type { Session } from './session.ts'

/** One open session per connection, shared by its parallel calls, never by two connections. */
export type Pool = {
  /**
   * The connection's session, opened if need be (once, however many ask). `key` is what it is opened with: another key
   * opens anew, and `fresh` also forgets what is known of the server.
   */
  hold(connection: Connection, key: string, fresh: boolean): Lease
  close(id: ConnectionId): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** `alone`: nobody else uses the session now. `drop` ends it, so that the next one is new. */
export type Lease = { session: Promise<Session>; alone: boolean; drop(): Promise<void>; release(): void }

type Held = {
  id: ConnectionId
  key: string
  session: Promise<Session>
  abort: AbortController
  users: number
  idle?: NodeJS.Timeout
}

export type PoolDeps = {
  open(connection: Connection, fresh: boolean, signal: AbortSignal): Promise<Session>
  idleMs(connection: Connection): number
}

export function createPool({ open, idleMs }: PoolDeps): Pool {
  const held = new Map<ConnectionId, Held>()
  const ending = new Set<Promise<void>>()

  const forget = (one: Held): void => {
    if (held.get(one.id) === one) held.delete(one.id)
    clearTimeout(one.idle)
  }

  const end = (one: Held): Promise<void> => {
    forget(one)
    one.abort.abort()
    // An opening that failed, or that we have just aborted, cleans up after itself and tells its callers.
    const ended = one.session.then(
      (session) => session.close(),
      () => undefined,
    )
    ending.add(ended)
    return ended.finally(() => ending.delete(ended))
  }

  const begin = (connection: Connection, key: string, fresh: boolean): Held => {
    const abort = new AbortController()
    const session = open(connection, fresh, abort.signal)
    const one: Held = { id: connection.id, key, session, abort, users: 0 }
    held.set(connection.id, one)
    session.then(
      (opened) => opened.ended.then(() => forget(one)),
      () => forget(one),
    )
    return one
  }

  const hold = (connection: Connection, key: string, fresh: boolean): Lease => {
    const before = held.get(connection.id)
    if (before !== undefined && before.key !== key) void end(before)
    const one = held.get(connection.id) ?? begin(connection, key, fresh)
    clearTimeout(one.idle)
    one.users += 1
    const release = () => {
      one.users -= 1
      if (one.users > 0 || held.get(one.id) !== one) return
      one.idle = setTimeout(() => void end(one), idleMs(connection)).unref()
    }
    return { session: one.session, alone: one.users === 1, release, drop: () => end(one) }
  }

  return {
    hold,
    close: async (id) => {
      const one = held.get(id)
      if (one !== undefined) await end(one)
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...held.values()].map(end))
      await Promise.all(ending)
    },
  }
}
