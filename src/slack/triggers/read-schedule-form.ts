import { isAppError } from '../../errors.ts'
import { ChannelId } from '../../ids.ts'
import { truncate } from '../../text.ts'
import { checkSchedule, nextOccurrence, type Schedule, WEEKDAYS } from '../../triggers/schedule/schedule.ts'
import { readAt } from '../../triggers/schedule/time-words.ts'
import type { TriggerDefinition } from '../../triggers/trigger.ts'
import { fieldStateIn, type ModalState } from '../blocks/modal-fields.ts'

export const SCHEDULE_FIELDS = [
  'text',
  'agent',
  /** The id of a workflow, whose title is the text then. Nobody types it. */
  'workflow',
  'repeats',
  'days',
  'day',
  'time',
  'moment',
  'cron',
  'channel',
] as const
type FieldName = (typeof SCHEDULE_FIELDS)[number]

/** What the fields of the form hold, as text; weekdays stand behind each other with commas. */
export type ScheduleFields = Partial<Record<FieldName, string>>

/** What is typed, over what was typed before in fields that the form does not show now. Pure. */
export function scheduleFieldsIn(kept: ScheduleFields, values: ModalState, typed: Record<string, string | null>) {
  const shown = SCHEDULE_FIELDS.filter((id) => values[id] !== undefined)
  const days = fieldStateIn(values, 'days')?.selected_options?.map(({ value }) => value)
  const now: ScheduleFields = Object.fromEntries(
    shown.flatMap((id) => {
      const text = id === 'days' ? days?.join(',') : typed[id]?.trim()
      return text ? [[id, text]] : []
    }),
  )
  const hidden = Object.entries(kept).filter(([id]) => shown.every((one) => one !== id))
  return { ...Object.fromEntries(hidden), ...now } satisfies ScheduleFields
}

type Errors = { errors: Record<string, string> }
type Reading = { schedule: Schedule } | Errors

/** The schedule that the fields say, or what is wrong by field. Pure. */
export function readScheduleFields(fields: ScheduleFields, zone: string, now: Date): Reading {
  const read = scheduleIn(fields, zone)
  if ('errors' in read) return read
  try {
    checkSchedule(read.schedule, now)
    return read
  } catch (error) {
    if (!isAppError(error, 'input_invalid')) throw error
    return { errors: { [FIELD_OF[read.schedule.repeats]]: error.message } }
  }
}

/** Where a mistake that only the whole schedule shows is told. */
const FIELD_OF: Record<Schedule['repeats'], FieldName> = {
  daily: 'time',
  weekdays: 'time',
  weekly: 'days',
  monthly: 'day',
  custom: 'cron',
  once: 'moment',
}

const NO_TIME = 'Write a time of day, such as 9:00 or 8:30 pm.'

function scheduleIn(fields: ScheduleFields, zone: string): Reading {
  const { repeats, cron, moment } = fields
  if (repeats === 'custom')
    return cron === undefined
      ? { errors: { cron: 'Write a schedule, such as 0 9 * * 1 for every Monday at 9:00.' } }
      : { schedule: { repeats, cron: cron.replace(/\s+/g, ' '), zone } }
  if (repeats === 'once')
    return moment === undefined
      ? { errors: { moment: 'Choose a day and a time.' } }
      : { schedule: { repeats, moment, zone } }
  const at = readAt(fields.time ?? '')
  return at === undefined ? { errors: { time: NO_TIME } } : recurringIn(fields, at, zone)
}

function recurringIn({ repeats, days = '', day }: ScheduleFields, at: string, zone: string): Reading {
  if (repeats === 'weekdays') return { schedule: { repeats, at, zone } }
  if (repeats === 'weekly') {
    const on = WEEKDAYS.filter((one) => days.split(',').includes(one))
    return on.length === 0 ? { errors: { days: 'Choose at least one day.' } } : { schedule: { repeats, on, at, zone } }
  }
  if (repeats !== 'monthly') return { schedule: { repeats: 'daily', at, zone } }
  if (day === undefined) return { errors: { day: 'Choose a day.' } }
  return { schedule: { repeats, on: day === 'last' ? day : Number(day), at, zone } }
}

const TITLE_CHARS = 80

/** What the whole form says, or what is wrong by field. Pure. */
export function readScheduleForm(
  fields: ScheduleFields,
  zone: string,
  now: Date,
): { definition: TriggerDefinition } | Errors {
  const { text = '', channel } = fields
  const read = readScheduleFields(fields, zone, now)
  const errors = {
    ...(text === '' && { text: 'Say what I should do.' }),
    ...('errors' in read && read.errors),
  }
  if ('errors' in read || Object.keys(errors).length > 0) return { errors }
  return {
    definition: {
      kind: 'schedule',
      title: titleOf(text),
      spec: read.schedule,
      starts: startOf(text, fields),
      place: channel === undefined ? { kind: 'dm' } : { kind: 'channel', channel: ChannelId.parse(channel) },
    },
  }
}

const startOf = (text: string, { agent, workflow }: ScheduleFields): TriggerDefinition['starts'] =>
  workflow === undefined
    ? { kind: 'request', text, ...(agent !== undefined && { agent }) }
    : { kind: 'workflow', workflow, inputs: {} }

/** A schedule is called by the words it asks with. */
export const titleOf = (text: string): string => truncate(text.replace(/\s+/g, ' ').trim(), TITLE_CHARS)

/** A schedule in the fields of the form. */
export function scheduleFieldsOf({ starts, place, ...trigger }: TriggerDefinition): ScheduleFields {
  return {
    ...(starts.kind === 'workflow'
      ? { text: trigger.title, workflow: starts.workflow }
      : { text: starts.text, ...(starts.agent !== undefined && { agent: starts.agent }) }),
    ...(place.kind === 'channel' && { channel: place.channel }),
    ...(trigger.kind === 'schedule' && timeFieldsOf(trigger.spec)),
  }
}

function timeFieldsOf(schedule: Schedule): ScheduleFields {
  const { repeats } = schedule
  switch (repeats) {
    case 'daily':
    case 'weekdays':
      return { repeats, time: schedule.at }
    case 'weekly':
      return { repeats, time: schedule.at, days: schedule.on.join(',') }
    case 'monthly':
      return { repeats, time: schedule.at, day: String(schedule.on) }
    case 'custom':
      return { repeats, cron: schedule.cron }
    case 'once':
      return { repeats, moment: schedule.moment }
    default:
      return repeats satisfies never
  }
}

/** The times that come next. Pure. */
export function nextTimesOf(schedule: Schedule, now: Date, count: number): Date[] {
  const next = count === 0 ? undefined : nextOccurrence(schedule, now)
  return next === undefined ? [] : [next, ...nextTimesOf(schedule, next, count - 1)]
}
