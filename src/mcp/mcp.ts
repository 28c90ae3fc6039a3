import { isAppError } from '../errors.ts'
import type { ConnectionId, Principal } from '../ids.ts'
import type { Log } from '../log.ts'
import type { Connection, JsonObject, JsonValue, LeftOut, Offers, StoredTool } from '../registry/connection.ts'
import type { Registry } from '../registry/registry.ts'
import type { Challenge } from './auth/challenge.ts'
import { type Background, createBackground } from './background.ts'
import { addressFault } from './border.ts'
import { createCaches } from './caches.ts'
import { callTool } from './call.ts'
import type { Circuit } from './circuit.ts'
import { createKeeper } from './keeper.ts'
import { type LogLine, withLog } from './notices.ts'
import { type Offering, offering, type Use } from './offering.ts'
import { probe } from './probe.ts'
import type { Asking, CallTimes, Reach } from './reach.ts'
import type { Session } from './session.ts'
import { createSessions, type Sessions, type SessionsDeps, type Used } from './sessions.ts'
import type { Target } from './target.ts'
import { asAppError, type Trouble } from './trouble.ts'

/** Speaks MCP to connections' servers. Nothing a server says leaves here with a secret of its connection in it. */
export type Mcp = Offering & {
  /**
   * Opens anew, lists, makes the target's check, closes. Throws AppErrors with a sentence for the person who connects.
   * `as` is the connection whose sign-in is used, if there is one.
   */
  probe(target: Target, secrets: Record<string, string>, signal: AbortSignal, as?: ConnectionId): Promise<Probe>
  /** One call, on the connection's one open session. Never throws for what a server or a network does. */
  call(connection: Connection, tool: StoredTool, args: JsonObject, o: CallOptions): Promise<ToolOutcome>
  /** What forbids opening this address, as far as no network is needed to know it. */
  addressFault(url: string): string | undefined
  connectionsOf(principal: Principal): Promise<Connection[]>
  /** Lists the tools again and keeps the list. Throws AppErrors; never answers an empty list for a failure. */
  refresh(connection: Connection, signal: AbortSignal): Promise<StoredTool[]>
  /** Ends the connection's session, if one is open, and forgets what was kept of its server. */
  close(id: ConnectionId): Promise<void>
  /** Whether calls go out to the connection's server now. */
  circuit(id: ConnectionId): Circuit
  /** The server was seen to work: its rest, if it has one, is over. */
  wake(id: ConnectionId): void
  /** Cancels what is under way and ends every session, within 1.5 s; when it resolves no child process is left. */
  [Symbol.asyncDispose](): Promise<void>
}

export type Probe = {
  tools: StoredTool[]
  leftOut: LeftOut[]
  /** What the server says of its own use; untrusted. */
  instructions: string | undefined
  protocolVersion: string
  serverName: string
  ms: number
  offers: Offers
  /** For `Connection.era`. */
  era: unknown
}

export type CallOptions = Reach & {
  onProgress(progress: CallProgress): void
  /** The run the call is part of, for the server's own tracing. */
  trace?: string
}
export type CallProgress = { message?: string; progress?: number; total?: number }

export type ToolOutcome =
  | { kind: 'ok' | 'tool_error'; content: ContentPart[]; structured?: JsonValue; ms: number; log?: LogLine[] }
  | (Asking & { ms: number })
  | CallFailure

/** `sent` is false only when the call was certainly not carried out: never sent, or refused before anything was done. */
export type CallFailure = {
  kind: 'failed'
  why: FailureReason
  message: string
  sent: boolean
  ms: number
  /** With `sign_in` and `scope`: what a sign-in has to bring. Absent where only another credential helps. */
  challenge?: Challenge
  log?: LogLine[]
}

/** `scope`: the sign-in is good, but does not allow this. `resting`: the server is left alone for a while. */
export type FailureReason =
  | 'timeout'
  | 'cancelled'
  | 'unreachable'
  | 'sign_in'
  | 'scope'
  | 'protocol'
  | 'gone'
  | 'resting'

export type ContentPart =
  | { type: 'text'; text: string }
  | { type: 'image' | 'audio'; mimeType: string; data: string }
  | { type: 'resource'; uri: string; mimeType?: string; text?: string; data?: string }
  | { type: 'link'; uri: string; name: string }

export type McpDeps = Omit<SessionsDeps, 'registry' | 'background' | 'caches' | 'hurry' | 'onChanged' | 'onOpened'> & {
  registry: Pick<Registry, 'connectionsOf' | 'setStatus' | 'learn' | 'setEra' | 'setOffers'>
  log: Log
  toolTimeoutSeconds: number
}

