/** The workspace's clock; tests move it on to make retries, triggers, streams and rate limits due. */
export type Clock = {
  /** Milliseconds. */
  now(): number
  /** Calls `act` later; the returned function cancels it. */
  after(delayMs: number, act: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, act) {
    const timer = setTimeout(act, delayMs)
    return () => clearTimeout(timer)
  },
}
