import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, errorChainOf } from '../../../errors.ts'
import type { ConnectionId, IdentityId } from '../../../ids.ts'
import type { Log } from '../../../log.ts'
import type { Registry } from '../../../registry/registry.ts'

// Longer than all requests of one refresh may take (REFRESH_LOCK_MS), so that the lease outlives its work.
const LEASE_MS = 40_000
export const REFRESH_LOCK_MS = 35_000
// A dead instance's lease has ended by then.
const MAX_WAIT_MS = 50_000
const RETRY_MS = 60

type LockId = ConnectionId | IdentityId

/** Runs one refresh at a time per connection or identity, among all instances on the database. */
export type RefreshLock = { run<T>(id: LockId, work: () => Promise<T>): Promise<T> }

export function createRefreshLock(registry: Pick<Registry, 'lease' | 'releaseLease'>, log: Log): RefreshLock {
  const holder = randomUUID()
  const queue = new Map<LockId, Promise<unknown>>()

  const leased = async <T>(id: LockId, work: () => Promise<T>): Promise<T> => {
    const until = Date.now() + MAX_WAIT_MS
    while (!(await registry.lease(id, holder, LEASE_MS))) {
      if (Date.now() > until)
        throw new AppError(
          'server_unreachable',
          'Renewing your sign-in takes too long just now. Try again in a minute.',
        )
      // A random wait, so that waiting instances do not ask at the same moment.
      await sleep(RETRY_MS * (1 + Math.random()))
    }
    try {
      return await work()
    } finally {
      await registry
        .releaseLease(id, holder)
        .catch((error: unknown) => log.warn({ lock: id, reason: errorChainOf(error) }, 'refresh lock left to expire'))
    }
  }

  return {
    run: async (id, work) => {
      const before = queue.get(id) ?? Promise.resolve()
      const mine = before.then(() => leased(id, work))
      const settled = mine.catch(() => undefined)
      queue.set(id, settled)
      void settled.then(() => queue.get(id) === settled && queue.delete(id))
      return mine
    },
  }
}
