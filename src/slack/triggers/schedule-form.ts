import type { ConversationsSelect, KnownBlock, ModalView, StaticSelect } from '@slack/types'
import { z } from 'zod'
import type { Agent } from '../../agents/agent-rows.ts'
import { LIMITS } from '../../block-kit/limits.ts'
import { truncate } from '../../text.ts'
import { WEEKDAYS } from '../../triggers/schedule/schedule.ts'
import { describeZone } from '../../triggers/schedule/schedule-text.ts'
import { createAgentOption } from '../agents/agent-texts.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createModal,
  createOption,
  inputBlock,
  plainTextObject,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { type FieldOption, inputBlockOf } from '../blocks/modal-fields.ts'
import { escapeInlineMrkdwn, escapeMrkdwn } from '../blocks/text.ts'
import { SCHEDULE_FIELDS, type ScheduleFields } from './read-schedule-form.ts'

export const ScheduleFormMetadata = z.object({
  /** The schedule that is edited, and the version that the person saw; absent for a new one. */
  edits: z.object({ id: z.string(), version: z.number() }).optional(),
  zone: z.string(),
  /** What stands in fields that are not shown now. */
  kept: z.partialRecord(z.enum(SCHEDULE_FIELDS), z.string()),
  /** The card that asked whether to schedule something. */
  card: z.object({ channel: z.string(), ts: z.string() }).optional(),
})
export type ScheduleFormMetadata = z.infer<typeof ScheduleFormMetadata>

export type ScheduleForm = {
  metadata: Omit<ScheduleFormMetadata, 'kept'>
  fields: ScheduleFields
  agents: Agent[]
  /** The next times, or what is wrong, as the button asked for them. */
  preview?: string
}

/** As many as leave room for what the app adds. */
const TASK_CHARS = 3_000

const REPEATS: [id: string, text: string][] = [
  ['daily', 'Every day'],
  ['weekdays', 'Every weekday, Monday to Friday'],
  ['weekly', 'Every week, on some days'],
  ['monthly', 'Every month, on one day'],
  ['once', 'Once'],
  ['custom', 'As a cron expression says'],
]

/** Only short ones are kept: long ones are always shown. */
const MAY_HIDE = ['days', 'day', 'time', 'moment', 'cron'] as const
/** A workflow says itself what is done and by whom. */
const OF_WORKFLOW = ['text', 'workflow'] as const

/** The form that makes or edits a schedule. Pure. */
export function scheduleModal(form: ScheduleForm): ModalView {
  const { metadata, fields, preview } = form
  const hidden = fields.workflow === undefined ? MAY_HIDE : [...MAY_HIDE, ...OF_WORKFLOW]
  const kept = Object.fromEntries(hidden.flatMap((id) => (fields[id] === undefined ? [] : [[id, fields[id]]])))
  const show = createButton({ text: 'Show the next times', action: 'schedule_preview', value: 'show' })
  return createModal({
    id: 'schedule',
    title: metadata.edits === undefined ? 'New schedule' : 'Edit schedule',
    submit: 'Save',
    close: 'Cancel',
    metadata: { ...metadata, kept },
    blocks: [
      ...(fields.workflow === undefined ? [taskBlock(fields), ...agentBlocks(form)] : [workflowBlock(fields)]),
      repeatsBlock(fields),
      ...timeBlocks(fields),
      contextBlock(`Times are ${escapeMrkdwn(describeZone(metadata.zone))}, as your Slack profile says.`),
      actionsBlock([show], 'schedule preview'),
      ...(preview === undefined ? [] : [contextBlock(preview)]),
      channelBlock(fields),
    ],
  })
}

const workflowBlock = ({ text = '' }: ScheduleFields): KnownBlock =>
  sectionBlock(
    `:fast_forward: *${escapeInlineMrkdwn(text)}*\nIt runs with the usual values of its inputs, with your connections, and asks you where an approval is needed.`,
  )

