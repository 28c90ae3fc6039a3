import { isTimeZone } from '../../timing.ts'
import { readRecurrence, TIME } from './read-recurrence.ts'
import { nextOccurrence, type Schedule } from './schedule.ts'
import { readAt } from './time-words.ts'

/** What somebody wants done, and when. `timeAssumed`: they named no time, so it is one to ask about. */
export type ScheduleReading = { schedule: Schedule; task: string; timeAssumed: boolean }

type Asked = { now: Date; zone: string }

/**
 * Reads "every Monday at 9, send the numbers", "tomorrow at 10 …", "in 2 hours …", "remind me to … every weekday at 8:30". Undefined where
 * it is not sure: a person's other sentences begin with the same words. What it reads is shown to the person before it counts.
 */
export function readScheduleWords(words: string, asked: Asked): ScheduleReading | undefined {
  const text = words.trim().replace(/\s+/g, ' ')
  if (!isTimeZone(asked.zone) || text.length > MAX_WORDS) return undefined
  const reminder = /^(?:please,? )?remind me\b,? ?/i.exec(text)
  if (reminder === null) return readFront(text, asked)
  const rest = text.slice(reminder[0].length)
  const front = readFront(rest, asked)
  const found = front && { ...front, task: front.task.replace(/^to /i, '') }
  const read = found ?? readBack(rest.replace(/^to /i, ''), asked)
  return read && { ...read, task: `Remind me to ${read.task}` }
}

/** Longer requests come from forms and files. */
const MAX_WORDS = 4_000

/** The time first, then what is to be done. */
function readFront(text: string, asked: Asked): ScheduleReading | undefined {
  const found = readWhen(text, asked)
  if (found === undefined) return undefined
  const { zone, rest } = zoneIn(text.slice(found.length))
  if (rest === undefined || NOT_A_TASK.test(rest)) return undefined
  // Without a time, only a pause tells "every Monday, post …" from "every Monday we post …".
  if (found.timeAssumed && !found.isSure && !/^\s*[,:–—]/.test(rest)) return undefined
  const task = rest.replace(/^[\s,:;–—-]+/, '').replace(/^(?:please|then) /i, '')
  if (task === '') return undefined
  const { schedule, timeAssumed } = found
  return { schedule: zone === undefined ? schedule : { ...schedule, zone }, task, timeAssumed }
}

/** What is to be done first, and the time as the last words. */
function readBack(text: string, asked: Asked): ScheduleReading | undefined {
  const bare = text.replace(/[.!]$/, '')
  for (const { index } of bare.matchAll(/\b(?:every|each|daily|tomorrow|today|on|in)\b/gi)) {
    const found = readWhen(bare.slice(index), asked)
    const task = bare.slice(0, index).replace(/[\s,]+$/, '')
    if (found?.length === bare.length - index && task !== '') {
      const { schedule, timeAssumed } = found
      return { schedule, task, timeAssumed }
    }
  }
  return undefined
}

/** Words that go on with the time, or tell of something instead of asking for it. */
const NOT_A_TASK =
  /^[\s,:;–—-]*(?:$|\d|(?:and|or|until|till|except|but|starting|from|for|if|when|i|we|you|he|she|it|they|there|somebody|someone|is|are|was|were|has|have|had|will|would)\b)|^-\d/i

/** The zone that is named behind a time; without `rest` it is one that cannot be told: abbreviations mean several. */
function zoneIn(behind: string): { zone?: string; rest?: string } {
  const utc = /^ (?:utc|gmt)\b/i.exec(behind)
  if (utc !== null) return { zone: 'UTC', rest: behind.slice(utc[0].length) }
  const isOther = /^ \(?(?:[ceapmwij]e?[sd]t|cet|bst|jst|aest|[a-z]+ time)\b/i.test(behind)
  return isOther ? {} : { rest: behind }
}

type When = { schedule: Schedule; length: number; timeAssumed: boolean; isSure: boolean }

function readWhen(text: string, asked: Asked): When | undefined {
  const recurring = readRecurrence(text, asked.zone)
  if (recurring !== undefined) return recurring
  for (const [pattern, momentOf] of ONCE) {
    const match = pattern.exec(text)
    const moment = match && momentOf(match.groups ?? {}, asked)
    if (match && moment) {
      const schedule: Schedule = { repeats: 'once', moment: moment.toISOString(), zone: asked.zone }
      return { schedule, length: match[0].length, timeAssumed: false, isSure: true }
    }
  }
  return undefined
}

type Groups = Record<string, string | undefined>

/** A year is as far as words go; a date has a year. */
const FARTHEST_MS = 366 * 86_400_000
const UNITS_MS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000, week: 604_800_000 }

const ONCE: [pattern: RegExp, momentOf: (found: Groups, asked: Asked) => Date | undefined][] = [
  [new RegExp(`^tomorrow ${TIME}`, 'i'), ({ time = '' }, asked) => momentOn(1, time, asked)],
  [new RegExp(`^today ${TIME}`, 'i'), ({ time = '' }, asked) => momentOn(0, time, asked)],
  [
    /^in (?<count>\d{1,3}|an?|one|two|three) (?<unit>minute|hour|day|week)s?\b/i,
    ({ count = '', unit = '' }, { now }) => {
      const ms = countOf(count) * (UNITS_MS[unit.toLowerCase()] ?? 0)
      return ms > 0 && ms <= FARTHEST_MS ? new Date(Math.ceil((now.getTime() + ms) / 60_000) * 60_000) : undefined
    },
  ],
]

const COUNTS: Record<string, number> = { a: 1, an: 1, one: 1, two: 2, three: 3 }
const countOf = (count: string): number => COUNTS[count.toLowerCase()] ?? Number(count)

/** That time, so many days from today in the zone; undefined where it has passed. */
function momentOn(days: number, time: string, { now, zone }: Asked): Date | undefined {
  const at = readAt(time)
  if (at === undefined) return undefined
  const day = localDayOf(now, zone)
  const wanted = new Date(Date.UTC(day.year, day.month - 1, day.day + days))
  const [hour, minute] = at.split(':').map(Number)
  const cron = `${minute} ${hour} ${wanted.getUTCDate()} ${wanted.getUTCMonth() + 1} *`
  const moment = nextOccurrence({ repeats: 'custom', cron, zone }, now)
  return moment && moment.getTime() - now.getTime() < (days + 1) * 26 * 3_600_000 ? moment : undefined
}

function localDayOf(at: Date, timeZone: string): { year: number; month: number; day: number } {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, year: 'numeric', month: 'numeric', day: 'numeric' })
    .formatToParts(at)
    .map(({ type, value }) => [type, Number(value)] as const)
  const { year = 0, month = 0, day = 0 } = Object.fromEntries(parts)
  return { year, month, day }
}
