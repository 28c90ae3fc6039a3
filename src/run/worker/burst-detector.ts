/** Requests that come in faster than this are a burst: taking them in comes before working on them. */
const BURST_REQUESTS = 5
const BURST_WINDOW_MS = 100

/** Tells a burst of requests from single ones. Times are milliseconds of one clock. */
export type BurstDetector = { note(now: number): void; busy(now: number): boolean }

export function createBurstDetector(): BurstDetector {
  const latest: number[] = []
  return {
    note: (now) => {
      latest.push(now)
      if (latest.length > BURST_REQUESTS) latest.shift()
    },
    busy: (now) => latest.length === BURST_REQUESTS && now - (latest[0] ?? 0) < BURST_WINDOW_MS,
  }
}
