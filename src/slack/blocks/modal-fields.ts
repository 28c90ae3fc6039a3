import type { InputBlock, PlainTextOption } from '@slack/types'
import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import type { JsonValue } from '../../json.ts'
import { truncate } from '../../text.ts'
import { createOption, inputBlock, plainTextObject } from './build-blocks.ts'
import { readNumber } from './read-number.ts'

/** One option of a menu; `id` is its value in Slack, `value` what it stands for. */
export type FieldOption = { text: string; id: string; value: JsonValue }

/** An option whose text is its value. */
export const textOption = (text: string): FieldOption => ({ text, id: text, value: text })

/** A field of a modal: a card's input, a form elicitation's field, a tool's argument, a prompt's or template's variable. */
export type ModalField = {
  /** The block_id of its value in the submission. */
  id: string
  /** Slack keeps what was typed as long as both ids stay the same. */
  action?: string
  label: string
  hint?: string | undefined
  optional: boolean
  /** As text, or the option's id. */
  initial?: string | undefined
} & FieldInput

/** What a field takes; `suggested` is a text with completions from the server. */
type FieldInput = TextInput | { kind: 'email' | 'uri' | 'date' | 'date-time' | 'suggested' } | NumberInput | MenuInput
type TextInput = {
  kind: 'text' | 'json'
  multiline?: boolean
  min?: number | undefined
  max?: number | undefined
  placeholder?: string | undefined
}
type NumberInput = { kind: 'number' | 'integer'; min?: number | undefined; max?: number | undefined }
type MenuInput =
  | { kind: 'boolean' | 'choice'; options: FieldOption[] }
  | { kind: 'choices'; options: FieldOption[]; chosen: string[]; max?: number | undefined }

type Element = InputBlock['element']

export const inputBlockOf = (field: ModalField): InputBlock => {
  const { id, label, hint, optional } = field
  return inputBlock({ id, label, ...(hint && { hint }), optional, element: elementOf(field) })
}

function elementOf(field: ModalField): Element {
  const { action: action_id = 'value', initial } = field
  switch (field.kind) {
    case 'text':
    case 'json':
      return { type: 'plain_text_input', action_id, ...textArgs(field), ...initialText(initial) }
    case 'email':
      return { type: 'email_text_input', action_id, ...initialText(initial) }
    case 'uri':
      return { type: 'url_text_input', action_id, ...initialText(initial) }
    case 'date':
      return { type: 'datepicker', action_id, ...(initial && { initial_date: initial }) }
    case 'date-time':
      return { type: 'datetimepicker', action_id, ...initialTime(initial) }
    // Slack's own field for numbers takes no decimal comma.
    case 'number':
      return { type: 'plain_text_input', action_id, ...initialText(initial) }
    case 'integer':
      return {
        type: 'number_input',
        action_id,
        is_decimal_allowed: false,
        ...boundsArgs(field),
        ...initialText(initial),
      }
    case 'boolean':
    case 'choice':
      return { type: 'static_select', action_id, ...menuArgs(field.options), ...initialOption(field.options, initial) }
    case 'choices':
      return { type: 'multi_static_select', action_id, ...menuArgs(field.options), ...choicesArgs(field) }
    case 'suggested':
      return { type: 'external_select', action_id, min_query_length: 0, ...suggestedArgs(initial) }
    default:
      return field satisfies never
  }
}

const initialText = (initial: string | undefined) =>
  initial ? { initial_value: truncate(initial, LIMITS.plainTextInput) } : {}

const initialTime = (initial: string | undefined) =>
  initial ? { initial_date_time: Math.floor(Date.parse(initial) / 1_000) } : {}

const textArgs = ({ multiline, min = 0, max, placeholder }: TextInput) => ({
  ...(multiline !== undefined && { multiline }),
  ...(min > 0 && { min_length: Math.min(min, LIMITS.plainTextInput) }),
  ...(max !== undefined && { max_length: Math.max(1, Math.min(max, LIMITS.plainTextInput)) }),
  ...(placeholder && { placeholder: plainTextObject(placeholder, LIMITS.placeholder) }),
})

function boundsArgs({ min, max }: NumberInput) {
  const [least, most] = [decimalText(min), decimalText(max)]
  return {
    ...(least !== undefined && { min_value: least }),
    ...(most !== undefined && { max_value: most }),
  }
}

/** The number as Slack takes it, undefined if it has no plain decimal form. */
export const decimalText = (value: number | undefined): string | undefined =>
  value !== undefined && /^-?\d+(\.\d+)?$/.test(String(value)) ? String(value) : undefined