const taskBlock = ({ text }: ScheduleFields): KnownBlock =>
  inputBlockOf({
    kind: 'text',
    id: 'text',
    label: 'What should I do?',
    hint: 'In your own words, as you would ask me. I do it with your connections, and ask you where an approval is needed.',
    optional: false,
    multiline: true,
    max: TASK_CHARS,
    initial: text,
  })

function agentBlocks({ agents, fields }: ScheduleForm): KnownBlock[] {
  if (agents.length === 0) return []
  const options = agents.slice(0, LIMITS.options.select).map(createAgentOption)
  const chosen = options.find(({ value }) => value === fields.agent)
  const element: StaticSelect = {
    type: 'static_select',
    action_id: 'value',
    placeholder: plainTextObject('Patchbay itself', LIMITS.placeholder),
    options,
    ...(chosen && { initial_option: chosen }),
  }
  return [inputBlock({ id: 'agent', label: 'By which agent', optional: true, element })]
}

function repeatsBlock({ repeats = 'daily' }: ScheduleFields): KnownBlock {
  const options = REPEATS.map(([id, text]) => createOption(text, id))
  const chosen = options.find(({ value }) => value === repeats)
  const element: StaticSelect = {
    type: 'static_select',
    action_id: 'schedule_repeats',
    options,
    ...(chosen && { initial_option: chosen }),
  }
  return { ...inputBlock({ id: 'repeats', label: 'How often', optional: false, element }), dispatch_action: true }
}

const withCapital = (word: string): string => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`
const DAY_OPTIONS: FieldOption[] = WEEKDAYS.map((day) => ({ text: withCapital(day), id: day, value: day }))
const MONTH_OPTIONS: FieldOption[] = [
  ...Array.from({ length: 28 }, (_, at) => ({ text: String(at + 1), id: String(at + 1), value: at + 1 })),
  { text: 'The last day', id: 'last', value: 'last' },
]

function timeBlocks(fields: ScheduleFields): KnownBlock[] {
  switch (fields.repeats) {
    case 'weekly':
      return [daysBlock(fields), timeBlock(fields)]
    case 'monthly':
      return [monthDayBlock(fields), timeBlock(fields)]
    case 'once':
      return [inputBlockOf({ kind: 'date-time', id: 'moment', label: 'When', optional: false, initial: fields.moment })]
    case 'custom':
      return [cronBlock(fields)]
    default:
      return [timeBlock(fields)]
  }
}

const daysBlock = ({ days = '' }: ScheduleFields): KnownBlock =>
  inputBlockOf({
    kind: 'choices',
    id: 'days',
    label: 'On which days',
    optional: false,
    options: DAY_OPTIONS,
    chosen: days.split(','),
  })

const monthDayBlock = ({ day }: ScheduleFields): KnownBlock =>
  inputBlockOf({
    kind: 'choice',
    id: 'day',
    label: 'On which day',
    hint: 'Not every month has a 29th, 30th or 31st, so there is the last day.',
    optional: false,
    options: MONTH_OPTIONS,
    initial: day,
  })

const timeBlock = ({ time }: ScheduleFields): KnownBlock =>
  inputBlockOf({ kind: 'text', id: 'time', label: 'At what time', optional: false, max: 20, initial: time ?? '9:00' })

const cronBlock = ({ cron }: ScheduleFields): KnownBlock =>
  inputBlockOf({
    kind: 'text',
    id: 'cron',
    label: 'Cron expression',
    hint: 'Minute, hour, day of the month, month, weekday: 0 9 * * 1 is every Monday at 9:00.',
    optional: false,
    max: 100,
    placeholder: '0 9 * * 1',
    initial: cron,
  })

function channelBlock({ channel }: ScheduleFields): KnownBlock {
  const element: ConversationsSelect = {
    type: 'conversations_select',
    action_id: 'value',
    placeholder: plainTextObject('Our direct messages', LIMITS.placeholder),
    filter: { include: ['public', 'private'], exclude_bot_users: true },
    ...(channel !== undefined && { initial_conversation: channel }),
  }
  const hint = 'A channel that you and I are in: everybody there can read it. Leave empty for our direct messages.'
  return inputBlock({ id: 'channel', label: 'Where to answer', hint: truncate(hint, 150), optional: true, element })
}
