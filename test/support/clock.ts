/** A clock that stands still until it is moved on; what comes due on the way is done. */
export function handClock(at = Date.UTC(2026, 10, 21)) {
  let now = at
  let timers: { due: number; act: () => void }[] = []
  return {
    now: () => now,
    after(delayMs: number, act: () => void) {
      const timer = { due: now + delayMs, act }
      timers.push(timer)
      return () => {
        timers = timers.filter((one) => one !== timer)
      }
    },
    move(ms: number) {
      now += ms
      const due = timers.filter((one) => one.due <= now)
      timers = timers.filter((one) => one.due > now)
      for (const timer of due) timer.act()
    },
    /** Milliseconds until each timer that is set. */
    waiting: () => timers.map((one) => one.due - now),
  }
}
