import { randomUUID } from 'node:crypto'
import { errorChainOf, isAppError } from '../../errors.ts'
import type { ConnectionId, WorkspaceId } from '../../ids.ts'
import type { Log } from '../../log.ts'
import type { Mcp } from '../../mcp/mcp.ts'
import type { Registry } from '../../registry/registry.ts'
import type { ResourceSubscriptionRow, ResourceSubscriptions } from '../../registry/resource-subscriptions.ts'
import { pause, pollEvery } from '../../timing.ts'

export type ResourceWatcherDeps = {
  subscriptions: Pick<ResourceSubscriptions, 'claim' | 'release' | 'saveChange' | 'claimChanges'>
  registry: Pick<Registry, 'get'>
  mcp: Pick<Mcp, 'watch'>
  /** Tells a change to people. Never throws. */
  tell(watch: ResourceSubscriptionRow): Promise<void>
  log: Log
  /** For tests: how long a watch is quiet after it spoke. */
  quietMs?: number
  lookMs?: number
}

/** Listens to the resources people want to hear of; with several instances each connection is watched by one. */
type ResourceWatcher = { start(): void; [Symbol.asyncDispose](): Promise<void> }

const LOOK_MS = 3_000
/** Longer than a look or two takes, shorter than a person would wonder. */
const LEASE_MS = 20_000
/** Each keeps a session open, and one of a local server is a process. */
const MOST_CONNECTIONS = 40
/** How often a resource that changes all the time is reported. */
const QUIET_MS = 60_000
/** After a watch ended: a server that is away is not asked all the time. */
const AGAIN_MS = [2_000, 10_000, 60_000, 300_000]

type Listening = { key: string; abort: AbortController; done: Promise<void> }

export function createResourceWatcher(deps: ResourceWatcherDeps): ResourceWatcher {
  const me = randomUUID()
  const listening = new Map<ConnectionId, Listening>()
  const closing = new AbortController()

  const begin = ([first]: ResourceSubscriptionRow[], uris: string[], key: string) => {
    if (first === undefined) return
    const { connection, workspace } = first
    const abort = new AbortController()
    const signal = AbortSignal.any([abort.signal, closing.signal])
    listening.set(connection, { key, abort, done: listen(deps, { id: connection, workspace }, uris, signal) })
  }
  const end = async (connection: ConnectionId) => {
    const one = listening.get(connection)
    listening.delete(connection)
    one?.abort.abort()
    await one?.done
  }
  const adjust = async (claimed: ResourceSubscriptionRow[]) => {
    const wanted = Map.groupBy(claimed, ({ connection }) => connection)
    for (const connection of listening.keys()) if (!wanted.has(connection)) await end(connection)
    for (const [connection, watches] of wanted) {
      const uris = [...new Set(watches.map(({ uri }) => uri))].sort()
      const key = JSON.stringify(uris)
      if (listening.get(connection)?.key === key) continue
      await end(connection)
      begin(watches, uris, key)
    }
  }
  const look = async () => {
    await adjust(await deps.subscriptions.claim(me, LEASE_MS, MOST_CONNECTIONS))
    for (const watch of await deps.subscriptions.claimChanges(me, deps.quietMs ?? QUIET_MS)) await deps.tell(watch)
  }
  const polling = pollEvery({ everyMs: deps.lookMs ?? LOOK_MS }, look, (error) =>
    deps.log.warn({ why: errorChainOf(error) }, 'watched resources not looked at'),
  )

  return {
    start: polling.start,
    async [Symbol.asyncDispose]() {
      closing.abort()
      await polling.stop()
      await Promise.all([...listening.values()].map(({ done }) => done))
      await deps.subscriptions.release(me).catch((error: unknown) => {
        if (!isAppError(error)) throw error
        deps.log.warn({ why: errorChainOf(error) }, 'watched resources left to their lease')
      })
    },
  }
}

/** Listens, and again whenever it ends, until the signal fires. Never throws. */
async function listen(
  deps: ResourceWatcherDeps,
  { id, workspace }: { id: ConnectionId; workspace: WorkspaceId },
  uris: string[],
  signal: AbortSignal,
): Promise<void> {
  const onChanged = (uri: string) => {
    deps.subscriptions.saveChange(id, uri).catch((error: unknown) => {
      deps.log.warn({ connection: id, why: errorChainOf(error) }, 'change not noted')
    })
  }
  for (let failures = 0; !signal.aborted; ) {
    try {
      const connection = await deps.registry.get(id, workspace)
      if (connection === undefined) return
      const onReady = () => {
        failures = 0
        deps.log.debug({ connection: id, resources: uris.length }, 'watching resources')
      }
      await deps.mcp.watch(connection, { uris, signal, onReady, onChanged })
    } catch (error) {
      if (!signal.aborted) deps.log.info({ connection: id, why: errorChainOf(error) }, 'watching ended')
    }
    await pause(AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)] ?? 0, signal)
    failures += 1
  }
}
