/** How long a call is waited for: `idleMs` without a word, `totalMs` in all. Time in which a person is asked does not count. */
export type PausableTimeout = {
  /** Fires when it has run out, or when the caller's own signal fires. */
  signal: AbortSignal
  /** The server says that it is still at it. */
  heard(): void
  pause(): void
  resume(): void
  [Symbol.dispose](): void
}

type Waiting = { idleMs: number; totalMs: number; signal: AbortSignal }

export function startPausableTimeout({ idleMs, totalMs, signal }: Waiting): PausableTimeout {
  // One listener rather than a signal made of signals, which costs a call more than all else here.
  const over = new AbortController()
  const leave = () => over.abort(signal.reason)
  if (signal.aborted) leave()
  else signal.addEventListener('abort', leave, { once: true })
  const left = { idle: idleMs, total: totalMs }
  let pauses = 0
  let since = performance.now()
  let timer: NodeJS.Timeout | undefined

  const stop = (): void => {
    if (timer === undefined) return
    clearTimeout(timer)
    timer = undefined
    const passed = performance.now() - since
    left.idle -= passed
    left.total -= passed
  }
  const go = (): void => {
    if (pauses > 0 || over.signal.aborted) return
    since = performance.now()
    timer = setTimeout(() => over.abort(), Math.max(0, Math.min(left.idle, left.total)))
  }
  go()
  return {
    signal: over.signal,
    heard() {
      stop()
      left.idle = idleMs
      go()
    },
    pause() {
      stop()
      pauses += 1
    },
    resume() {
      pauses -= 1
      go()
    },
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', leave)
    },
  }
}
