import { errorChainOf } from '../../errors.ts'
import type { ConnectionId } from '../../ids.ts'
import type { Log } from '../../log.ts'
import type { Connection } from '../../registry/connection.ts'

/** One open session per connection and person, shared by its parallel calls, never by two connections or two people. */
type SessionPool<S> = {
  /**
   * The connection's session, opened if needed (once, however many calls wait). `key` is what it is opened with: another key
   * opens anew, and `fresh` also forgets what is known of the server.
   */
  hold(connection: Connection, key: string, fresh: boolean): SessionLease<S>
  /** The next call opens anew; those under way finish first. */
  retire(id: ConnectionId): Promise<void>
  /** Ends all sessions of the connection, retired ones too, with whatever is under way. */
  close(id: ConnectionId): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** The use of a session by one call, which ends it once by `release` or `retire`. */
export type SessionLease<S> = {
  session: Promise<S>
  /** The session, where it is open already. */
  opened: S | undefined
  /** Nobody else uses the session now. */
  alone: boolean
  /** Fires when the session is given to no more calls: subscriptions then leave it. */
  retired: AbortSignal
  release(): void
  /** Ends the use; the next call gets a new session. Other calls on it finish first; without any, this resolves when it has ended. */
  retire(): Promise<void>
}

type Closable = { ended: Promise<void>; close(): Promise<void> }

type PooledSession<S> = {
  id: ConnectionId
  place: string
  key: string
  session: Promise<S>
  opened: S | undefined
  abort: AbortController
  retired: AbortController
  users: number
  idle?: NodeJS.Timeout
}

type SessionPoolDeps<S> = {
  open(connection: Connection, fresh: boolean, signal: AbortSignal): Promise<S>
  idleMs(connection: Connection): number
  log: Log
}

/** `current`: what the next call gets. `open`: these, and retired ones that are still used. */
type Sessions<S> = {
  current: Map<string, PooledSession<S>>
  open: Set<PooledSession<S>>
  ending: Set<Promise<void>>
  log: Log
}

export function createSessionPool<S extends Closable>({ open, idleMs, log }: SessionPoolDeps<S>): SessionPool<S> {
  const sessions: Sessions<S> = { current: new Map(), open: new Set(), ending: new Set(), log }

  const openPooled = (connection: Connection, key: string, fresh: boolean): PooledSession<S> => {
    const abort = new AbortController()
    const session = open(connection, fresh, abort.signal)
    const retired = new AbortController()
    const place = placeOf(connection)
    const { id } = connection
    const one: PooledSession<S> = { id, place, key, session, opened: undefined, abort, retired, users: 0 }
    sessions.current.set(place, one)
    sessions.open.add(one)
    const forget = () => {
      stopSharing(sessions, one)
      sessions.open.delete(one)
    }
    const waitForEnd = async () => {
      one.opened = await session
      await one.opened.ended
    }
    waitForEnd().then(forget, forget)
    return one
  }
  const endAll = async (which: (one: PooledSession<S>) => boolean): Promise<void> => {
    await Promise.all([...sessions.open].filter(which).map((one) => end(sessions, one)))
  }

  return {
    hold: (connection, key, fresh) => {
      const place = placeOf(connection)
      const before = sessions.current.get(place)
      if (before !== undefined && before.key !== key) void retire(sessions, before)
      const one = sessions.current.get(place) ?? openPooled(connection, key, fresh)
      return leaseOf(sessions, one, idleMs(connection))
    },
    retire: async (id) => {
      const current = [...sessions.current.values()].filter((one) => one.id === id)
      await Promise.all(current.map((one) => retire(sessions, one)))
    },
    close: (id) => endAll((one) => one.id === id),
    [Symbol.asyncDispose]: async () => {
      await endAll(() => true)
      await Promise.all(sessions.ending)
    },
  }
}

/** Servers keep things in a session, and ask in it: with the workspace's connection each person has their own. */
const placeOf = ({ id, shared }: Connection): string => (shared?.usedBy === undefined ? id : `${id} ${shared.usedBy}`)

function leaseOf<S extends Closable>(sessions: Sessions<S>, one: PooledSession<S>, idleMs: number): SessionLease<S> {
  clearTimeout(one.idle)
  one.users += 1
  return {
    session: one.session,
    opened: one.opened,
    alone: one.users === 1,
    retired: one.retired.signal,
    release: () => {
      one.users -= 1
      if (one.users > 0) return
      if (one.retired.signal.aborted) void retire(sessions, one)
      else one.idle = setTimeout(() => void end(sessions, one), idleMs).unref()
    },
    retire: () => {
      one.users -= 1
      return retire(sessions, one)
    },
  }
}

/** The session is given to no more calls. */
function stopSharing<S>({ current }: Sessions<S>, one: PooledSession<S>): void {
  if (current.get(one.place) === one) current.delete(one.place)
  clearTimeout(one.idle)
  if (!one.retired.signal.aborted) one.retired.abort()
}

async function retire<S extends Closable>(sessions: Sessions<S>, one: PooledSession<S>): Promise<void> {
  stopSharing(sessions, one)
  if (one.users === 0 && sessions.open.has(one)) await end(sessions, one)
}

/** Never throws: nobody waits for the end of an idle session. */
async function end<S extends Closable>(sessions: Sessions<S>, one: PooledSession<S>): Promise<void> {
  stopSharing(sessions, one)
  sessions.open.delete(one)
  one.abort.abort()
  // An opening that failed, or that we have just aborted, cleans up after itself and tells its callers.
  const closed = one.session.then(
    (session) => session.close(),
    () => undefined,
  )
  const ended = closed.catch((error: unknown) =>
    sessions.log.warn({ connection: one.id, error: errorChainOf(error) }, 'mcp session did not close properly'),
  )
  sessions.ending.add(ended)
  await ended
  sessions.ending.delete(ended)
}
