import { localTimeOf } from '../timing.ts'
import type { TriggerNews } from './storage/trigger-store.ts'
import type { Trigger, TriggerOccurrence } from './trigger.ts'
import type { TriggerRequest } from './triggers.ts'

/** What a trigger's owner is told, as plain text; a door adds what can be done about it. */
export function describeTriggerNews(news: TriggerNews): string {
  const { trigger } = news
  switch (news.kind) {
    case 'paused':
      return `“${trigger.definition.title}” is paused: ${news.why} It does not run until you let it go on.`
    case 'skipped':
      return `${nameOf(trigger, news.occurrence)} did not run: ${WHY_SKIPPED[news.occurrence.why ?? 'not_started']}${othersOf(news.occurrence.missed)}${nextOf(trigger)}`
    case 'no_success':
      return `${nameOf(trigger, news.occurrence)} has not ended well: it is still at work, waits for somebody, or nobody knows how it ended.`
    default:
      return news satisfies never
  }
}

/** What a run that begins late says first; undefined where it begins in time. */
export function describeDelay({ trigger, dueAt, lateMs, missed }: TriggerRequest): string | undefined {
  if (lateMs === undefined) return undefined
  return `This was due on ${localTimeOf(dueAt, zoneOf(trigger))}, and begins ${durationOf(lateMs)} late.${othersOf(missed)}`
}

const WHY_SKIPPED: Record<NonNullable<TriggerOccurrence['why']>, string> = {
  late: 'the app was away, and by now it is more than 12 hours late.',
  running: 'the last time is still at work, or waits for somebody.',
  refused: 'nobody can be acted for.',
  not_started: 'it could not be started, after several tries.',
}

const nameOf = (trigger: Trigger, { dueAt }: TriggerOccurrence): string =>
  `“${trigger.definition.title}” of ${localTimeOf(dueAt, zoneOf(trigger))}`

const zoneOf = ({ definition }: Trigger): string | undefined =>
  definition.kind === 'schedule' ? definition.spec.zone : undefined

const othersOf = (missed: number): string => {
  if (missed === 0) return ''
  return missed === 1 ? ' The time before it was missed, too.' : ` The ${missed} times before it were missed, too.`
}

const nextOf = (trigger: Trigger): string =>
  trigger.nextAt === undefined ? '' : ` Its next time is ${localTimeOf(trigger.nextAt, zoneOf(trigger))}.`

function durationOf(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  return [hours > 0 && `${hours} h`, (rest > 0 || hours === 0) && `${rest} min`].filter(Boolean).join(' ')
}
