import { localTimeOf } from '../../timing.ts'
import type { Schedule, Weekday } from './schedule.ts'

/** A schedule as a person says it: "every Monday at 9:00, Berlin time". */
export function describeSchedule(schedule: Schedule): string {
  return schedule.repeats === 'once'
    ? `once, on ${localTimeOf(new Date(schedule.moment), schedule.zone)}`
    : `${recurrenceTextOf(schedule)}, ${describeZone(schedule.zone)}`
}

function recurrenceTextOf(schedule: Exclude<Schedule, { repeats: 'once' }>): string {
  switch (schedule.repeats) {
    case 'daily':
      return `every day at ${clockOf(schedule.at)}`
    case 'weekdays':
      return `every weekday at ${clockOf(schedule.at)}`
    case 'weekly':
      return `every ${listed(schedule.on.map(withCapital))} at ${clockOf(schedule.at)}`
    case 'monthly':
      return `on the ${dayTextOf(schedule.on)} of every month at ${clockOf(schedule.at)}`
    case 'custom':
      return `on the schedule \`${schedule.cron}\``
    default:
      return schedule satisfies never
  }
}

const clockOf = (at: string): string => at.replace(/^0/, '')

const withCapital = (day: Weekday): string => `${day.slice(0, 1).toUpperCase()}${day.slice(1)}`

const listed = (words: string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`

const ENDINGS: Record<number, string> = { 1: 'st', 2: 'nd', 3: 'rd', 21: 'st', 22: 'nd', 23: 'rd' }
const dayTextOf = (day: number | 'last'): string => (day === 'last' ? 'last day' : `${day}${ENDINGS[day] ?? 'th'}`)

/** "Europe/Berlin" is said as "Berlin time"; what is no place stays as it is. */
export function describeZone(zone: string): string {
  const place = /^(?!Etc\/)[A-Za-z]+\/(?:.+\/)?([A-Za-z_-]+)$/.exec(zone)?.[1]
  return place === undefined ? zone : `${place.replaceAll('_', ' ')} time`
}
