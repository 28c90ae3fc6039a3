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