const slackOption = ({ text, id }: FieldOption): PlainTextOption => createOption(text, id)

function initialOption(options: FieldOption[], initial: string | undefined) {
  const chosen = options.find(({ id }) => id === initial)
  return chosen && { initial_option: slackOption(chosen) }
}

function choicesArgs({ options, chosen, max = 0 }: Extract<MenuInput, { kind: 'choices' }>) {
  const initial = options.filter(({ id }) => chosen.includes(id)).map(slackOption)
  return {
    ...(initial.length > 0 && { initial_options: initial }),
    ...(max >= 1 && { max_selected_items: Math.min(max, 1_000) }),
  }
}

const suggestedArgs = (initial = '') => ({
  placeholder: plainTextObject('Type or choose', LIMITS.placeholder),
  ...(initial !== '' && initial.length <= LIMITS.option.value && { initial_option: createOption(initial, initial) }),
})

/** A menu takes 100 options, or a hundred groups of as many. */
function menuArgs(all: FieldOption[]) {
  const options = all.map(slackOption)
  const most = LIMITS.options.select
  if (options.length <= most) return { options }
  const starts = Array.from({ length: Math.ceil(options.length / most) }, (_one, at) => at * most)
  return {
    option_groups: starts.map((from) => ({
      label: plainTextObject(`${from + 1} to ${Math.min(from + most, options.length)}`, LIMITS.option.groupLabel),
      options: options.slice(from, from + most),
    })),
  }
}

/** The last second that a date can hold (ECMA-262, 21.4.1.1). */
const LAST_SECOND = 8_640_000_000_000

const FieldState = z.looseObject({
  value: z.string().nullish(),
  selected_date: z.string().nullish(),
  selected_conversation: z.string().nullish(),
  selected_user: z.string().nullish(),
  selected_date_time: z.number().min(-LAST_SECOND).max(LAST_SECOND).nullish(),
  selected_option: z.looseObject({ value: z.string() }).nullish(),
  selected_users: z.array(z.string()).nullish(),
  selected_options: z.array(z.looseObject({ value: z.string() })).nullish(),
})
/** The state of one field. */
export type FieldState = z.infer<typeof FieldState>

/** The state of a modal as Slack sends it: by block, then by action. */
export const ModalState = z.record(z.string(), z.record(z.string(), FieldState))
export type ModalState = z.infer<typeof ModalState>

export const fieldStateIn = (state: ModalState, id: string): FieldState | undefined => Object.values(state[id] ?? {})[0]

/** A field as text, null where it was left empty. */
export function fieldTextOf(entered: FieldState | undefined): string | null {
  const { value, selected_option: chosen, selected_date: date } = entered ?? {}
  const picked = entered?.selected_conversation ?? entered?.selected_user
  const at = entered?.selected_date_time
  const moment = at == null ? null : new Date(at * 1_000).toISOString().replace('.000Z', 'Z')
  return value ?? chosen?.value ?? picked ?? date ?? moment
}

export const fieldTextsIn = (state: ModalState): Record<string, string | null> =>
  Object.fromEntries(Object.keys(state).map((id) => [id, fieldTextOf(fieldStateIn(state, id))]))

/** What was submitted in a field: its value, or a sentence for the person; undefined where it was left empty. */
export type FieldReading = { value: JsonValue } | { problem: string } | undefined

export function readField(field: ModalField, entered: FieldState | undefined): FieldReading {
  const text = fieldTextOf(entered)
  if (field.kind === 'choices') return readChoices(field, entered)
  if (!text) return undefined
  switch (field.kind) {
    case 'number':
    case 'integer':
      return readNumber(text)
    case 'boolean':
    case 'choice':
      return field.options.find(({ id }) => id === text) ?? { problem: 'Please choose one.' }
    case 'json':
      return readJson(text)
    default:
      return { value: text }
  }
}

function readChoices(
  { options, optional }: Extract<ModalField, { kind: 'choices' }>,
  entered: FieldState | undefined,
): FieldReading {
  const ids = entered?.selected_options?.map(({ value }) => value) ?? []
  const chosen = ids.flatMap((id) => options.find((option) => option.id === id)?.value ?? [])
  return entered === undefined || (chosen.length === 0 && optional) ? undefined : { value: chosen }
}

function readJson(text: string): FieldReading {
  try {
    const { data, success } = z.json().safeParse(JSON.parse(text))
    return success ? { value: data } : { problem: 'A number in this is too large. Write it as text, in double quotes.' }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return { problem: 'I cannot read this. Put text in double quotes, and check the commas and brackets.' }
  }
}
