import type { CredentialStore } from '../credentials/store.ts'
import type { Egress } from '../egress/egress.ts'
import { errorChainOf, isAppError } from '../errors.ts'
import type { ConnectionId } from '../ids.ts'
import type { JsonObject } from '../json.ts'
import type { Log } from '../log.ts'
import type { Connection, StoredTool } from '../registry/connection.ts'
import type { Registry } from '../registry/registry.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import type { Auth } from './auth/auth.ts'
import { addressProblemIn } from './elicitation/read-elicitation.ts'
import { createFeatures, type Features, type WithSession } from './features/features.ts'
import { type McpFailure, toAppError } from './protocol/classify-error.ts'
import { collectLogLines, type LogLine } from './protocol/notifications.ts'
import type { Target, TargetLimits } from './protocol/server-target.ts'
import { callTool } from './requests/call-tool.ts'
import type { CallFailure, CallOptions, Probe, ToolOutcome } from './requests/outcome.ts'
import type { CallTimes } from './requests/send-request.ts'
import type { CircuitState } from './session/circuit-breaker.ts'
import { type AuditEntry, type BackgroundTasks, createResponseCaches } from './session/open-session.ts'
import { createOpenSessions, type OpenSessions, type SessionOutcome } from './session/open-sessions.ts'
import { probeServer } from './session/probe-server.ts'
import { createListingSync } from './session/sync-listings.ts'
import type { BuiltinLauncher, Work } from './transport/session.ts'

/** Speaks MCP to connections' servers. Nothing a server says leaves here with a secret of its connection in it. */
export type Mcp = Features & {
  /**
   * Opens anew, lists, makes the target's check, closes. Throws AppErrors with a sentence for the person who connects.
   * `as` is the connection whose sign-in is used, if there is one.
   */
  probe(target: Target, secrets: Record<string, string>, signal: AbortSignal, as?: ConnectionId): Promise<Probe>
  /** One call, on the connection's one open session. Never throws for what a server or a network does. */
  call(connection: Connection, tool: StoredTool, args: JsonObject, o: CallOptions): Promise<ToolOutcome>
  /** What forbids opening this address, as far as no network is needed to know it. */
  addressProblemIn(url: string): string | undefined
  /** Lists the tools again and saves them. Throws AppErrors; never returns an empty list for a failure. */
  refresh(connection: Connection, signal: AbortSignal): Promise<StoredTool[]>
  /** The connection was changed: the next call opens a new session, and calls under way finish on the old one. */
  retire(id: ConnectionId): Promise<void>
  /** Ends the connection's sessions with all that is under way, and drops what was cached of its server. */
  close(id: ConnectionId): Promise<void>
  /** Whether calls go out to the connection's server now. */
  circuit(id: ConnectionId): CircuitState
  /** The server was seen to work: its circuit is closed. */
  resetCircuit(id: ConnectionId): void
  /** Cancels what is under way and ends every session, within 1.5 s; when it resolves no child process is left. */
  [Symbol.asyncDispose](): Promise<void>
}

export type McpDeps = {
  registry: Pick<Registry, 'setStatus' | 'saveServerInfo' | 'saveEra' | 'saveFeatures'>
  credentials: CredentialStore
  egress: Egress
  /** What servers that run here are started in. */
  sandbox: Sandbox
  /** Left out: nobody signs in, and servers get only the headers. */
  auth?: Pick<Auth, 'bearer'> | undefined
  log: Log
  /** Throws an AppError where the connection's card is gone. */
  target(connection: Connection): Target
  limits(connection: Connection): TargetLimits
  toolTimeoutSeconds: number
  /** Where the packages of local servers are installed. */
  projectRoot: string
  /** The servers of our own. */
  builtin?: BuiltinLauncher | undefined
  audit?: ((entry: AuditEntry) => Promise<void>) | undefined
  /** For tests: after how long without use a session is asked whether it still answers. */
  quietMs?: number | undefined
}

/** MCP for connections. A session ends after `limits.idleSeconds` without a call; what it learns is saved in the registry. */
export function createMcp(options: McpDeps): Mcp {
  const stopping = new AbortController()
  const deps = { ...options, shutdown: stopping.signal }
  const background = createBackgroundTasks(deps.log)
  const caches = createResponseCaches()
  const listingSync = createListingSync({ registry: deps.registry, caches, background, stopping: stopping.signal })
  const sessions = createOpenSessions({
    ...deps,
    background,
    caches,
    onChanged: listingSync.onChanged,
    onOpened: (c, session) => {
      deps.log.info(
        { connection: c.id, card: c.card, workspace: c.workspace, era: session.era.kind },
        'mcp session opened',
      )
      void session.ended.then(() => deps.log.info({ connection: c.id }, 'mcp session ended'))
      listingSync.onOpened(c, session)
    },
  })

  const updateStatus = createStatusUpdate(deps, background)
  const use = createWithSession(deps, sessions, { signal: stopping.signal, updateStatus })

  return {
    probe: (target, secrets, signal, as) => {
      const bearer = as && deps.auth?.bearer(as, target, secrets)
      return probeServer(deps, { target, secrets, bearer }, AbortSignal.any([signal, stopping.signal]))
    },
    addressProblemIn: (url) => addressProblemIn(deps.egress, url),
    call: createCall(deps, sessions, { signal: stopping.signal, updateStatus }),
    refresh: (c, signal) => use(c, signal, (session) => listingSync.list(c, session)),
    ...createFeatures(use, (c) => timesOf(deps, c)),
    retire: async (id) => {
      caches.forget(id)
      listingSync.forget(id)
      await sessions.retire(id)
    },
    close: async (id) => {
      await sessions.close(id)
      caches.forget(id)
    },
    circuit: (id) => sessions.circuit(id),
    resetCircuit: (id) => sessions.resetCircuit(id),
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await sessions[Symbol.asyncDispose]()
      await background[Symbol.asyncDispose]()
    },
  }
}

