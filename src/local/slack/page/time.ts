/** Slack's timestamps are UNIX seconds with a counter behind the dot. */
const dateOf = (ts: string): Date => new Date(Number(ts) * 1000)

export const clockOf = (ts: string): string =>
  dateOf(ts).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })

export const fullTimeOf = (ts: string): string => dateOf(ts).toLocaleString()

export const dayOf = (ts: string): string => dateOf(ts).toDateString()

export function dayWords(ts: string): string {
  const today = new Date()
  const yesterday = new Date(today.getTime() - 86_400_000)
  if (dayOf(ts) === today.toDateString()) return 'Today'
  if (dayOf(ts) === yesterday.toDateString()) return 'Yesterday'
  return dateOf(ts).toLocaleDateString(undefined, { weekday: 'long', month: 'long', day: 'numeric' })
}
