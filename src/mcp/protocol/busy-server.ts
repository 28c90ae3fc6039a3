/** A server turned a request away unread, and says when to come again. */
export class BusyServerError extends Error {
  override name = 'Busy'
  readonly afterMs: number

  constructor(status: number, afterMs: number) {
    super(`the server answers ${status} and asks to wait ${afterMs} ms`)
    this.afterMs = afterMs
  }
}

/** Whoever asks to wait longer is not waited for. */
const LONGEST_MS = 24 * 3_600_000

/**
 * How long a server that is busy (429, 503) asks to wait; undefined where it does not say, or is not busy. Retry-After holds seconds or a
 * date (RFC 9110, 10.2.3), RateLimit-Reset seconds, and X-RateLimit-Reset seconds or, at GitHub and others, the second of the clock.
 */
export function askedWaitOf({ status, headers }: Pick<Response, 'status' | 'headers'>, now: Date): number | undefined {
  if (status !== 429 && status !== 503) return undefined
  const asked = headers.get('retry-after') ?? (status === 429 ? resetIn(headers) : null)
  if (asked === null) return undefined
  const ms = /^\d+(\.\d+)?$/.test(asked.trim()) ? secondsIn(Number(asked), now) * 1_000 : dateIn(asked) - now.getTime()
  return Number.isFinite(ms) && ms <= LONGEST_MS ? Math.max(0, Math.ceil(ms)) : undefined
}

/** A date has a time with it; what else `Date.parse` takes for one is none. */
const dateIn = (text: string): number => (/\d:\d/.test(text) ? Date.parse(text) : Number.NaN)

const resetIn = (headers: Headers): string | null => headers.get('ratelimit-reset') ?? headers.get('x-ratelimit-reset')

/** A number this large is a time of the clock. */
const secondsIn = (value: number, now: Date): number => (value > 1_000_000_000 ? value - now.getTime() / 1_000 : value)

export function waitText(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1_000))
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}

/** The request was turned away before it was looked at. */
export const createBusyFailure = (title: string, { afterMs }: BusyServerError) => ({
  why: 'busy' as const,
  code: 'server_unreachable' as const,
  message: `${title} gets too many requests, and asks to be left alone for ${waitText(afterMs)}. Try again then.`,
  sent: false,
  turnedAway: false,
  afterMs,
})
