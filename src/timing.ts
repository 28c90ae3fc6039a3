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

/** Whether `zone` is a time zone that this machine can compute with: an IANA name, or an offset such as "+05:30". */
export const isTimeZone = (zone: string): boolean => localFormatOf(zone) !== undefined

/** A time as a person in that zone says it, "Sunday 29 November 2026, 10:26, Europe/Zurich (UTC+1)"; without a zone in UTC. */
export function localTimeOf(at: Date, zone: string | undefined): string {
  const known = zone === undefined ? undefined : localFormatOf(zone)
  const parts = new Map((known ?? UTC).formatToParts(at).map(({ type, value }) => [type, value]))
  const [weekday, day, month, year] = [parts.get('weekday'), parts.get('day'), parts.get('month'), parts.get('year')]
  const offset = (parts.get('timeZoneName') ?? '').replace('GMT', 'UTC').replace(/\+0$/, '')
  const where = known && zone && /^[A-Za-z]+\//.test(zone) ? `${zone} (${offset})` : offset
  return `${weekday} ${day} ${month} ${year}, ${parts.get('hour')}:${parts.get('minute')}, ${where}`
}

const LOCAL_TIME = {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
  timeZoneName: 'shortOffset',
} as const

const createLocalFormat = (zone: string) => new Intl.DateTimeFormat('en-GB', { ...LOCAL_TIME, timeZone: zone })

const UTC = createLocalFormat('UTC')
/** Formats take long to make. There are some 600 zones, each in several spellings. */
const MOST_FORMATS = 1_000
const formats = new Map<string, Intl.DateTimeFormat | undefined>()

/** Undefined where this machine does not know the zone. */
function localFormatOf(zone: string): Intl.DateTimeFormat | undefined {
  if (!formats.has(zone)) {
    if (formats.size >= MOST_FORMATS) formats.clear()
    formats.set(zone, createLocalFormatOrNone(zone))
  }
  return formats.get(zone)
}

function createLocalFormatOrNone(zone: string): Intl.DateTimeFormat | undefined {
  try {
    return createLocalFormat(zone)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
