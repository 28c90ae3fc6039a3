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
import { listTools, readServerFeatures, serverInstructionsOf } from '../features/read-server-info.ts'
import { isLostStream } from '../protocol/lost-stream-error.ts'
import type { ListChange } from '../protocol/notifications.ts'
import type { Session } from '../transport/session.ts'
import type { BackgroundTasks, ResponseCaches } from './open-session.ts'

/** Keeps what is stored of a connection's server true: its tools, what it says of their use, what had to be left out, what else it offers. */
type ListingSync = {
  /** Lists now and keeps the list. A failure throws and changes nothing; an empty list is never kept over a full one. */
  list(connection: Connection, session: Session): Promise<StoredTool[]>
  /** Lists, unless the last list may still be used, and listens for changes as long as the session is open. */
  onOpened(connection: Connection, session: Session): void
  /** For the opening of a session: what to do when its server says that one of its lists is another now. */
  onChanged(connection: Connection): (what: ListChange) => void
  /** The connection's session is retired: what it lists is old from here on. */
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
  begin: NodeJS.Timeout
  offers: ServerFeatures | undefined
}

const storedInfoOf = ({ tools, unusableTools = [], instructions }: Connection): ServerInfo => ({
  tools,
  unusableTools,
  instructions,
})

export function createListingSync({ registry, caches, background, stopping }: ListingSyncDeps): ListingSync {
  const watched = new Map<ConnectionId, Watched>()
  const known = new Map<ConnectionId, ServerInfo>()

  const list = async (c: Connection, session: Session): Promise<StoredTool[]> => {
    const { tools, unusableTools, ttlMs } = await listTools(session.client, session.redactor, stopping)
    caches.noteTools(c.id, ttlMs)
    const learned = { tools, unusableTools, instructions: serverInstructionsOf(session) }
    const before = known.get(c.id) ?? storedInfoOf(c)
    if (tools.length > 0 && !isDeepStrictEqual(learned, before)) {
      await registry.saveServerInfo(c, learned)
      if (watched.has(c.id)) known.set(c.id, learned)
    }
    return tools
  }
  const offer = async (c: Connection, session: Session): Promise<void> => {
    const offers = await readServerFeatures(session, stopping)
    const one = watched.get(c.id)
    const before = one?.session === session ? (one.offers ?? c.offers) : c.offers
    if (!isDeepStrictEqual(offers, before)) await registry.saveFeatures(c, offers)
    if (one?.session === session) one.offers = offers
  }
  const listLater = (c: Connection, session: Session) => background.run('keep tools', () => list(c, session))
  const offerLater = (c: Connection, session: Session) => background.run('keep offers', () => offer(c, session))

  const forget = (id: ConnectionId, one: Watched | undefined): void => {
    if (one === undefined) return
    for (const seldom of Object.values(one.debounces)) seldom.stop()
    clearTimeout(one.begin)
    if (watched.get(id) !== one) return
    watched.delete(id)
    known.delete(id)
  }

  return {
    list,
    onOpened: (c, session) => {
      forget(c.id, watched.get(c.id))
      const debounces = {
        tools: createDebounce(() => listLater(c, session)),
        offers: createDebounce(() => offerLater(c, session)),
      }
      const begin = () => {
        if (!caches.toolsAreFresh(c.id)) listLater(c, session)
        offerLater(c, session)
        background.run('listen', () => listenForListChanges(session, (what) => debounces[what].ask()))
      }
      const later = setTimeout(begin, AFTER_FIRST_CALL_MS).unref()
      const one: Watched = { session, debounces, begin: later, offers: undefined }
      watched.set(c.id, one)
      void session.ended.then(() => forget(c.id, one))
    },
    onChanged: (c) => (what) => {
      if (what === 'offers') caches.dropReads(c.id)
      watched.get(c.id)?.debounces[what].ask()
    },
    forget: (id) => forget(id, watched.get(id)),
  }
}

// A subscription that held this long was sound; what ended it was its server's restart or a proxy's patience.
const SOUND_MS = 60_000
const FIRST_WAIT_MS = 1_000
const MAX_WAIT_MS = 60_000
const ACK_MS = 10_000

/**
 * Hears of changed lists on the new protocol, where a server tells only those who listen, for as long as the session is
 * open. After a drop it listens again, ever more slowly, and looks once at what it may have missed.
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

/** What may be otherwise next time; a server's own no (a protocol error, a 404) is not. */
function isTransient(error: unknown): boolean {
  if (error instanceof SdkHttpError) return (error.status ?? 500) >= 500
  if (error instanceof SdkError) return TRANSIENT.includes(error.code)
  return !(error instanceof ProtocolError) || isLostStream(error)
}

/** Runs work soon after it is asked for, once for a burst, and the more seldom the longer the asking goes on. */
export type Debounce = {
  ask(): void
  /** For good: asking does nothing any more. */
  stop(): void
}

// A burst of changes ends within this.
const SOON_MS = 500
const FIRST_GAP_MS = 5_000
// A server whose list changes every second is looked at once in this long.
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
    // Asked for again within two gaps, it goes on; after a quiet while it begins anew.
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
