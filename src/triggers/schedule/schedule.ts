import { Cron } from 'croner'
import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { isTimeZone } from '../../timing.ts'

export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const
export const Weekday = z.enum(WEEKDAYS)
export type Weekday = z.infer<typeof Weekday>

const at = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time such as 09:30')
/** An IANA name; a person's stands in their Slack profile. */
const zone = z.string().min(1).max(100)

/** When something happens, as a form has it: times are those of the zone, whatever its clocks do. */
export const Schedule = z.discriminatedUnion('repeats', [
  z.strictObject({ repeats: z.literal('daily'), at, zone }),
  /** From Monday to Friday. */
  z.strictObject({ repeats: z.literal('weekdays'), at, zone }),
  z.strictObject({ repeats: z.literal('weekly'), on: z.array(Weekday).min(1).max(7), at, zone }),
  /** Days that not every month has are not there: the last one is. */
  z.strictObject({ repeats: z.literal('monthly'), on: z.union([z.int().min(1).max(28), z.literal('last')]), at, zone }),
  /** Cron's five fields: minute, hour, day of the month, month, weekday. */
  z.strictObject({ repeats: z.literal('custom'), cron: z.string().min(1).max(100), zone }),
  z.strictObject({ repeats: z.literal('once'), moment: z.iso.datetime(), zone }),
])
export type Schedule = z.infer<typeof Schedule>

/** What repeats more often is no work for an agent, and costs as much as its model does. */
const MIN_INTERVAL_MS = 5 * 60_000

/** The first time after `after`; undefined where there is none. Throws AppError for a schedule that cannot be. */
export function nextOccurrence(schedule: Schedule, after: Date): Date | undefined {
  if (schedule.repeats === 'once') {
    const moment = new Date(schedule.moment)
    return moment > after ? moment : undefined
  }
  if (!isTimeZone(schedule.zone))
    throw new AppError('input_invalid', `"${schedule.zone}" is no time zone. Take one such as Europe/Berlin.`)
  return readCron(cronOf(schedule), schedule.zone).nextRun(after) ?? undefined
}

/** Refuses what cannot be kept, in words for the person who made it. */
export function checkSchedule(schedule: Schedule, now: Date): void {
  const first = nextOccurrence(schedule, now)
  if (first === undefined)
    throw new AppError(
      'input_invalid',
      schedule.repeats === 'once'
        ? 'This time has passed. Take one that is still to come.'
        : 'This never happens: no month has such a day. Take another day.',
    )
  if (schedule.repeats === 'custom' && shortestInterval(schedule, first) < MIN_INTERVAL_MS)
    throw new AppError(
      'input_invalid',
      'This repeats more often than every 5 minutes. Leave at least that much between two.',
    )
}

/** All minutes and hours of a cron expression come up within a day, and days next to each other within these many. */
const LOOKED_AT = 600

function shortestInterval(schedule: Schedule, first: Date): number {
  let shortest = Number.POSITIVE_INFINITY
  let last = first
  for (let count = 0; count < LOOKED_AT && shortest >= MIN_INTERVAL_MS; count++) {
    const next = nextOccurrence(schedule, last)
    if (next === undefined) break
    shortest = Math.min(shortest, next.getTime() - last.getTime())
    last = next
  }
  return shortest
}

/** Five fields of digits, lists, ranges, steps, names, and croner's L, W and #; what else croner reads is another language. */
const FIVE_FIELDS = /^[\dA-Za-z*/,\-#]+(?: [\dA-Za-z*/,\-#]+){4}$/
const HELP = 'It has five parts: minute, hour, day of the month, month, weekday. "0 9 * * 1" is every Monday at 9:00.'

const unreadable = (cron: string, cause?: unknown): AppError =>
  new AppError('input_invalid', `"${cron}" is no schedule. ${HELP}`, { cause })

/** Croner is only asked for times: its timers never run. */
function readCron(cron: string, timezone: string): Cron {
  if (!FIVE_FIELDS.test(cron)) throw unreadable(cron)
  try {
    return new Cron(cron, { timezone, mode: '5-part', paused: true })
  } catch (cause) {
    // Croner throws its plain errors for what it cannot read.
    throw unreadable(cron, cause)
  }
}

function cronOf(schedule: Exclude<Schedule, { repeats: 'once' }>): string {
  if (schedule.repeats === 'custom') return schedule.cron.trim().replace(/\s+/g, ' ')
  const [hour, minute] = schedule.at.split(':').map(Number)
  const time = `${minute} ${hour}`
  switch (schedule.repeats) {
    case 'daily':
      return `${time} * * *`
    case 'weekdays':
      return `${time} * * 1-5`
    case 'weekly':
      return `${time} * * ${schedule.on.map((day) => WEEKDAYS.indexOf(day) + 1).join(',')}`
    case 'monthly':
      return `${time} ${schedule.on === 'last' ? 'L' : schedule.on} * *`
    default:
      return schedule satisfies never
  }
}
