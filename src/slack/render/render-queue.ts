/** One thing after the other, and painting not more often than people can see. */
export type RenderQueue = {
  /** Runs the job after all that came before it. */
  inTurn<T>(job: () => Promise<T>): Promise<T>
  /** Paints, `leastMs` from now at the earliest; of several wishes the earliest counts. */
  soon(leastMs: number): void
  /** Runs the job in turn; nothing is painted until it is done. */
  alone<T>(job: () => Promise<T>): Promise<T>
  close(): void
}

/** `paint` must not throw; it resolves to the milliseconds after which it wants to paint again. */
export function createRenderQueue(paint: () => Promise<number | undefined>, everyMs: () => number): RenderQueue {
  let tail: Promise<unknown> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let dueAt = 0
  let paintedAt = 0
  let alone = 0

  const inTurn = <T>(job: () => Promise<T>): Promise<T> => {
    const done = tail.then(job)
    tail = done.catch(() => undefined)
    return done
  }
  const close = () => {
    clearTimeout(timer)
    timer = undefined
  }
  const paintNow = async () => {
    if (alone > 0) return
    paintedAt = Date.now()
    const againMs = await paint()
    if (againMs !== undefined) soon(againMs)
  }
  const soon = (leastMs: number) => {
    const at = Math.max(Date.now() + leastMs, paintedAt + everyMs())
    if (alone > 0 || (timer !== undefined && dueAt <= at)) return
    close()
    dueAt = at
    const fire = () => {
      timer = undefined
      void inTurn(paintNow)
    }
    timer = setTimeout(fire, Math.max(at - Date.now(), 0))
  }

  return {
    inTurn,
    soon,
    async alone(job) {
      alone += 1
      close()
      try {
        return await inTurn(job)
      } finally {
        alone -= 1
      }
    },
    close,
  }
}
