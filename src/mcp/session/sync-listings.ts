import { isDeepStrictEqual } from 'node:util'
import type { ConnectionId } from '../../ids.ts'
import type { Connection, ServerFeatures, ServerInfo, StoredTool } from '../../registry/connection.ts'
import type { Registry } from '../../registry/registry.ts'
import type { BackgroundTasks } from '../background-tasks.ts'
import { listTools } from '../features/list-tools.ts'
import type { ListChange } from '../protocol/notifications.ts'
import type { Session } from '../transport/session.ts'
import { createDebounce, type Debounce } from './debounce-with-backoff.ts'
import { listenForListChanges } from './list-change-stream.ts'
import type { ResponseCaches } from './response-caches.ts'
import { readServerFeatures } from './server-features.ts'
import { serverInstructionsOf } from './server-instructions.ts'

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
    const { tools, leftOut: unusableTools, ttlMs } = await listTools(session.client, session.redactor, stopping)
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
