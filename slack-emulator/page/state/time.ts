/** Slack's timestamps are UNIX seconds and, after the dot, a counter. */
const dateOf = (ts: string): Date => new Date(Number(ts) * 1000)

export const clockTimeOf = (ts: string): string =>
  dateOf(ts).toLocaleTimeString(undefined, { hour: 'numeric', minute: '2-digit' })

export const fullTimeOf = (ts: string): string => dateOf(ts).toLocaleString()

export const dayOf = (ts: string): string => dateOf(ts).toDateString()

const NEAR_DAYS = new Map([
  [-1, 'yesterday'],
  [0, 'today'],
  [1, 'tomorrow'],
])

/** `today` and its neighbours, in the reader's own time; undefined for other days. */
export function relativeDayOf(at: Date): string | undefined {
  const midnight = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate())
  return NEAR_DAYS.get((midnight(at) - midnight(new Date())) / 86_400_000)
}

export function dayLabelOf(ts: string): string {
  const near = relativeDayOf(dateOf(ts))
  if (near !== undefined) return `${near.slice(0, 1).toUpperCase()}${near.slice(1)}`
  return dateOf(ts).toLocaleDateString(undefined, { weekday: 'long', month: 'long', day: 'numeric' })
}
