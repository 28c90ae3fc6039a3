import type { InputBlock, PlainTextOption } from '@slack/types'
import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import { createOption, inputBlock, plainTextObject } from './blocks.ts'
import { truncate } from './text.ts'

/** A field of a modal, whoever asks: a run card, a server's question, a tool's argument, a prompt or a template. */
export type ModalField = {
  /** The block its value comes back under. */
  id: string
  /** Slack keeps what was typed as long as both ids stay the same. */
  action?: string
  label: string
  hint?: string | undefined
  optional: boolean
  holds: Holds
}

/** What a field takes. Empty texts are no initial values; numbers are plain decimals, as Slack takes no others. */
type Holds =
  | TextHolds
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
  /** A text for which the server has proposals. */
  | { kind: 'proposed'; initial: string }

type TextHolds = {
  kind: 'text'
  initial?: string | undefined
  multiline?: boolean
  min?: number
  max?: number
  placeholder?: string | undefined
}
type Element = InputBlock['element']

export const inputBlockOf = ({ id, action = 'value', label, hint, optional, holds }: ModalField): InputBlock =>
  inputBlock({ id, label, ...(hint && { hint }), optional, element: elementOf(action, holds) })

function elementOf(action_id: string, holds: Holds): Element {
  switch (holds.kind) {
    case 'text':
      return { type: 'plain_text_input', action_id, ...textWords(holds) }
    case 'email':
      return { type: 'email_text_input', action_id, ...initialValue(holds.initial) }
    case 'uri':
      return { type: 'url_text_input', action_id, ...initialValue(holds.initial) }
    case 'date':
      return { type: 'datepicker', action_id, ...(holds.initial !== '' && { initial_date: holds.initial }) }
    case 'date-time': {
      const seconds = Math.floor(Date.parse(holds.initial) / 1_000)
      return { type: 'datetimepicker', action_id, ...(holds.initial !== '' && { initial_date_time: seconds }) }
    }
    case 'number':
      return { type: 'number_input', action_id, ...numberWords(holds) }
    case 'one':
      return { type: 'static_select', action_id, ...oneWords(holds) }
    case 'many':
      return { type: 'multi_static_select', action_id, ...manyWords(holds) }
    case 'proposed':
      return { type: 'external_select', action_id, min_query_length: 0, ...proposedWords(holds) }
    default:
      return holds satisfies never
  }
}

const initialValue = (initial: string | undefined) =>
  initial ? { initial_value: truncate(initial, LIMITS.plainTextInput) } : {}

const textWords = ({ initial, multiline, min, max, placeholder }: TextHolds) => ({
  ...(multiline !== undefined && { multiline }),
  ...(min !== undefined && { min_length: min }),
  ...(max !== undefined && { max_length: max }),
  ...(placeholder && { placeholder: plainTextObject(placeholder, LIMITS.placeholder) }),
  ...initialValue(initial),
})

const numberWords = ({ integer, initial, min, max }: Extract<Holds, { kind: 'number' }>) => ({
  is_decimal_allowed: !integer,
  ...(initial && { initial_value: initial }),
  ...(min !== undefined && { min_value: min }),
  ...(max !== undefined && { max_value: max }),
})

function oneWords({ options, chosen }: Extract<Holds, { kind: 'one' }>) {
  const initial = options.find(({ value }) => value === chosen)
  return { ...choicesOf(options), ...(initial && { initial_option: initial }) }
}

function manyWords({ options, chosen, most }: Extract<Holds, { kind: 'many' }>) {
  const initial = options.filter(({ value }) => value !== undefined && chosen.includes(value))
  return {
    ...choicesOf(options),
    ...(initial.length > 0 && { initial_options: initial }),
    ...(most !== undefined && { max_selected_items: most }),
  }
}

const proposedWords = ({ initial }: Extract<Holds, { kind: 'proposed' }>) => ({
  placeholder: plainTextObject('Type or choose', LIMITS.placeholder),
  ...(initial !== '' && initial.length <= LIMITS.option.value && { initial_option: createOption(initial, initial) }),
})

/** A menu takes 100 options, or a hundred groups of as many. */
function choicesOf(options: PlainTextOption[]) {
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
/** What stands in one field. */
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
