import { createHash } from 'node:crypto'
import {
  Client,
  InMemoryResponseCacheStore,
  type PriorDiscovery,
  type ResponseCacheStore,
  specTypeSchemas,
} from '@modelcontextprotocol/client'
import { z } from 'zod'
import { type ConnectionSecrets, readSecrets } from '../../credentials/secrets.ts'
import type { CredentialStore } from '../../credentials/store.ts'
import type { ConnectionId, UserId, WorkspaceId } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import type { Registry } from '../../registry/registry.ts'
import type { Auth } from '../auth/auth.ts'
import { addressProblemIn, readElicitation } from '../elicitation/read-elicitation.ts'
import { createElicitationRouter, toElicitResult } from '../elicitation/route-elicitation.ts'
import { SKILLS_EXTENSION } from '../features/skills.ts'
import { type ListChange, registerNotificationHandlers } from '../protocol/notifications.ts'
import { createPathRedactor, createRedactor } from '../protocol/redactor.ts'
import { type Target, userPasswordPairsIn } from '../protocol/server-target.ts'
import { openBuiltinSession } from '../transport/open-builtin.ts'
import { openHttpSession } from '../transport/open-http.ts'
import { openStdioSession } from '../transport/open-stdio.ts'
import type { OpenDeps, ProtocolEra, Session, SessionRequest, Wiring } from '../transport/session.ts'

// 64 pages of tools are more than a model could ever be offered.
const LIST_MAX_PAGES = 64

/** Opens a session. Throws AppErrors with a sentence for a person; an abort of `signal` also ends the opening. */
export async function openSession(deps: OpenDeps, opening: SessionRequest, signal: AbortSignal): Promise<Session> {
  const { target } = opening
  const redactor = createRedactor(
    secretsOf(opening),
    target.kind === 'stdio' ? await createPathRedactor(target) : (text) => text,
  )
  const policy = { redactor, addressProblemIn: (url: string) => addressProblemIn(deps.egress, url) }
  const elicitations = createElicitationRouter()
  const wiring: Wiring = {
    shutdown: deps.shutdown,
    prior: priorDiscoveryOf(opening.era),
    newClient: (probeMs, versions) =>
      newClient(deps, opening, { redactor, policy, elicitations }, { probeMs, versions }),
    finish: (connected, kind) => {
      const ended = new Promise<void>((resolve) => {
        connected.client.onclose = resolve
      })
      return {
        ...connected,
        era: protocolEraOf(connected.client, kind, Date.now()),
        redactor,
        policy,
        elicitations,
        ended,
      }
    },
  }
  if (target.kind === 'stdio') return openStdioSession(deps, { ...opening, target, redactor }, wiring, signal)
  if (target.kind === 'builtin') return openBuiltinSession(deps, { ...opening, target }, wiring, signal)
  return openHttpSession(deps, { ...opening, target }, wiring, signal)
}

/** The connection's secrets with the tokens it has had so far; the same array as long as they are the same. */
function secretsOf({ target, secrets, bearer }: SessionRequest): () => string[] {
  const pairs =
    target.kind === 'http' ? userPasswordPairsIn(Object.values(target.headers), { ...target.values, ...secrets }) : []
  const own = [...Object.values(secrets), ...pairs]
  let all = own
  let tokens: string[] = []
  return () => {
    const now = bearer?.secrets() ?? tokens
    if (now !== tokens) {
      tokens = now
      all = [...own, ...now]
    }
    return all
  }
}

type SessionParts = Pick<Session, 'redactor' | 'policy' | 'elicitations'>

function newClient(
  deps: OpenDeps,
  opening: SessionRequest,
  { redactor, policy, elicitations }: SessionParts,
  { probeMs, versions }: { probeMs: number; versions: string[] | undefined },
): Client {
  const client = new Client(
    { name: 'patchbay', version: '1.0.0' },
    {
      // All that a server may ask of us: questions to the person. No sampling, no roots.
      capabilities: { elicitation: { form: { applyDefaults: true }, url: {} }, extensions: SKILLS_EXTENSION },
      versionNegotiation: { mode: 'auto', probe: { timeoutMs: probeMs } },
      inputRequired: { autoFulfill: false },
      listMaxPages: LIST_MAX_PAGES,
      ...(versions !== undefined && { supportedProtocolVersions: versions }),
      ...(opening.cache !== undefined && { responseCacheStore: opening.cache }),
    },
  )
  // Only the old protocol sends this; with the new one a call's result says what is needed. What cannot be shown is refused with an error.
  client.setRequestHandler('elicitation/create', async ({ params }, ctx) =>
    toElicitResult(await elicitations.ask(readElicitation(params, policy), ctx.mcpReq.signal)),
  )
  registerNotificationHandlers(client, redactor, (what) => opening.onChanged(what))
  client.onerror = (error) => deps.log.debug({ server: opening.target.title, error: error.name }, 'mcp transport error')
  return client
}

