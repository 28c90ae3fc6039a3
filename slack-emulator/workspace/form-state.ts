import { listOf } from '../../src/block-kit/shape-rules.ts'
import type { Json } from './records.ts'

/** The field of an element's value in `state.values`, and of its initial value in the element. */
type Slot = { state: string; initial: string; many: boolean; kind: 'text' | 'option' | 'id' | 'rich' | 'file' }

const slot = (state: string, initial: string, kind: Slot['kind'], many = false): Slot => ({
  state,
  initial,
  many,
  kind,
})
const TEXT = slot('value', 'initial_value', 'text')
const OPTION = slot('selected_option', 'initial_option', 'option')
const OPTIONS = slot('selected_options', 'initial_options', 'option', true)

/** docs.slack.dev/reference/interaction-payloads/view-interactions-payload#examples */
export const VALUE_FIELDS: Record<string, Slot> = {
  plain_text_input: TEXT,
  number_input: TEXT,
  email_text_input: TEXT,
  url_text_input: TEXT,
  rich_text_input: slot('rich_text_value', 'initial_value', 'rich'),
  static_select: OPTION,
  external_select: OPTION,
  radio_buttons: OPTION,
  multi_static_select: OPTIONS,
  multi_external_select: OPTIONS,
  checkboxes: OPTIONS,
  users_select: slot('selected_user', 'initial_user', 'id'),
  channels_select: slot('selected_channel', 'initial_channel', 'id'),
  conversations_select: slot('selected_conversation', 'initial_conversation', 'id'),
  multi_users_select: slot('selected_users', 'initial_users', 'id', true),
  multi_channels_select: slot('selected_channels', 'initial_channels', 'id', true),
  multi_conversations_select: slot('selected_conversations', 'initial_conversations', 'id', true),
  datepicker: slot('selected_date', 'initial_date', 'text'),
  timepicker: slot('selected_time', 'initial_time', 'text'),
  datetimepicker: slot('selected_date_time', 'initial_date_time', 'text'),
  file_input: slot('files', '', 'file', true),
}

/** The state of an untouched element; undefined for elements without a value, like buttons. */
export function initialStateOf(element: Json): Json | undefined {
  const found = VALUE_FIELDS[String(element.type)]
  if (found === undefined) return undefined
  return { type: element.type, [found.state]: element[found.initial] ?? (found.many ? [] : null) }
}

export function createState(element: Json, value: unknown): Json {
  const found = VALUE_FIELDS[String(element.type)]
  return { type: element.type, [found?.state ?? 'value']: value }
}

/** True when the person has left the element empty. */
export function isEmptyState(state: Json | undefined): boolean {
  const values = Object.entries(state ?? {}).filter(([name]) => name !== 'type')
  return values.every(([, value]) => value === null || value === '' || (Array.isArray(value) && value.length === 0))
}

/** The options of a static element, with those of its groups. */
export function optionsOf(element: Json): Json[] {
  return [...listOf(element.options), ...listOf(element.option_groups).flatMap((group) => listOf(group.options))]
}
