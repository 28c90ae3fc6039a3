import { type ConnectionSecrets, readSecrets } from '../../credentials/secrets.ts'
import type { CredentialStore } from '../../credentials/store.ts'
import type { Egress } from '../../egress/egress.ts'
import { AppError } from '../../errors.ts'
import type { ConnectionId, UserId, WorkspaceId } from '../../ids.ts'
import type { Log } from '../../log.ts'
import type { Connection } from '../../registry/connection.ts'
import type { Registry } from '../../registry/registry.ts'
import { rejectOnAbort } from '../../timing.ts'
import type { Auth } from '../auth/auth.ts'
import type { BackgroundTasks } from '../background-tasks.ts'
import {
  classifyError,
  createCircuitOpenFailure,
  isServerUnreachable,
  type McpFailure,
  type ServerLabel,
} from '../protocol/classify-error.ts'
import type { ListChange } from '../protocol/notifications.ts'
import { readProtocolEra } from '../protocol/protocol-era.ts'
import { hasKnownAddress, type Target, type TargetLimits } from '../protocol/server-target.ts'
import type { Session, Work } from '../transport/session.ts'
import { type CircuitBreakers, type CircuitState, createCircuitBreakers, type Permit } from './circuit-breaker.ts'
import { openSession } from './open-session.ts'
import type { ResponseCaches } from './response-caches.ts'
import { createSessionHealth, type SessionHealth } from './session-health.ts'
import { createSessionPool, type SessionLease } from './session-pool.ts'

export type AuditEntry = { what: 'credential_opened'; connection: ConnectionId; workspace: WorkspaceId; user: UserId }

type OpenSessionsDeps = {
  registry: Pick<Registry, 'saveEra'>
  credentials: CredentialStore
  egress: Egress
  /** Left out: nobody signs in, servers take what headers hold. */
  auth?: Pick<Auth, 'bearer'> | undefined
  background: BackgroundTasks
  caches: ResponseCaches
  log: Log
  projectRoot: string
  target(connection: Connection): Target
  limits(connection: Connection): TargetLimits
  onChanged(connection: Connection): (what: ListChange) => void
  onOpened(connection: Connection, session: Session): void
  audit?: ((entry: AuditEntry) => Promise<void>) | undefined
  /** After how long without use a session is asked whether it still answers. */
  quietMs?: number | undefined
  /** Aborted when the whole app ends: then servers are not waited for. */
  shutdown: AbortSignal
}

export type SessionOutcome<T> = { ok: true; value: T } | { ok: false; trouble: McpFailure; error: unknown }

/** Who works on a connection's session: for the circuit it is one call, however often it is tried. */
type Caller = { connection: Connection; signal: AbortSignal; pass: Permit }

