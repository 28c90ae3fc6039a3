import { isDeepStrictEqual } from 'node:util'
import {
  type Client,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  type SubscriptionFilter,
} from '@modelcontextprotocol/client'
import type { ConnectionId } from '../../ids.ts'
import type { Connection, ServerFeatures, ServerInfo, StoredTool } from '../../registry/connection.ts'
import type { Registry } from '../../registry/registry.ts'
import { pause } from '../../timing.ts'
import { listTools, readServerFeatures } from '../features/read-server-info.ts'
import { serverInstructionsOf } from '../features/server-instructions.ts'
import { isLostSession } from '../protocol/lost-session.ts'
import { isLostStream } from '../protocol/lost-stream-error.ts'
import type { ListChange } from '../protocol/notifications.ts'
import type { Session } from '../transport/session.ts'
import type { BackgroundTasks, ResponseCaches } from './open-session.ts'

/** Keeps the stored listing of a connection's server up to date: its tools, instructions and features. */
type ListingSync = {
  /** Lists the tools and saves them. A failure throws and changes nothing; an empty list never replaces a full one. */
  list(connection: Connection, session: Session): Promise<StoredTool[]>
  /** Lists, unless the cached list is still fresh, and listens for changes as long as the session is open. */
  onOpened(connection: Connection, session: Session): void
  /** Called when the server of a session says that one of its lists has changed. */
  onChanged(connection: Connection): (what: ListChange) => void
  /** The connection's session is retired, so what it lists does not count any more. */
  forget(id: ConnectionId): void
}

type ListingSyncDeps = {
  registry: Pick<Registry, 'saveServerInfo' | 'saveFeatures'>
  caches: ResponseCaches
  background: BackgroundTasks
  stopping: AbortSignal
}

// The call that a session is opened for goes first.
const AFTER_FIRST_CALL_MS = 300

type Watched = {
  session: Session
  debounces: Record<ListChange, Debounce>
  timer: NodeJS.Timeout
  offers: ServerFeatures | undefined
}

/** What the server listed last: what waits for a look is in place of what is used. */
const storedInfoOf = ({ tools, unusableTools = [], instructions, changes }: Connection): ServerInfo => ({
  tools: withKnownTools(changes?.tools ?? [], tools),
  unusableTools,
  instructions: changes?.instructions ?? instructions,
})

function withKnownTools(listed: StoredTool[], before: StoredTool[]): StoredTool[] {
  const names = new Set(listed.map(({ name }) => name))
  return [...listed, ...before.filter(({ name }) => !names.has(name))]
}

export function createListingSync({ registry, caches, background, stopping }: ListingSyncDeps): ListingSync {
  const watched = new Map<ConnectionId, Watched>()
  const known = new Map<ConnectionId, ServerInfo>()

  const list = async (c: Connection, session: Session): Promise<StoredTool[]> => {
    const { incomplete, ttlMs, unusableTools, ...listed } = await listTools(session.client, session.redactor, stopping)
    caches.noteTools(c.id, ttlMs)
    const before = known.get(c.id) ?? storedInfoOf(c)
    const tools = incomplete ? withKnownTools(listed.tools, before.tools) : listed.tools
    const info = { tools, unusableTools, instructions: serverInstructionsOf(session) }
    if (tools.length > 0 && !isDeepStrictEqual(info, before)) {
      await registry.saveServerInfo(c, info)
      if (watched.has(c.id)) known.set(c.id, info)
    }
    return tools
  }
  const saveFeatures = async (c: Connection, session: Session): Promise<void> => {
    const offers = await readServerFeatures(session, stopping)
    const watch = watched.get(c.id)
    const before = watch?.session === session ? (watch.offers ?? c.offers) : c.offers
    if (!isDeepStrictEqual(offers, before)) await registry.saveFeatures(c, offers)
    if (watch?.session === session) watch.offers = offers
  }
  const listLater = (c: Connection, session: Session) => background.run('save tools', () => list(c, session))
  const saveFeaturesLater = (c: Connection, session: Session) =>
    background.run('save features', () => saveFeatures(c, session))

  const forget = (id: ConnectionId, watch: Watched | undefined): void => {
    if (watch === undefined) return
    for (const debounce of Object.values(watch.debounces)) debounce.stop()
    clearTimeout(watch.timer)
    if (watched.get(id) !== watch) return
    watched.delete(id)
    known.delete(id)
  }

  return {
    list,
    onOpened: (c, session) => {
      forget(c.id, watched.get(c.id))
      const debounces = {
        tools: createDebounce(() => listLater(c, session)),
        offers: createDebounce(() => saveFeaturesLater(c, session)),
      }
      const startSync = () => {
        if (!caches.toolsAreFresh(c.id)) listLater(c, session)
        saveFeaturesLater(c, session)
        background.run('listen', () => listenForListChanges(session, (what) => debounces[what].ask()))
      }
      const timer = setTimeout(startSync, AFTER_FIRST_CALL_MS).unref()
      const watch: Watched = { session, debounces, timer, offers: undefined }
      watched.set(c.id, watch)
      void session.ended.then(() => forget(c.id, watch))
    },
    onChanged: (c) => (what) => {
      if (what === 'offers') caches.dropReads(c.id)
      watched.get(c.id)?.debounces[what].ask()
    },
    forget: (id) => forget(id, watched.get(id)),
  }
}

