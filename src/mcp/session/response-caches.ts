import { createHash } from 'node:crypto'
import { InMemoryResponseCacheStore, type ResponseCacheStore } from '@modelcontextprotocol/client'
import type { ConnectionId } from '../../ids.ts'

/**
 * What servers let us keep (`ttlMs`), a store for each connection. The SDK tells servers apart by the name they give
 * themselves, so that in one store for all a server could answer for another. `cacheScope` changes nothing here.
 */
export type ResponseCaches = {
  /** The connection's store; another one as soon as `openedWith` (address and secrets) is another. */
  storeOf(id: ConnectionId, openedWith: unknown): ResponseCacheStore
  /** Whether the list of tools that is kept need not be asked for again. */
  toolsAreFresh(id: ConnectionId): boolean
  /** The tools were listed just now and may be kept so long. */
  noteTools(id: ConnectionId, ttlMs: number): void
  /** Resources that were read, files of skills among them, are asked for anew. */
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
      // A hash, so that no secret rests here.
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
