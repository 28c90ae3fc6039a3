import { Schedule, WEEKDAYS, type Weekday } from './schedule.ts'
import { readAt } from './time-words.ts'

/** A time behind "at", as a part of a pattern. */
export const TIME = String.raw`at (?<time>noon|midnight|\d{1,2}(?:[:.]\d{2})?(?: ?[ap]\.?m\.?)?)(?: ?o['’]clock)?(?![\w:.]\w)`

/** `isSure`: nothing else begins with these words. */
type Recurrence = { schedule: Schedule; length: number; timeAssumed: boolean; isSure: boolean }
type Groups = Record<string, string | undefined>
type Rule = { pattern: RegExp; isSure?: boolean; make(found: Groups, at: string): object | undefined }

const DAY = '(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?s?'
const DAYS = `(?<days>weekend|${DAY}(?:(?:,? and |, ?| ?& ?)${DAY})*)`
const ORDINAL = String.raw`the (?<ordinal>first|last(?: day)?|\d{1,2}(?:st|nd|rd|th))`
const MAYBE = `(?: ${TIME})?`
const starting = (words: string): RegExp => new RegExp(String.raw`^(?:${words})${MAYBE}(?!\w)`, 'i')

const RULES: Rule[] = [
  { pattern: starting('(?:every|each) day|daily'), make: (_, at) => ({ repeats: 'daily', at }) },
  {
    pattern: starting('(?:every|each) (?:weekday|workday|working day|business day)|(?:on )?(?:weekdays|workdays)'),
    make: (_, at) => ({ repeats: 'weekdays', at }),
  },
  {
    pattern: starting(`(?:every|each) ${DAYS}`),
    make: ({ days = '' }, at) => ({ repeats: 'weekly', on: weekdaysIn(days), at }),
  },
  {
    pattern: starting(`(?:every|each) week on ${DAYS}|weekly on ${DAYS.replace('<days>', '<more>')}`),
    isSure: true,
    make: ({ days, more = '' }, at) => ({ repeats: 'weekly', on: weekdaysIn(days ?? more), at }),
  },
  {
    pattern: starting(`(?:on )?${ORDINAL}(?: day)? of (?:every|each) month`),
    isSure: true,
    make: ({ ordinal = '' }, at) => ({ repeats: 'monthly', on: dayOf(ordinal), at }),
  },
  {
    pattern: starting(`(?:(?:every|each) month|monthly) on ${ORDINAL}`),
    isSure: true,
    make: ({ ordinal = '' }, at) => ({ repeats: 'monthly', on: dayOf(ordinal), at }),
  },
  {
    pattern: /^every (?:(?<count>\d{1,2}) )?(?<unit>minutes|hours?)(?!\w)/i,
    make: ({ count = '1', unit = '' }) => everyFew(Number(count), unit.toLowerCase()),
  },
]

/** Named where no time is. */
const MORNING = '09:00'

/** What repeats, as far as the text begins with it; undefined where no form of it is sure. */
export function readRecurrence(text: string, zone: string): Recurrence | undefined {
  for (const rule of RULES) {
    const match = rule.pattern.exec(text)
    if (match !== null) return recurrenceOf(rule, match, zone)
  }
  return undefined
}

function recurrenceOf({ isSure = false, make }: Rule, match: RegExpExecArray, zone: string): Recurrence | undefined {
  const groups: Groups = match.groups ?? {}
  const { time } = groups
  const at = time === undefined ? MORNING : readAt(time)
  const read = Schedule.safeParse(at !== undefined && { ...make(groups, at), zone })
  if (!read.success) return undefined
  const timeAssumed = time === undefined && read.data.repeats !== 'custom'
  return { schedule: read.data, length: match[0].length, timeAssumed, isSure: isSure || time !== undefined }
}

function weekdaysIn(days: string): Weekday[] {
  if (/^weekend$/i.test(days)) return ['saturday', 'sunday']
  const beginnings =
    days
      .toLowerCase()
      .match(/[a-z]+/g)
      ?.map((word) => word.slice(0, 3)) ?? []
  return WEEKDAYS.filter((day) => beginnings.includes(day.slice(0, 3)))
}

/** Who says the 31st means the last day; the 29th and 30th are not in every month, and no day of a form. */
function dayOf(ordinal: string): number | 'last' {
  if (/^last/i.test(ordinal)) return 'last'
  const day = /^first$/i.test(ordinal) ? 1 : Number.parseInt(ordinal, 10)
  return day === 31 ? 'last' : day
}

/** Only what divides an hour or a day repeats evenly. */
function everyFew(count: number, unit: string): object | undefined {
  if (unit === 'minutes')
    return count >= 5 && 60 % count === 0 ? { repeats: 'custom', cron: `*/${count} * * * *` } : undefined
  if (count < 1 || count > 12 || 24 % count !== 0) return undefined
  return { repeats: 'custom', cron: count === 1 ? '0 * * * *' : `0 */${count} * * *` }
}