// A subscription that lasted this long worked, so its end was a restart or a proxy's timeout.
const SOUND_MS = 60_000
const FIRST_WAIT_MS = 1_000
const MAX_WAIT_MS = 60_000
const ACK_MS = 10_000

/**
 * Subscribes to list changes, as the new protocol needs, for as long as the session is open. When the subscription ends it
 * subscribes again, with growing delays, and lists once what may have changed meanwhile.
 */
async function listenForListChanges(
  { client, ended }: Pick<Session, 'client' | 'ended'>,
  onMissed: (what: ListChange) => void,
) {
  const filter = filterOf(client)
  if (client.getProtocolEra() !== 'modern' || Object.keys(filter).length === 0) return
  const closing = new AbortController()
  void ended.then(() => closing.abort())
  const missed = () => {
    if (filter.toolsListChanged) onMissed('tools')
    if (filter.resourcesListChanged || filter.promptsListChanged) onMissed('offers')
  }
  let again = false
  for (let waitMs = FIRST_WAIT_MS; !closing.signal.aborted; waitMs = Math.min(MAX_WAIT_MS, waitMs * 2)) {
    const began = Date.now()
    const how = await listenOnce(client, filter, closing.signal, () => again && missed())
    if (how === 'refused' || closing.signal.aborted) return
    again = true
    if (Date.now() - began > SOUND_MS) waitMs = FIRST_WAIT_MS
    await pause(waitMs * (0.8 + 0.4 * Math.random()), closing.signal)
  }
}

/** Of what the server says it tells. */
function filterOf(client: Client): SubscriptionFilter {
  const { tools, resources, prompts } = client.getServerCapabilities() ?? {}
  return {
    ...(tools?.listChanged === true && { toolsListChanged: true }),
    ...(resources?.listChanged === true && { resourcesListChanged: true }),
    ...(prompts?.listChanged === true && { promptsListChanged: true }),
  }
}

/** Until the subscription ends. A server that does not know it, or honours nothing of it, is not asked again. */
async function listenOnce(
  client: Client,
  filter: SubscriptionFilter,
  signal: AbortSignal,
  onOpen: () => void,
): Promise<'ended' | 'refused'> {
  try {
    const subscription = await client.listen(filter, { signal, timeout: ACK_MS })
    const { toolsListChanged, resourcesListChanged, promptsListChanged } = subscription.honoredFilter
    if (!(toolsListChanged || resourcesListChanged || promptsListChanged)) {
      await subscription.close()
      return 'refused'
    }
    onOpen()
    await subscription.closed
    return 'ended'
  } catch (error) {
    return isTransient(error) ? 'ended' : 'refused'
  }
}

const TRANSIENT: unknown[] = [SdkErrorCode.RequestTimeout, SdkErrorCode.ConnectionClosed, SdkErrorCode.SendFailed]

/** Failures that may pass; a refusal by the server (a protocol error, a 404) does not. */
function isTransient(error: unknown): boolean {
  if (error instanceof SdkHttpError) return (error.status ?? 500) >= 500
  if (error instanceof SdkError) return TRANSIENT.includes(error.code)
  return !(error instanceof ProtocolError) || isLostStream(error) || isLostSession(error)
}

/** Runs work once for a burst of requests, and at growing intervals while they go on. */
export type Debounce = {
  ask(): void
  /** Later requests do nothing. */
  stop(): void
}

// A burst of changes ends within this.
const SOON_MS = 500
const FIRST_GAP_MS = 5_000
// A server whose list changes all the time is listed this often.
const MAX_GAP_MS = 5 * 60_000

type DebounceClock = { now(): number; soonMs: number; firstGapMs: number }

export function createDebounce(
  work: () => void,
  clock: DebounceClock = { now: Date.now, soonMs: SOON_MS, firstGapMs: FIRST_GAP_MS },
): Debounce {
  let timer: NodeJS.Timeout | undefined
  let ranAt = Number.NEGATIVE_INFINITY
  let gapMs = clock.firstGapMs
  let stopped = false

  const run = () => {
    timer = undefined
    // A request within two gaps continues the burst; after a longer pause the gap starts small again.
    gapMs = clock.now() - ranAt > 2 * gapMs ? clock.firstGapMs : Math.min(MAX_GAP_MS, gapMs * 2)
    ranAt = clock.now()
    work()
  }
  return {
    ask: () => {
      if (stopped || timer !== undefined) return
      const waitMs = Math.max(clock.soonMs, ranAt + gapMs - clock.now())
      timer = setTimeout(run, waitMs).unref()
    },
    stop: () => {
      stopped = true
      clearTimeout(timer)
    },
  }
}