/** MCP for connections. A session ends after `limits.idleSeconds` without a call; what it learns is kept in the registry. */
export function createMcp(given: McpDeps): Mcp {
  const stopping = new AbortController()
  const deps = { ...given, hurry: stopping.signal }
  const background = createBackground(deps.log)
  const caches = createCaches()
  const keeper = createKeeper({ registry: deps.registry, caches, background, stopping: stopping.signal })
  const sessions = createSessions({
    ...deps,
    background,
    caches,
    onChanged: keeper.onChanged,
    onOpened: (c, session) => {
      deps.log.info(
        { connection: c.id, card: c.card, workspace: c.workspace, era: session.era.kind },
        'mcp session opened',
      )
      void session.ended.then(() => deps.log.info({ connection: c.id }, 'mcp session ended'))
      keeper.onOpened(c, session)
    },
  })

  const noteState = stateNoter(deps, background)
  const use = using(deps, sessions, { signal: stopping.signal, noteState })

  return {
    probe: (target, secrets, signal, as) => {
      const bearer = as && deps.auth?.bearer(as, target, secrets)
      return probe(deps, { target, secrets, bearer }, AbortSignal.any([signal, stopping.signal]))
    },
    addressFault: (url) => addressFault(deps.egress, url),
    connectionsOf: (principal) => deps.registry.connectionsOf(principal),
    call: async (c, tool, args, o) => {
      const began = performance.now()
      const lost = cardTrouble(deps, c)
      if (lost !== undefined) return failureOf(lost, 0)
      // A server hears that its calls are cancelled before it is ended with the app.
      const signal = AbortSignal.any([o.signal, stopping.signal])
      const log: LogLine[] = []
      const work = (session: Session) =>
        withLog(session.client, log, () => callTool(session, { tool, args }, timesOf(deps, c), { ...o, signal }))
      const used = await sessions.use(c, signal, work)
      noteState(c, used)
      const outcome = used.ok ? used.value : failureOf(used.trouble, performance.now() - began)
      return outcome.kind === 'input_required' || log.length === 0 ? outcome : { ...outcome, log }
    },
    refresh: (c, signal) => use(c, signal, (session) => keeper.list(c, session)),
    ...offering(use, (c) => timesOf(deps, c)),
    close: async (id) => {
      await sessions.close(id)
      caches.forget(id)
    },
    circuit: (id) => sessions.circuit(id),
    wake: (id) => sessions.wake(id),
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await sessions[Symbol.asyncDispose]()
      await background[Symbol.asyncDispose]()
    },
  }
}

type Using = { signal: AbortSignal; noteState(c: Connection, used: Used<unknown>): void }

/** Work on a connection's session that throws what is to be said of it. */
function using(deps: McpDeps, sessions: Pick<Sessions, 'use'>, { signal: closing, noteState }: Using): Use {
  return async (c, signal, work) => {
    const lost = cardTrouble(deps, c)
    if (lost !== undefined) throw asAppError(lost, undefined)
    const used = await sessions.use(c, AbortSignal.any([signal, closing]), work)
    noteState(c, used)
    if (used.ok) return used.value
    throw asAppError(used.trouble, used.error)
  }
}

/** The connection's state follows what its calls meet. */
function stateNoter({ registry }: McpDeps, background: Background) {
  return (c: Connection, used: Used<unknown>): void => {
    const now = stateAfter(used)
    if (now === undefined || (now.status === c.status && now.reason === c.statusReason)) return
    background.run('keep status', () => registry.setStatus(c, now.status, now.reason))
  }
}

function timesOf({ limits, toolTimeoutSeconds }: McpDeps, c: Connection): CallTimes {
  const totalMs = limits(c).callSeconds * 1000
  return { timeoutMs: Math.min(toolTimeoutSeconds * 1000, totalMs), totalMs }
}

/** A connection can outlive its card. */
function cardTrouble({ target }: McpDeps, c: Connection): Trouble | undefined {
  try {
    target(c)
    return undefined
  } catch (error) {
    if (!isAppError(error)) throw error
    return { why: 'unreachable', code: error.code, message: error.message, sent: false, turnedAway: false }
  }
}

function failureOf({ why, message, sent, challenge }: Trouble, ms: number): CallFailure {
  return { kind: 'failed', why, message, sent, ms: Math.round(ms), ...(challenge && { challenge }) }
}

/** What a call says of its connection; a slow or stopped call says nothing. */
function stateAfter(used: Used<unknown>): { status: Connection['status']; reason?: string } | undefined {
  if (used.ok) return { status: 'connected' }
  const { why, code, message, sent } = used.trouble
  // A database or credential store of ours that is away says nothing of the server.
  if (code === 'database_unavailable' || code === 'credential_store_failed') return undefined
  if (why === 'sign_in') return { status: 'needs_sign_in', reason: message }
  if (why === 'unreachable' || (why === 'gone' && !sent)) return { status: 'failing', reason: message }
  return undefined
}
