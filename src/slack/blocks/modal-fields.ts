import type { InputBlock, PlainTextOption } from '@slack/types'
import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import { createOption, inputBlock, plainTextObject } from './build-blocks.ts'
import { truncate } from './text.ts'

/** A field of a modal: a card's input, a form elicitation's field, a tool's argument, a prompt's or template's variable. */
export type ModalField = {
  /** The block_id of its value in the submission. */
  id: string
  /** Slack keeps what was typed as long as both ids stay the same. */
  action?: string
  label: string
  hint?: string | undefined
  optional: boolean
  input: FieldInput
}

/** What a field takes. An empty `initial` sets no initial value; numbers are plain decimals, as Slack takes no others. */
type FieldInput =
  | TextInput
  | { kind: 'email' | 'uri' | 'date' | 'date-time'; initial: string }
  | {
      kind: 'number'
      integer: boolean
      initial?: string | undefined
      min?: string | undefined
      max?: string | undefined
    }
  | { kind: 'one'; options: PlainTextOption[]; chosen?: string | undefined }
  | { kind: 'many'; options: PlainTextOption[]; chosen: string[]; most?: number | undefined }
  /** A text with completions from the server. */
  | { kind: 'proposed'; initial: string }

type TextInput = {
  kind: 'text'
  initial?: string | undefined
  multiline?: boolean
  min?: number
  max?: number
  placeholder?: string | undefined
}
type Element = InputBlock['element']

export const inputBlockOf = ({ id, action = 'value', label, hint, optional, input }: ModalField): InputBlock =>
  inputBlock({ id, label, ...(hint && { hint }), optional, element: elementOf(action, input) })

function elementOf(action_id: string, input: FieldInput): Element {
  switch (input.kind) {
    case 'text':
      return { type: 'plain_text_input', action_id, ...textInputArgs(input) }
    case 'email':
      return { type: 'email_text_input', action_id, ...initialValue(input.initial) }
    case 'uri':
      return { type: 'url_text_input', action_id, ...initialValue(input.initial) }
    case 'date':
      return { type: 'datepicker', action_id, ...(input.initial !== '' && { initial_date: input.initial }) }
    case 'date-time': {
      const seconds = Math.floor(Date.parse(input.initial) / 1_000)
      return { type: 'datetimepicker', action_id, ...(input.initial !== '' && { initial_date_time: seconds }) }
    }
    case 'number':
      return { type: 'number_input', action_id, ...numberInputArgs(input) }
    case 'one':
      return { type: 'static_select', action_id, ...selectArgs(input) }
    case 'many':
      return { type: 'multi_static_select', action_id, ...multiSelectArgs(input) }
    case 'proposed':
      return { type: 'external_select', action_id, min_query_length: 0, ...suggestedArgs(input) }
    default:
      return input satisfies never
  }
}

const initialValue = (initial: string | undefined) =>
  initial ? { initial_value: truncate(initial, LIMITS.plainTextInput) } : {}

const textInputArgs = ({ initial, multiline, min, max, placeholder }: TextInput) => ({
  ...(multiline !== undefined && { multiline }),
  ...(min !== undefined && { min_length: min }),
  ...(max !== undefined && { max_length: max }),
  ...(placeholder && { placeholder: plainTextObject(placeholder, LIMITS.placeholder) }),
  ...initialValue(initial),
})

const numberInputArgs = ({ integer, initial, min, max }: Extract<FieldInput, { kind: 'number' }>) => ({
  is_decimal_allowed: !integer,
  ...(initial && { initial_value: initial }),
  ...(min !== undefined && { min_value: min }),
  ...(max !== undefined && { max_value: max }),
})

function selectArgs({ options, chosen }: Extract<FieldInput, { kind: 'one' }>) {
  const initial = options.find(({ value }) => value === chosen)
  return { ...optionsOrGroups(options), ...(initial && { initial_option: initial }) }
}

function multiSelectArgs({ options, chosen, most }: Extract<FieldInput, { kind: 'many' }>) {
  const initial = options.filter(({ value }) => value !== undefined && chosen.includes(value))
  return {
    ...optionsOrGroups(options),
    ...(initial.length > 0 && { initial_options: initial }),
    ...(most !== undefined && { max_selected_items: most }),
  }
}

const suggestedArgs = ({ initial }: Extract<FieldInput, { kind: 'proposed' }>) => ({
  placeholder: plainTextObject('Type or choose', LIMITS.placeholder),
  ...(initial !== '' && initial.length <= LIMITS.option.value && { initial_option: createOption(initial, initial) }),
})

/** A menu takes 100 options, or a hundred groups of as many. */
function optionsOrGroups(options: PlainTextOption[]) {
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

const FieldState = z.looseObject({
  value: z.string().nullish(),
  selected_date: z.string().nullish(),
  selected_date_time: z.number().nullish(),
  selected_option: z.looseObject({ value: z.string() }).nullish(),
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
  const { value, selected_option: chosen, selected_date: date, selected_date_time: at } = entered ?? {}
  const moment = at == null ? null : new Date(at * 1_000).toISOString().replace('.000Z', 'Z')
  return value ?? chosen?.value ?? date ?? moment
}

export const fieldTextsIn = (state: ModalState): Record<string, string | null> =>
  Object.fromEntries(Object.keys(state).map((id) => [id, fieldTextOf(fieldStateIn(state, id))]))
