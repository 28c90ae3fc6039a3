import { AppError } from '../errors.ts'
import type { ConnectionId } from '../ids.ts'
import type { Connection } from '../registry/connection.ts'
import { createOpener, type OpenerDeps } from './opener.ts'
import { createPool, type Lease } from './pool.ts'
import type { Session } from './session.ts'
import { hasKnownAddress, type Limits, type Target } from './target.ts'
import { type Party, type Trouble, troubleOf } from './trouble.ts'

export type SessionsDeps = OpenerDeps & { limits(connection: Connection): Limits }

export type Used<T> = { ok: true; value: T } | { ok: false; trouble: Trouble; error: unknown }

type Work<T> = (session: Session) => Promise<T>

export type Sessions = {
  /** Does the work on the connection's session. Turned away unread, it is done once more on a new session. */
  use<T>(connection: Connection, signal: AbortSignal, work: Work<T>): Promise<Used<T>>
  close(id: ConnectionId): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export function createSessions(deps: SessionsDeps): Sessions {
  let stopping = false
  const opener = createOpener(deps)
  const pool = createPool({ open: opener.open, idleMs: (c) => deps.limits(c).idleSeconds * 1000 })

  const lease = async (c: Connection, fresh: boolean, signal: AbortSignal): Promise<Lease & { opened: Session }> => {
    if (stopping) throw new AppError('cancelled', 'Patchbay is stopping. Try again in a minute.')
    const held = pool.hold(c, JSON.stringify([deps.target(c), c.credential]), fresh)
    try {
      const opened = await unlessAborted(held.session, signal)
      if (await opener.isCurrent(c, opened)) return { ...held, opened }
    } catch (error) {
      held.release()
      throw error
    }
    held.release()
    await held.drop()
    return lease(c, fresh, signal)
  }

  const attempt = async <T>(c: Connection, fresh: boolean, signal: AbortSignal, work: Work<T>): Promise<Used<T>> => {
    const party = partyAt(deps.target(c), c)
    const held = await lease(c, fresh, signal).catch((error: unknown) => ({ error }))
    if ('error' in held) {
      const trouble = stopped(signal, false) ?? unsent(troubleOf(held.error, party()))
      return { ok: false, trouble, error: held.error }
    }
    try {
      return { ok: true, value: await work(held.opened) }
    } catch (error) {
      const trouble = stopped(signal, true) ?? troubleOf(error, party())
      if (endsSession(trouble)) await held.drop()
      return { ok: false, trouble, error }
    } finally {
      held.release()
    }
  }

  return {
    use: async (c, signal, work) => {
      const first = await attempt(c, false, signal, work)
      return first.ok || !first.trouble.turnedAway ? first : await attempt(c, true, signal, work)
    },
    close: (id) => pool.close(id),
    [Symbol.asyncDispose]: async () => {
      stopping = true
      await pool[Symbol.asyncDispose]()
    },
  }
}

function partyAt(target: Target, c: Connection): () => Party {
  const began = Date.now()
  return () => {
    const seconds = Math.round((Date.now() - began) / 1000)
    return {
      title: target.title,
      docs: target.docs,
      seconds,
      signedIn: c.credential !== undefined,
      known: hasKnownAddress(target),
      signsIn: c.signsIn === true,
    }
  }
}

/** A wider sign-in, wherever it is made, is found by the next session. */
const endsSession = ({ turnedAway, why }: Trouble): boolean => turnedAway || why === 'scope'

/** A session that did not open carried nothing; opening it again at once would not change that. */
const unsent = (trouble: Trouble): Trouble => ({ ...trouble, sent: false, turnedAway: false })

/** The SDK reports a caller's abort as a timeout, so the signal is asked first. */
function stopped(signal: AbortSignal, sent: boolean): Trouble | undefined {
  if (!signal.aborted) return undefined
  return { why: 'cancelled', code: 'cancelled', message: 'Stopped.', sent, turnedAway: false }
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
