import { localTimeOf } from '../../timing.ts'
import { nextOccurrence, type Schedule } from '../../triggers/schedule/schedule.ts'
import { describeSchedule } from '../../triggers/schedule/schedule-text.ts'
import type { ListedTrigger, Trigger, TriggerDefinition, TriggerOccurrence } from '../../triggers/trigger.ts'
import type { TriggerRequest } from '../../triggers/triggers.ts'
import { formatMoney } from '../blocks/figures.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, formatDate, pluralize } from '../blocks/text.ts'

export const zoneOf = ({ definition }: Pick<Trigger, 'definition'>): string | undefined =>
  definition.kind === 'schedule' ? definition.spec.zone : undefined

/** When it runs, as mrkdwn. */
export const whenTextOf = (definition: TriggerDefinition): string =>
  definition.kind === 'schedule' ? escapeMrkdwn(describeSchedule(definition.spec)) : 'when something happens'

export const placeTextOf = ({ place }: Pick<TriggerDefinition, 'place'>): string =>
  place.kind === 'dm' ? 'in our direct messages' : `in <#${place.channel}>`

/** The first time of what repeats, as a sentence; empty for what happens once. */
export function firstTimeText(schedule: Schedule, now: Date): string {
  const first = schedule.repeats === 'once' ? undefined : nextOccurrence(schedule, now)
  return first === undefined ? '' : ` First on ${escapeMrkdwn(localTimeOf(first, schedule.zone))}.`
}

/** What is asked, bold. */
export const triggerLabel = ({ definition }: Pick<Trigger, 'definition'>): string =>
  `*${escapeInlineMrkdwn(definition.title)}*`

const SKIPPED: Record<NonNullable<TriggerOccurrence['why']>, string> = {
  late: 'it was too late',
  running: 'the last one was still at work',
  refused: 'I could not act for you',
  not_started: 'it could not be started',
}

/** How one time went, in words. */
export function outcomeTextOf({ state, why, outcome }: TriggerOccurrence): string {
  if (state === 'skipped') return `:fast_forward: skipped${why === undefined ? '' : `, because ${SKIPPED[why]}`}`
  if (state !== 'ended') return ':hourglass_flowing_sand: at work, or waiting for somebody'
  switch (outcome) {
    case 'finished':
      return ':white_check_mark: ok'
    case 'failed':
      return ':x: failed'
    case 'stopped':
      return ':octagonal_sign: stopped'
    default:
      return ':grey_question: nobody knows how it ended'
  }
}

/** Its next time, its last one, and what all of them came to, in a line. */
export function standingTextOf(trigger: ListedTrigger): string {
  const { nextAt, last, runs, costUsd, enabled } = trigger
  const next = nextAt === undefined ? 'no next time' : `next: ${escapeMrkdwn(localTimeOf(nextAt, zoneOf(trigger)))}`
  return [
    ...(enabled ? [next] : []),
    ...(last === undefined ? ['has not run yet'] : [`last: ${outcomeTextOf(last)}, ${formatDate(last.dueAt)}`]),
    ...(runs === 0 ? [] : [pluralize(runs, 'run'), formatMoney(costUsd)]),
  ].join(' · ')
}

const NOTE = '[The person scheduled this earlier: '

/** Tells the model that nobody asked just now. It must not look as if a request began there. */
export function startNoteOf({ trigger: { definition }, dueAt }: Pick<TriggerRequest, 'trigger' | 'dueAt'>): string {
  if (definition.kind !== 'schedule') return '[This begins by itself, as the person set it up before.]'
  const [day, time] = localTimeOf(dueAt, definition.spec.zone).split(', ')
  return `${NOTE}${describeSchedule(definition.spec)}. It begins by itself, for ${day} at ${time}. Do it now: it is scheduled already.]`
}

/** What the person asked for, without that note. */
export function withoutStartNote(text: string): string {
  const at = text.lastIndexOf(`\n${NOTE}`)
  return at < 0 ? text : text.slice(0, at)
}
