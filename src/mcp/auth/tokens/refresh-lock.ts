import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, errorChainOf } from '../../../errors.ts'
import type { ConnectionId, IdentityId } from '../../../ids.ts'
import type { Log } from '../../../log.ts'
import type { Registry } from '../../../registry/registry.ts'

// Longer than all requests of one renewal together may take (RENEW_MS), so that a turn outlives its work.
const LEASE_MS = 40_000
export const REFRESH_LOCK_MS = 35_000
// A dead instance's turn has run out by then.
const PATIENCE_MS = 50_000
const LOOK_AGAIN_MS = 60

type TurnId = ConnectionId | IdentityId

/** One at a time per connection or identity, among all instances on the database. */
export type RefreshLock = { run<T>(id: TurnId, work: () => Promise<T>): Promise<T> }

export function createRefreshLock(registry: Pick<Registry, 'lease' | 'releaseLease'>, log: Log): RefreshLock {
  const holder = randomUUID()
  const last = new Map<TurnId, Promise<unknown>>()

  const leased = async <T>(id: TurnId, work: () => Promise<T>): Promise<T> => {
    const until = Date.now() + PATIENCE_MS
    while (!(await registry.lease(id, holder, LEASE_MS))) {
      if (Date.now() > until)
        throw new AppError(
          'server_unreachable',
          'Renewing your sign-in takes too long just now. Try again in a minute.',
        )
      // Not all at the same moment.
      await sleep(LOOK_AGAIN_MS * (1 + Math.random()))
    }
    try {
      return await work()
    } finally {
      await registry
        .releaseLease(id, holder)
        .catch((error: unknown) => log.warn({ turn: id, reason: errorChainOf(error) }, 'turn left to run out'))
    }
  }

  return {
    run: async (id, work) => {
      const before = last.get(id) ?? Promise.resolve()
      const mine = before.then(() => leased(id, work))
      const settled = mine.catch(() => undefined)
      last.set(id, settled)
      void settled.then(() => last.get(id) === settled && last.delete(id))
      return mine
    },
  }
}
