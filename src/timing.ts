/** What the work resolves to, or `late` once `ms` have passed or the signal fires. The work itself goes on. */
export async function withDeadline<T, L>(work: Promise<T>, ms: number, late: L, signal?: AbortSignal): Promise<T | L> {
  if (signal?.aborted) return late
  const { promise, resolve } = Promise.withResolvers<L>()
  const giveUp = () => resolve(late)
  const timer = setTimeout(giveUp, ms)
  signal?.addEventListener('abort', giveUp, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', giveUp)
  }
}

/** What the work resolves to; throws the signal's reason as soon as it fires. The work itself goes on. */
export async function rejectOnAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Resolves after `ms`, or at once when the signal fires. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await withDeadline(new Promise<never>(() => undefined), ms, undefined, signal)
}

export type Polling = {
  start(): void
  /** Begins no more work. Resolves when the work under way is done. */
  stop(): Promise<void>
}

type PollTimes = { everyMs: number; firstMs?: number }

/** Does the work again and again, `everyMs` after it was last done. When it throws, `onError` hears of it and the polling goes on. */
export function pollEvery(
  { everyMs, firstMs = everyMs }: PollTimes,
  work: () => Promise<unknown>,
  onError: (error: unknown) => void,
): Polling {
  let timer: NodeJS.Timeout | undefined
  let underWay: Promise<void> = Promise.resolve()
  let stopped = false

  const workOnce = async (): Promise<void> => {
    try {
      await work()
    } catch (error) {
      onError(error)
    }
    if (!stopped) wait(everyMs)
  }
  const wait = (ms: number): void => {
    timer = setTimeout(() => {
      underWay = workOnce()
    }, ms)
  }

  return {
    start: () => wait(firstMs),
    stop: () => {
      stopped = true
      clearTimeout(timer)
      return underWay
    },
  }
}

/** The least of the numbers that are given. */
export function earliestOf(times: (number | undefined)[]): number | undefined {
  const given = times.filter((time) => time !== undefined)
  return given.length === 0 ? undefined : Math.min(...given)
}
