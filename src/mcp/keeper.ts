import { isDeepStrictEqual } from 'node:util'
import type { ConnectionId } from '../ids.ts'
import type { Connection, ServerFeatures, ServerInfo, StoredTool } from '../registry/connection.ts'
import type { Registry } from '../registry/registry.ts'
import type { Background } from './background.ts'
import type { Caches } from './caches.ts'
import { instructionsOf } from './instructions.ts'
import { keepListening } from './listening.ts'
import type { Changed } from './notices.ts'
import { offersOf } from './offers.ts'
import { createSeldom, type Seldom } from './seldom.ts'
import type { Session } from './session.ts'
import { listTools } from './tools.ts'

/** Keeps what is stored of a connection's server true: its tools, what it says of their use, what had to be left out, what else it offers. */
type Keeper = {
  /** Lists now and keeps the list. A failure throws and changes nothing; an empty list is never kept over a full one. */
  list(connection: Connection, session: Session): Promise<StoredTool[]>
  /** Lists, unless the last list may still be used, and listens for changes as long as the session is open. */
  onOpened(connection: Connection, session: Session): void
  /** For the opening of a session: what to do when its server says that one of its lists is another now. */
  onChanged(connection: Connection): (what: Changed) => void
  /** The connection's session is retired: what it lists is old from here on. */
  forget(id: ConnectionId): void
}

type KeeperDeps = {
  registry: Pick<Registry, 'learn' | 'setOffers'>
  caches: Caches
  background: Background
  stopping: AbortSignal
}

// The call that a session is opened for goes first.
const AFTER_FIRST_CALL_MS = 300

type Watched = {
  session: Session
  seldom: Record<Changed, Seldom>
  begin: NodeJS.Timeout
  offers: ServerFeatures | undefined
}

export function createKeeper({ registry, caches, background, stopping }: KeeperDeps): Keeper {
  const watched = new Map<ConnectionId, Watched>()
  const known = new Map<ConnectionId, ServerInfo>()

  const list = async (c: Connection, session: Session): Promise<StoredTool[]> => {
    const { tools, leftOut, ttlMs } = await listTools(session.client, session.clean, stopping)
    caches.noteTools(c.id, ttlMs)
    const learned = { tools, leftOut, instructions: instructionsOf(session) }
    const before = known.get(c.id) ?? { tools: c.tools, leftOut: c.leftOut ?? [], instructions: c.instructions }
    if (tools.length > 0 && !isDeepStrictEqual(learned, before)) {
      await registry.learn(c, learned)
      if (watched.has(c.id)) known.set(c.id, learned)
    }
    return tools
  }
  const offer = async (c: Connection, session: Session): Promise<void> => {
    const offers = await offersOf(session, stopping)
    const one = watched.get(c.id)
    const before = one?.session === session ? (one.offers ?? c.offers) : c.offers
    if (!isDeepStrictEqual(offers, before)) await registry.setOffers(c, offers)
    if (one?.session === session) one.offers = offers
  }
  const listLater = (c: Connection, session: Session) => background.run('keep tools', () => list(c, session))
  const offerLater = (c: Connection, session: Session) => background.run('keep offers', () => offer(c, session))

  const forget = (id: ConnectionId, one: Watched | undefined): void => {
    if (one === undefined) return
    for (const seldom of Object.values(one.seldom)) seldom.stop()
    clearTimeout(one.begin)
    if (watched.get(id) !== one) return
    watched.delete(id)
    known.delete(id)
  }

  return {
    list,
    onOpened: (c, session) => {
      forget(c.id, watched.get(c.id))
      const seldom = {
        tools: createSeldom(() => listLater(c, session)),
        offers: createSeldom(() => offerLater(c, session)),
      }
      const begin = () => {
        if (!caches.toolsAreFresh(c.id)) listLater(c, session)
        offerLater(c, session)
        background.run('listen', () => keepListening(session, (what) => seldom[what].ask()))
      }
      const later = setTimeout(begin, AFTER_FIRST_CALL_MS).unref()
      const one: Watched = { session, seldom, begin: later, offers: undefined }
      watched.set(c.id, one)
      void session.ended.then(() => forget(c.id, one))
    },
    onChanged: (c) => (what) => {
      if (what === 'offers') caches.dropReads(c.id)
      watched.get(c.id)?.seldom[what].ask()
    },
    forget: (id) => forget(id, watched.get(id)),
  }
}
