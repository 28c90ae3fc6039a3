import { nextOccurrence, type Schedule } from './schedule.ts'

/** What is later than this is not made up for: whoever wanted it at nine has no use for it at night. */
export const LATEST_MS = 12 * 60 * 60_000

/** More than these are not counted. */
const MOST_COUNTED = 1_000

/** Of the occurrences from `first`, which is due, up to `now`: the latest, and how many came before it. */
export function passedOccurrences(schedule: Schedule, first: Date, now: Date): { latest: Date; earlier: number } {
  let latest = first
  for (let earlier = 0; earlier < MOST_COUNTED; earlier++) {
    const next = nextOccurrence(schedule, latest)
    if (next === undefined || next > now) return { latest, earlier }
    latest = next
  }
  const since = new Date(Math.max(latest.getTime(), now.getTime() - LATEST_MS))
  return { latest: lastBetween(schedule, since, now) ?? latest, earlier: MOST_COUNTED }
}

function lastBetween(schedule: Schedule, since: Date, now: Date): Date | undefined {
  let last: Date | undefined
  for (let next = nextOccurrence(schedule, since); next !== undefined && next <= now; ) {
    last = next
    next = nextOccurrence(schedule, next)
  }
  return last
}