export type OpenSessions = {
  /**
   * Does the work on the connection's session. Turned away unread, it is done once more on a new session. A server that
   * could not be reached several times in a row is left alone for a while: then this fails at once.
   */
  use<T>(connection: Connection, signal: AbortSignal, work: Work<T>): Promise<SessionOutcome<T>>
  circuit(id: ConnectionId): CircuitState
  /** What was met before does not count any more. */
  wake(id: ConnectionId): void
  /** The next call opens a new session; calls under way finish first. */
  retire(id: ConnectionId): Promise<void>
  close(id: ConnectionId): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

type Opened = SessionLease<Session> & { opened: Session }

export function createOpenSessions(deps: OpenSessionsDeps): OpenSessions {
  const circuits = createCircuitBreakers()
  const health = createSessionHealth(deps.quietMs)
  const { pool, lease } = leasing(deps, health)

  const attempt = async <T>(
    { connection: c, signal, pass }: Caller,
    work: Work<T>,
    fresh: boolean,
  ): Promise<SessionOutcome<T>> => {
    const party = partyAt(deps.target(c), c)
    const held = await lease(c, fresh, signal).catch((error: unknown) => ({ error }))
    if ('error' in held) {
      const trouble = stopped(signal, false) ?? unsent(classifyError(held.error, party()))
      return { ok: false, trouble, error: held.error }
    }
    const used = await work(held.opened, { answered: () => pass.settle('answered'), retired: held.retired }).then(
      (value): SessionOutcome<T> => ({ ok: true, value }),
      (error: unknown): SessionOutcome<T> => ({
        ok: false,
        trouble: stopped(signal, true) ?? classifyError(error, party()),
        error,
      }),
    )
    health.note(held.opened)
    if (!used.ok && wantsNewSession(used.trouble)) await held.retire()
    else held.release()
    return used
  }

  const attempts = async <T>(caller: Caller, work: Work<T>): Promise<SessionOutcome<T>> => {
    const first = await attempt(caller, work, false)
    return first.ok || !first.trouble.turnedAway ? first : await attempt(caller, work, true)
  }

  return {
    use: (connection, signal, work) =>
      guarded(circuits, connection.id, deps.target(connection).title, (pass) =>
        attempts({ connection, signal, pass }, work),
      ),
    circuit: (id) => circuits.of(id),
    wake: (id) => circuits.forget(id),
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

/** Sessions that are sound and opened with what the connection has now. */
function leasing(deps: OpenSessionsDeps, health: SessionHealth) {
  const { open, isCurrent } = opening(deps)
  const pool = createSessionPool({ open, idleMs: (c) => deps.limits(c).idleSeconds * 1000, log: deps.log })

  const lease = async (c: Connection, fresh: boolean, signal: AbortSignal): Promise<Opened> => {
    if (deps.shutdown.aborted) throw new AppError('cancelled', 'Patchbay is stopping. Try again in a minute.')
    const held = pool.hold(c, JSON.stringify([deps.target(c), c.credential]), fresh)
    try {
      const opened = await rejectOnAbort(held.session, signal)
      const sound = !held.alone || (await health.isSound(opened, deps.target(c), signal))
      signal.throwIfAborted()
      if (sound && (await isCurrent(c, opened))) return { ...held, opened }
    } catch (error) {
      held.release()
      throw error
    }
    await held.retire()
    return lease(c, fresh, signal)
  }
  return { pool, lease }
}

// How long an open session may go on with a credential that another instance has replaced meanwhile.
const SECRETS_CHECK_MS = 5 * 60 * 1000

/** Opens a connection's session with its saved credential. */
function opening(deps: OpenSessionsDeps) {
  const openedWith = new WeakMap<Session, { secrets: string; checkedAt: number }>()

  const secretsOf = async (c: Connection): Promise<ConnectionSecrets> => {
    if (c.credential !== undefined)
      await deps.audit?.({ what: 'credential_opened', connection: c.id, workspace: c.workspace, user: c.user })
    return readSecrets(deps.credentials, c.credential)
  }

  return {
    /** `fresh` forgets which protocol the server spoke last. Throws AppErrors. */
    open: async (c: Connection, fresh: boolean, signal: AbortSignal): Promise<Session> => {
      const era = fresh ? undefined : readProtocolEra(c.era, Date.now())
      const secrets = await secretsOf(c)
      const target = deps.target(c)
      const bearer = deps.auth?.bearer(c.id, target, secrets)
      const cache = deps.caches.storeOf(c.id, [target, secrets])
      const session = await openSession(
        deps,
        { target, secrets, bearer, era, cache, onChanged: deps.onChanged(c) },
        signal,
      )
      openedWith.set(session, { secrets: JSON.stringify(secrets), checkedAt: Date.now() })
      if (era === undefined) deps.background.run('keep era', () => deps.registry.saveEra(c, session.era))
      deps.onOpened(c, session)
      return session
    },
    /** False when the credential was replaced since the session was opened. */
    isCurrent: async (c: Connection, session: Session): Promise<boolean> => {
      const last = openedWith.get(session)
      if (last === undefined || Date.now() - last.checkedAt < SECRETS_CHECK_MS) return true
      last.checkedAt = Date.now()
      return JSON.stringify(await secretsOf(c)) === last.secrets
    },
  }
}

/** Through the connection's circuit: few calls find out whether a resting server is back. */
async function guarded<T>(
  circuits: CircuitBreakers,
  id: ConnectionId,
  title: string,
  work: (pass: Permit) => Promise<SessionOutcome<T>>,
): Promise<SessionOutcome<T>> {
  const pass = circuits.enter(id)
  if (!('settle' in pass)) return { ok: false, trouble: createCircuitOpenFailure(title, pass), error: undefined }
  try {
    const used = await work(pass)
    pass.settle(verdictOf(used))
    return used
  } finally {
    pass.settle('void')
  }
}

function verdictOf(used: SessionOutcome<unknown>): 'answered' | 'unreachable' | 'void' {
  if (used.ok) return 'answered'
  if (isServerUnreachable(used.trouble)) return 'unreachable'
  return used.trouble.why === 'sign_in' || used.trouble.why === 'protocol' ? 'answered' : 'void'
}

function partyAt(target: Target, c: Connection): () => ServerLabel {
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

/** Another session may do better; a wider sign-in, wherever it is made, is found by the next one. */
const wantsNewSession = ({ turnedAway, why }: McpFailure): boolean => turnedAway || why === 'scope'

/** A session that did not open carried nothing; opening it again at once would not change that. */
const unsent = (trouble: McpFailure): McpFailure => ({ ...trouble, sent: false, turnedAway: false })

/** The SDK reports a caller's abort as a timeout, so the signal is asked first. */
function stopped(signal: AbortSignal, sent: boolean): McpFailure | undefined {
  if (!signal.aborted) return undefined
  return { why: 'cancelled', code: 'cancelled', message: 'Stopped.', sent, turnedAway: false }
}
