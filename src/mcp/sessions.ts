import { AppError } from '../errors.ts'
import type { ConnectionId } from '../ids.ts'
import type { Connection } from '../registry/connection.ts'
import { type Circuit, type Circuits, createCircuits } from './circuit.ts'
import { createHealth } from './health.ts'
import { createOpener, type OpenerDeps } from './opener.ts'
import { createPool, type Lease } from './pool.ts'
import type { Session } from './session.ts'
import { hasKnownAddress, type Limits, type Target } from './target.ts'
import { isUnreachable, type Party, restingTrouble, type Trouble, troubleOf } from './trouble.ts'

export type SessionsDeps = OpenerDeps & {
  limits(connection: Connection): Limits
  /** After how long without use a session is asked whether it still answers. */
  quietMs?: number | undefined
}

export type Used<T> = { ok: true; value: T } | { ok: false; trouble: Trouble; error: unknown }

type Work<T> = (session: Session) => Promise<T>

export type Sessions = {
  /**
   * Does the work on the connection's session. Turned away unread, it is done once more on a new session. A server that
   * could not be reached several times in a row is left alone for a while: then this fails at once.
   */
  use<T>(connection: Connection, signal: AbortSignal, work: Work<T>): Promise<Used<T>>
  circuit(id: ConnectionId): Circuit
  /** What was met before does not count any more. */
  wake(id: ConnectionId): void
  close(id: ConnectionId): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export function createSessions(deps: SessionsDeps): Sessions {
  let stopping = false
  const opener = createOpener(deps)
  const circuits = createCircuits()
  const health = createHealth(deps.quietMs)
  const pool = createPool({ open: opener.open, idleMs: (c) => deps.limits(c).idleSeconds * 1000 })

  const lease = async (c: Connection, fresh: boolean, signal: AbortSignal): Promise<Lease & { opened: Session }> => {
    if (stopping) throw new AppError('cancelled', 'Patchbay is stopping. Try again in a minute.')
    const held = pool.hold(c, JSON.stringify([deps.target(c), c.credential]), fresh)
    try {
      const opened = await unlessAborted(held.session, signal)
      const sound = !held.alone || (await health.isSound(opened, deps.target(c), signal))
      signal.throwIfAborted()
      if (sound && (await opener.isCurrent(c, opened))) return { ...held, opened }
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
      health.note(held.opened)
      held.release()
    }
  }

  const attempts = async <T>(c: Connection, signal: AbortSignal, work: Work<T>): Promise<Used<T>> => {
    const first = await attempt(c, false, signal, work)
    return first.ok || !first.trouble.turnedAway ? first : await attempt(c, true, signal, work)
  }

  return {
    use: (c, signal, work) => guarded(circuits, c, () => attempts(c, signal, work), deps.target(c).title),
    circuit: (id) => circuits.of(id),
    wake: (id) => circuits.forget(id),
    close: (id) => {
      circuits.forget(id)
      return pool.close(id)
    },
    [Symbol.asyncDispose]: async () => {
      stopping = true
      await pool[Symbol.asyncDispose]()
    },
  }
}

/** Through the connection's circuit: at most one call finds out whether a resting server is back. */
async function guarded<T>(
  circuits: Circuits,
  c: Connection,
  work: () => Promise<Used<T>>,
  title: string,
): Promise<Used<T>> {
  const pass = circuits.enter(c.id)
  if (!('settle' in pass)) {
    const trouble = restingTrouble(title, pass)
    return { ok: false, trouble, error: undefined }
  }
  try {
    const used = await work()
    pass.settle(verdictOf(used))
    return used
  } finally {
    pass.settle('void')
  }
}

function verdictOf(used: Used<unknown>): 'answered' | 'unreachable' | 'void' {
  if (used.ok) return 'answered'
  if (isUnreachable(used.trouble)) return 'unreachable'
  return used.trouble.why === 'sign_in' || used.trouble.why === 'protocol' ? 'answered' : 'void'
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
