/** Time, as the workspace sees it: tests move it on to see retries, triggers, streams and rate limits come due. */
export type Clock = {
  /** Milliseconds. */
  now(): number
  /** Does something later; the returned function takes it back. */
  after(delayMs: number, act: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, act) {
    const timer = setTimeout(act, delayMs)
    return () => clearTimeout(timer)
  },
}
