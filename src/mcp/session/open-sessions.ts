import { ProtocolError } from '@modelcontextprotocol/client'
import { AppError } from '../../errors.ts'
import type { ConnectionId } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import { rejectOnAbort } from '../../timing.ts'
import {
  classifyError,
  createCircuitOpenFailure,
  isServerUnreachable,
  type McpFailure,
  type ServerLabel,
} from '../protocol/classify-error.ts'
import { hasKnownAddress, type Target, type TargetLimits } from '../protocol/server-target.ts'
import type { Session, Work } from '../transport/session.ts'
import { type CircuitBreakers, type CircuitState, createCircuitBreakers, type Permit } from './circuit-breaker.ts'
import { createSessionOpener, type SessionOpenerDeps } from './open-session.ts'
import { createSessionPool, type SessionLease } from './session-pool.ts'

type OpenSessionsDeps = SessionOpenerDeps & {
  limits(connection: Connection): TargetLimits
  /** After how long without use a session is asked whether it still answers. */
  quietMs?: number | undefined
}

export type SessionOutcome<T> = { ok: true; value: T } | { ok: false; failure: McpFailure; error: unknown }

/** Who works on a connection's session. The circuit breaker counts one call, however often it is tried. */
type Caller = { connection: Connection; signal: AbortSignal; permit: Permit }

