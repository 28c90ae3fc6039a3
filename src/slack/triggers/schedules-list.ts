import type { Button, KnownBlock, ModalView } from '@slack/types'
import { truncate } from '../../text.ts'
import { localTimeOf } from '../../timing.ts'
import type { ListedTrigger, Trigger, TriggerOccurrence } from '../../triggers/trigger.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createCommandButton,
  createModal,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeMrkdwn, mentionOf, pluralize } from '../blocks/text.ts'
import { outcomeTextOf, placeTextOf, standingTextOf, triggerLabel, whenTextOf, zoneOf } from './schedule-texts.ts'

export type SchedulesList = {
  /** The reader's own first. */
  triggers: ListedTrigger[]
  reader: string
  /** What agents are called, by id. */
  agentLabels: Map<string, string>
  note?: string
}

/** Each takes three of a message's 50 blocks. */
const MOST_LISTED = 14

/** What runs by itself, and what its reader may do with it. Pure. */
export function schedulesMessage(list: SchedulesList): MessageContent {
  const { triggers, note } = list
  const title = triggers.length === 0 ? 'Nothing is scheduled yet' : pluralize(triggers.length, 'schedule')
  const shown = triggers.slice(0, MOST_LISTED)
  const rest = triggers.length - shown.length
  return {
    text: [title, ...shown.map(({ definition }) => escapeMrkdwn(definition.title))].join(', '),
    blocks: [
      ...(note === undefined ? [] : [sectionBlock(note)]),
      sectionBlock(
        `*${title}*\nA schedule asks me for something at its times, as you and with your connections. Or just tell me: _every Monday at 9, list new bugs_.`,
      ),
      ...shown.flatMap((trigger) => triggerBlocks(trigger, list)),
      ...(rest > 0 ? [contextBlock(`and ${rest} more: \`/mcp schedules word\` shows those with that word.`)] : []),
      actionsBlock(
        [createCommandButton('New schedule', 'schedules new', triggers.length === 0 ? 'primary' : undefined)],
        'schedules more',
      ),
    ],
  }
}

function triggerBlocks(trigger: ListedTrigger, { reader, agentLabels }: SchedulesList): KnownBlock[] {
  const { definition, owner, enabled, pausedWhy = '', since } = trigger
  const mine = owner === reader
  const paused = enabled ? '' : `\n:double_vertical_bar: *Paused.* ${escapeMrkdwn(truncate(pausedWhy, 300))}`
  const missed = since === undefined ? '' : '\n:warning: It should have succeeded by now, and has not.'
  const facts = [
    whenTextOf(definition),
    ...startTexts(trigger, agentLabels, mine),
    `answers ${placeTextOf(definition)}`,
    ...(mine ? [] : [`of ${mentionOf(owner)}`]),
  ]
  return [
    sectionBlock(`${triggerLabel(trigger)}\n${facts.join(' · ')}${paused}${missed}`),
    contextBlock(standingTextOf(trigger)),
    actionsBlock(mine ? ownButtons(trigger) : [pauseButton(trigger), deleteButton(trigger)], `schedule ${trigger.id}`),
  ]
}

/** Agents of others that are not shared are not known to the reader. */
function startTexts({ definition: { starts } }: Trigger, labels: Map<string, string>, mine: boolean): string[] {
  if (starts.kind === 'workflow') return ['a workflow']
  return starts.agent === undefined
    ? []
    : [`by ${labels.get(starts.agent) ?? (mine ? 'an agent that is gone' : 'an agent of theirs')}`]
}

const ownButtons = (trigger: Trigger): Button[] => [
  pressButton(trigger, 'Run now', 'schedule_run'),
  pauseButton(trigger),
  pressButton(trigger, 'Edit', 'schedule_edit'),
  pressButton(trigger, 'Last runs', 'schedule_runs'),
  deleteButton(trigger),
]

/** Only an owner of a schedule lets it go on. */
const pauseButton = (trigger: Trigger): Button =>
  trigger.enabled ? pressButton(trigger, 'Pause', 'schedule_pause') : pressButton(trigger, 'Resume', 'schedule_resume')

const pressButton = ({ id, definition }: Trigger, text: string, action: string): Button =>
  createButton({ text, action, value: id, accessibilityLabel: `${text}: ${definition.title}` })

const deleteButton = (trigger: Trigger): Button => ({
  ...pressButton(trigger, 'Delete', 'schedule_delete'),
  confirm: {
    title: { type: 'plain_text', text: 'Delete this schedule?' },
    text: { type: 'plain_text', text: 'It does not run any more. What it did stays on record.' },
    confirm: { type: 'plain_text', text: 'Delete' },
    deny: { type: 'plain_text', text: 'Keep it' },
  },
})

/** One time of a schedule, with a link to what came of it. */
export type LinkedOccurrence = { occurrence: TriggerOccurrence; link: string | undefined }

/** The last times of a schedule, the newest first. Pure. */
export function scheduleRunsModal(trigger: Trigger, linked: LinkedOccurrence[]): ModalView {
  const lines = linked.map(({ occurrence, link }) => {
    const { dueAt, missed } = occurrence
    const others = missed === 0 ? '' : ` · stands for ${missed} more that were missed`
    const where = link === undefined ? '' : ` · ${link}`
    return sectionBlock(
      `${escapeMrkdwn(localTimeOf(dueAt, zoneOf(trigger)))}\n${outcomeTextOf(occurrence)}${others}${where}`,
    )
  })
  return createModal({
    id: 'schedule_runs',
    title: 'Last runs',
    blocks: [
      sectionBlock(`${triggerLabel(trigger)}\n${whenTextOf(trigger.definition)}`),
      ...(lines.length === 0 ? [contextBlock('It has not run yet. _Run now_ tries it.')] : lines),
    ],
  })
}

/** One row of the Home tab: the list has the rest. Pure. */
export function schedulesBlock(triggers: Trigger[]): KnownBlock {
  const list = createCommandButton('Schedules', 'schedules')
  const [next] = triggers
    .flatMap((trigger) => (trigger.nextAt === undefined ? [] : [{ trigger, at: trigger.nextAt }]))
    .sort((one, other) => one.at.getTime() - other.at.getTime())
  const paused = triggers.filter(({ enabled }) => !enabled).length
  if (triggers.length === 0)
    return sectionBlock(
      '*Schedules*\nNone yet. I can do something every Monday at 9:00, or tomorrow at 10:00: tell me, or fill in a form.',
      createCommandButton('New schedule', 'schedules new'),
    )
  const words = [
    pluralize(triggers.length, 'schedule'),
    ...(next === undefined
      ? ['nothing is due']
      : [`next: ${triggerLabel(next.trigger)}, ${escapeMrkdwn(localTimeOf(next.at, zoneOf(next.trigger)))}`]),
    ...(paused === 0 ? [] : [`${paused} paused`]),
  ]
  return sectionBlock(`*Schedules*\n${words.join(' · ')}`, list)
}