export type AuditEntry = { what: 'credential_opened'; connection: ConnectionId; workspace: WorkspaceId; user: UserId }

/** Work nobody waits for. It never throws: what goes wrong is logged. */
export type BackgroundTasks = { run(what: string, work: () => Promise<unknown>): void }

export type SessionOpenerDeps = OpenDeps & {
  registry: Pick<Registry, 'saveEra'>
  credentials: CredentialStore
  /** Left out: nobody signs in, and servers get only the headers. */
  auth?: Pick<Auth, 'bearer'> | undefined
  background: BackgroundTasks
  caches: ResponseCaches
  target(connection: Connection): Target
  onChanged(connection: Connection): (what: ListChange) => void
  onOpened(connection: Connection, session: Session): void
  audit?: ((entry: AuditEntry) => Promise<void>) | undefined
}

// How long an open session may go on with a credential that another instance has replaced meanwhile.
const SECRETS_CHECK_MS = 5 * 60 * 1000

/** Opens a connection's session with its saved credential. */
export function createSessionOpener(deps: SessionOpenerDeps) {
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
      if (era === undefined) deps.background.run('save protocol era', () => deps.registry.saveEra(c, session.era))
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

/**
 * What servers let us cache (`ttlMs`), in a store for each connection: the SDK tells servers apart by the name they give
 * themselves, so in one store for all a server could answer for another. `cacheScope` changes nothing here.
 */
export type ResponseCaches = {
  /** The connection's store; a new one when `openedWith` (address and secrets) has changed. */
  storeOf(id: ConnectionId, openedWith: unknown): ResponseCacheStore
  /** Whether the saved list of tools is still fresh. */
  toolsAreFresh(id: ConnectionId): boolean
  /** The tools were listed just now and stay fresh for `ttlMs`. */
  noteTools(id: ConnectionId, ttlMs: number): void
  /** Drops cached resources, files of skills among them. */
  dropReads(id: ConnectionId): void
  forget(id: ConnectionId): void
}

// Of one connection; a server with more lists and resources in use is asked again.
const MAX_ENTRIES = 64
const MAX_CONNECTIONS = 1_000
/** What the SDK allows, too. */
const MAX_TTL_MS = 24 * 60 * 60 * 1000

type Cache = { key: string; store: InMemoryResponseCacheStore; toolsUntil: number }

export function createResponseCaches(now: () => number = Date.now): ResponseCaches {
  const caches = new Map<ConnectionId, Cache>()
  return {
    storeOf: (id, openedWith) => {
      // A hash, so that no secret stays in memory here.
      const key = createHash('sha256').update(JSON.stringify(openedWith)).digest('hex')
      const before = caches.get(id)
      caches.delete(id)
      const cache =
        before?.key === key
          ? before
          : { key, store: new InMemoryResponseCacheStore({ maxEntries: MAX_ENTRIES }), toolsUntil: 0 }
      caches.set(id, cache)
      const [oldest] = caches.keys()
      if (caches.size > MAX_CONNECTIONS && oldest !== undefined) caches.delete(oldest)
      return cache.store
    },
    toolsAreFresh: (id) => now() < (caches.get(id)?.toolsUntil ?? 0),
    noteTools: (id, ttlMs) => {
      const cache = caches.get(id)
      if (cache !== undefined) cache.toolsUntil = now() + Math.min(MAX_TTL_MS, Math.max(0, ttlMs))
    },
    dropReads: (id) => caches.get(id)?.store.evict('resources/read'),
    forget: (id) => void caches.delete(id),
  }
}

// A stale "legacy" never fails by itself, so a server that has learned the new protocol would not be noticed.
const ERA_TTL_MS = 24 * 60 * 60 * 1000

const StoredEra = z.object({
  kind: z.enum(['modern', 'legacy', 'sse']),
  discover: z.unknown().optional(),
  at: z.number(),
})

/** The era in a connection's row, unless it is too old. */
export function readProtocolEra(stored: unknown, now: number): ProtocolEra | undefined {
  const parsed = StoredEra.safeParse(stored)
  return parsed.success && now - parsed.data.at < ERA_TTL_MS ? parsed.data : undefined
}

/** The era as the SDK takes it. */
export function priorDiscoveryOf(era: ProtocolEra | undefined): PriorDiscovery | undefined {
  if (era === undefined || era.kind === 'sse') return undefined
  if (era.kind === 'legacy') return { kind: 'legacy' }
  const discover = specTypeSchemas.DiscoverResult['~standard'].validate(era.discover)
  return discover.issues === undefined ? { kind: 'modern', discover: discover.value } : undefined
}

function protocolEraOf(client: Client, kind: 'sse' | 'other', now: number): ProtocolEra {
  if (kind === 'sse') return { kind: 'sse', at: now }
  const discover = client.getDiscoverResult()
  return discover === undefined ? { kind: 'legacy', at: now } : { kind: 'modern', discover, at: now }
}