export type OpenSessions = {
  /**
   * Does the work on the connection's session. Turned away unread, it is done once more on a new session. A server that
   * could not be reached several times in a row is left alone for a while: then this fails at once.
   */
  use<T>(connection: Connection, signal: AbortSignal, work: Work<T>): Promise<SessionOutcome<T>>
  circuit(id: ConnectionId): CircuitState
  /** Closes the circuit: earlier failures do not count any more. */
  resetCircuit(id: ConnectionId): void
  /** The next call opens a new session; calls under way finish first. */
  retire(id: ConnectionId): Promise<void>
  close(id: ConnectionId): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

type OpenLease = SessionLease<Session> & { opened: Session }

export function createOpenSessions(deps: OpenSessionsDeps): OpenSessions {
  const circuits = createCircuitBreakers()
  const health = createSessionHealth(deps.quietMs)
  const { pool, lease } = createLeases(deps, health)

  const attempt = async <T>(
    { connection: c, signal, permit }: Caller,
    work: Work<T>,
    fresh: boolean,
  ): Promise<SessionOutcome<T>> => {
    const label = startLabel(deps.target(c), c)
    const leased = await lease(c, fresh, signal).catch((error: unknown) => ({ error }))
    if ('error' in leased) {
      const failure = cancelledFailure(signal, false) ?? asUnsent(classifyError(leased.error, label()))
      return { ok: false, failure, error: leased.error }
    }
    const used = await work(leased.opened, { answered: () => permit.settle('answered'), retired: leased.retired }).then(
      (value): SessionOutcome<T> => ({ ok: true, value }),
      (error: unknown): SessionOutcome<T> => ({
        ok: false,
        failure: cancelledFailure(signal, true) ?? endedFailure(leased.opened, classifyError(error, label()), label()),
        error,
      }),
    )
    if (!used.ok && wasGivenUp(used.failure) && !deps.shutdown.aborted)
      deps.background.run('ask a server whether it still answers', () => health.endMute(leased.opened, deps.target(c)))
    health.note(leased.opened)
    if (!used.ok && wantsNewSession(used.failure)) await leased.retire()
    else leased.release()
    return used
  }

  const callWithRetry = async <T>(caller: Caller, work: Work<T>): Promise<SessionOutcome<T>> => {
    const first = await attempt(caller, work, false)
    return first.ok || !first.failure.turnedAway ? first : await attempt(caller, work, true)
  }

  return {
    use: (connection, signal, work) =>
      throughCircuit(circuits, connection.id, deps.target(connection).title, (permit) =>
        callWithRetry({ connection, signal, permit }, work),
      ),
    circuit: (id) => circuits.of(id),
    resetCircuit: (id) => circuits.forget(id),
    retire: (id) => {
      circuits.forget(id)
      return pool.retire(id)
    },
    close: (id) => {
      circuits.forget(id)
      return pool.close(id)
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  }
}

/** Leases of sessions that still answer and were opened with what the connection has now. */
function createLeases(deps: OpenSessionsDeps, health: SessionHealth) {
  const { open, isCurrent } = createSessionOpener(deps)
  const pool = createSessionPool({ open, idleMs: (c) => deps.limits(c).idleSeconds * 1000, log: deps.log })

  const lease = async (c: Connection, fresh: boolean, signal: AbortSignal): Promise<OpenLease> => {
    if (deps.shutdown.aborted) throw new AppError('cancelled', 'Patchbay is stopping. Try again in a minute.')
    const leased = pool.hold(c, JSON.stringify([deps.target(c), c.credential]), fresh)
    try {
      const opened = leased.opened ?? (await rejectOnAbort(leased.session, signal))
      const sound = !leased.alone || (await health.isSound(opened, deps.target(c), signal))
      signal.throwIfAborted()
      if (sound && (await isCurrent(c, opened))) return { ...leased, opened }
    } catch (error) {
      leased.release()
      throw error
    }
    await leased.retire()
    return lease(c, fresh, signal)
  }
  return { pool, lease }
}

/** Does the work if the connection's circuit gives a permit: of a server that failed often, only single calls try whether it is back. */
async function throughCircuit<T>(
  circuits: CircuitBreakers,
  id: ConnectionId,
  title: string,
  work: (permit: Permit) => Promise<SessionOutcome<T>>,
): Promise<SessionOutcome<T>> {
  const permit = circuits.enter(id)
  if (!('settle' in permit)) return { ok: false, failure: createCircuitOpenFailure(title, permit), error: undefined }
  try {
    const used = await work(permit)
    permit.settle(circuitResultOf(used))
    return used
  } finally {
    permit.settle('void')
  }
}

function circuitResultOf(used: SessionOutcome<unknown>): 'answered' | 'unreachable' | 'void' {
  if (used.ok) return 'answered'
  if (isServerUnreachable(used.failure)) return 'unreachable'
  return used.failure.why === 'sign_in' || used.failure.why === 'protocol' ? 'answered' : 'void'
}

function startLabel(target: Target, c: Connection): () => ServerLabel {
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

/** The call was given up: the server may have heard it, or may be busy with it for ever. */
const wasGivenUp = ({ why, sent }: McpFailure): boolean => sent && (why === 'timeout' || why === 'cancelled')

/** A server that we ended ourselves is said to have been, and why. */
function endedFailure({ fault }: Session, failure: McpFailure, { title }: ServerLabel): McpFailure {
  const why = failure.why === 'gone' && failure.sent ? fault?.() : undefined
  return why === undefined
    ? failure
    : { ...failure, message: `${title} was ended because ${why}. Ask for less at once.` }
}

/** A new session may succeed, and it is opened with the permissions of a newer sign-in. */
const wantsNewSession = ({ turnedAway, why }: McpFailure): boolean => turnedAway || why === 'scope'

/** A session that did not open sent nothing, and opening it again at once would fail as well. */
const asUnsent = (failure: McpFailure): McpFailure => ({ ...failure, sent: false, turnedAway: false })

/** The SDK reports a caller's abort as a timeout, so the signal is asked first. */
function cancelledFailure(signal: AbortSignal, sent: boolean): McpFailure | undefined {
  if (!signal.aborted) return undefined
  return { why: 'cancelled', code: 'cancelled', message: 'Stopped.', sent, turnedAway: false }
}

/** Whether a session that was unused for a while still answers, asked before a call that must not get lost. */
type SessionHealth = {
  /** The session was used just now. */
  note(session: Session): void
  isSound(session: Session, target: Target, signal: AbortSignal): Promise<boolean>
  /** Ends a server that runs here and does not even answer a ping. */
  endMute(session: Session, target: Target): Promise<void>
}

// What answered a minute ago answers now; asking before each call would double its time.
const QUIET_MS = 60_000
const ANSWER_MS = 3_000
const MUTE_MS = 2_000

function createSessionHealth(quietMs: number = QUIET_MS): SessionHealth {
  const usedAt = new WeakMap<Session, number>()
  return {
    note: (session) => void usedAt.set(session, Date.now()),
    isSound: async (session, target, signal) => {
      const last = usedAt.get(session)
      if (last === undefined || Date.now() - last < quietMs) return true
      return answers(session, target, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]))
    },
    endMute: async (session, target) => {
      if (session.kill === undefined || (await answers(session, target, AbortSignal.timeout(MUTE_MS)))) return
      session.kill('it answered no more after a call was given up')
    },
  }
}

/** The new protocol over HTTP has no session that could be lost: each request stands for itself. */
async function answers({ client, era }: Session, target: Target, signal: AbortSignal): Promise<boolean> {
  if (era.kind === 'modern' && target.kind === 'http') return true
  try {
    const options = { signal, timeout: ANSWER_MS }
    await (era.kind === 'modern' ? client.discover(options) : client.ping(options))
    return true
  } catch (error) {
    // An error answer is an answer: the session works.
    return error instanceof ProtocolError
  }
}
