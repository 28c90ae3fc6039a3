import { z } from 'zod'
import type { Db } from '../../db/call.ts'

/** How often a service may be called: so many times a second, and how many of these at once. */
export type CallRate = { perSecond: number; burst: number }

export const BlockedKeys = z.array(z.object({ key: z.string(), until: z.coerce.date() }))

/** How often services are called from all instances together, by what counts there: the host, and whose credential it is. */
export type RateLimits = {
  /** Takes one call, or says how many milliseconds from now to ask again. Without a rate nothing is asked but what a service has wanted itself. */
  take(key: string, rate: CallRate | undefined): Promise<number>
  /** The service asks to be left alone until then, by whoever comes. */
  block(key: string, until: Date): Promise<void>
  /** What other instances were asked. */
  note(blocked: z.infer<typeof BlockedKeys>): void
}

export function createRateLimits(db: Db, now: () => Date): RateLimits {
  const blocked = new Map<string, Date>()
  const note: RateLimits['note'] = (all) => {
    for (const { key, until } of all) blocked.set(key, until)
    for (const [key, until] of blocked) if (until <= now()) blocked.delete(key)
  }
  return {
    note,
    async take(key, rate) {
      if (rate !== undefined)
        return db.call('rate_take', { key, per_second: rate.perSecond, burst: rate.burst }, z.number())
      return Math.max(0, (blocked.get(key)?.getTime() ?? 0) - now().getTime())
    },
    async block(key, until) {
      note([{ key, until }])
      await db.call('rate_block', { key, until: until.toISOString() }, z.null())
    },
  }
}