type SessionUseDeps = { signal: AbortSignal; updateStatus(c: Connection, used: SessionOutcome<unknown>): void }

/** One call on a connection's session; a failure is an outcome. */
function createCall(
  deps: McpDeps,
  sessions: Pick<OpenSessions, 'use'>,
  { signal: closing, updateStatus }: SessionUseDeps,
): Mcp['call'] {
  return async (c, tool, args, o) => {
    const began = performance.now()
    const missing = missingCardFailure(deps, c)
    if (missing !== undefined) return callFailureOf(missing, 0)
    // A server hears that its calls are cancelled before it is ended with the app.
    const signal = AbortSignal.any([o.signal, closing])
    const log: LogLine[] = []
    const work: Work<ToolOutcome> = (session, { answered }) => {
      const onProgress: CallOptions['onProgress'] = (progress) => {
        answered()
        o.onProgress(progress)
      }
      const options = { ...o, signal, onProgress }
      return collectLogLines(session.client, log, () => callTool(session, { tool, args }, timesOf(deps, c), options))
    }
    const used = await sessions.use(c, signal, work)
    updateStatus(c, used)
    const outcome = used.ok ? used.value : callFailureOf(used.failure, performance.now() - began)
    return outcome.kind === 'input_required' || log.length === 0 ? outcome : { ...outcome, log }
  }
}

/** Work on a connection's session; a failure throws an AppError. */
function createWithSession(
  deps: McpDeps,
  sessions: Pick<OpenSessions, 'use'>,
  { signal: closing, updateStatus }: SessionUseDeps,
): WithSession {
  return async (c, signal, work) => {
    const missing = missingCardFailure(deps, c)
    if (missing !== undefined) throw toAppError(missing, undefined)
    const used = await sessions.use(c, AbortSignal.any([signal, closing]), work)
    updateStatus(c, used)
    if (used.ok) return used.value
    throw toAppError(used.failure, used.error)
  }
}

/** Saves the connection's status when a call has shown another. */
function createStatusUpdate({ registry }: McpDeps, background: BackgroundTasks) {
  return (c: Connection, used: SessionOutcome<unknown>): void => {
    const now = statusAfter(used)
    if (now === undefined || (now.status === c.status && now.reason === c.statusReason)) return
    background.run('save status', () => registry.setStatus(c, now.status, now.reason))
  }
}

function timesOf({ limits, toolTimeoutSeconds }: McpDeps, c: Connection): CallTimes {
  const totalMs = limits(c).callSeconds * 1000
  return { timeoutMs: Math.min(toolTimeoutSeconds * 1000, totalMs), totalMs }
}

/** A connection can outlive its card. */
function missingCardFailure({ target }: McpDeps, c: Connection): McpFailure | undefined {
  try {
    target(c)
    return undefined
  } catch (error) {
    if (!isAppError(error)) throw error
    return { why: 'unreachable', code: error.code, message: error.message, sent: false, turnedAway: false }
  }
}

function callFailureOf({ why, message, sent, challenge, afterMs }: McpFailure, ms: number): CallFailure {
  return {
    kind: 'failed',
    why,
    message,
    sent,
    ms,
    ...(challenge && { challenge }),
    ...(afterMs !== undefined && { afterMs }),
  }
}

/** The connection's status after a call; a slow or stopped call says nothing of it. */
function statusAfter(used: SessionOutcome<unknown>): { status: Connection['status']; reason?: string } | undefined {
  if (used.ok) return { status: 'connected' }
  const { why, code, message, sent } = used.failure
  // A database or credential store of ours that is away says nothing of the server.
  if (code === 'database_unavailable' || code === 'credential_store_failed') return undefined
  if (why === 'sign_in') return { status: 'needs_sign_in', reason: message }
  if (why === 'unreachable' || (why === 'gone' && !sent)) return { status: 'failing', reason: message }
  return undefined
}

function createBackgroundTasks(log: Log): BackgroundTasks & AsyncDisposable {
  const running = new Set<Promise<void>>()
  return {
    run: (what, work) => {
      const done = work()
        .catch((error: unknown) => log.warn({ what, error: errorChainOf(error) }, 'mcp background work failed'))
        .then(() => void running.delete(done))
      running.add(done)
    },
    /** Waits for what is under way. */
    [Symbol.asyncDispose]: async () => {
      await Promise.all(running)
    },
  }
}
