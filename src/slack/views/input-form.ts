import type { InputBlock, ModalView, PlainTextOption } from '@slack/types'
import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import { type FormField, type FormValue, fitsAlone } from '../../run/form.ts'
import type { AskedOf } from '../../run/runs.ts'
import { context, input, modal, option, plain, section } from './blocks.ts'
import { clip, inline, literal, moment, plural, visible } from './text.ts'

/** With the words around them these stay under Slack's 100 blocks. */
const MOST_FIELDS = 90
/** A text that may be longer than this gets several lines. */
const ONE_LINE_CHARS = 300
/** Slack takes 250 KB; the rest is for what is around the fields. */
const FIELDS_MOST_BYTES = 220 * 1024

export const blockOf = (index: number): string => `field ${index}`

/** The fields a modal has room for: what must be filled in comes first where not all fit. */
export function shownFields(fields: FormField[]): FormField[] {
  if (fields.length <= MOST_FIELDS) return fields
  return fields.toSorted((a, b) => Number(b.required) - Number(a.required)).slice(0, MOST_FIELDS)
}

/** Whether all that must be filled in has room. */
export function fitsModal(fields: FormField[]): boolean {
  const shown = shownFields(fields)
  const bytes = Buffer.byteLength(JSON.stringify(shown.map(fieldBlock)))
  return bytes <= FIELDS_MOST_BYTES && fields.every((field) => !field.required || shown.includes(field))
}

/** A server's form as a modal. Nothing in it is filled in but the server's own defaults. Pure. */
export function inputForm({ call, input: asked }: AskedOf, fields: FormField[]): ModalView {
  const shown = shownFields(fields)
  const name = clip(call.connectionName, 80)
  const left = fields.length - shown.length
  const view = modal({
    id: 'input_answer',
    title: 'Answer',
    submit: 'Send',
    close: 'Cancel',
    keep: { input: asked.id },
    blocks: [
      section(
        `*${inline(name)} asks:* ${literal(clip(visible(asked.request.message), 1_500)) || 'please fill this in'}`,
      ),
      ...(asked.resume.how === 'live' ? [context(`It waits until ${moment(asked.expiresAt)}.`)] : []),
      ...shown.map(fieldBlock),
      ...(left > 0 ? [context(`${plural(left, 'more optional field')} did not fit here and will stay empty.`)] : []),
      context(
        `What you send goes to ${literal(name)}. Do not enter passwords or keys. _Cancel_ tells it that you gave no answer.`,
      ),
    ],
  })
  return { ...view, notify_on_close: true }
}

function fieldBlock(field: FormField, index: number): InputBlock {
  const says = field.hint === undefined ? '' : visible(field.hint).trim()
  const hint = [says, boundsOf(field)].filter(Boolean).join(/[.!?:;]$/.test(says) ? ' ' : '. ')
  return input({
    id: blockOf(index),
    label: visible(field.title),
    ...(hint !== '' && { hint }),
    optional: !field.required,
    element: elementOf(field),
  })
}

/** What is wanted, where the field does not show it by itself. */
function boundsOf(field: FormField): string {
  if (field.kind === 'many') return range(field.min, field.max, 'Choose')
  if (field.kind === 'number') return range(field.min, field.max, 'Number:')
  return field.kind === 'text' && field.format === undefined
    ? range(field.minLength || undefined, field.maxLength, 'Characters:')
    : ''
}

function range(min: number | undefined, max: number | undefined, what: string): string {
  if (min !== undefined && max !== undefined) return `${what} ${min} to ${max}.`
  if (min !== undefined) return `${what} at least ${min}.`
  return max === undefined ? '' : `${what} at most ${max}.`
}

type Element = InputBlock['element']
type FieldOf<K extends FormField['kind']> = Extract<FormField, { kind: K }>

function elementOf(field: FormField): Element {
  switch (field.kind) {
    case 'text':
      return textElement(field)
    case 'number':
      return numberElement(field)
    case 'yes_no':
      return select(YES_NO, field.default === undefined ? undefined : YES_NO[field.default ? 0 : 1])
    case 'one':
      return select(optionsOf(field), chosenIn(field, field.default === undefined ? [] : [field.default])[0])
    case 'many':
      return manySelect(field)
    default:
      return field satisfies never
  }
}

const YES_NO = [option('Yes', 'true'), option('No', 'false')]

/** A default that breaks the server's own rules is no default. */
const initialOf = <F extends FormField>(field: F): F['default'] =>
  fitsAlone(field, field.default) ? field.default : undefined

function textElement(field: FieldOf<'text'>): Element {
  const initial = clip(initialOf(field) ?? '', LIMITS.plainTextInput)
  const typed = initial === '' ? {} : { initial_value: initial }
  switch (field.format) {
    case 'email':
      return { type: 'email_text_input', action_id: 'value', ...typed }
    case 'uri':
      return { type: 'url_text_input', action_id: 'value', ...typed }
    case 'date':
      return { type: 'datepicker', action_id: 'value', ...(initial !== '' && { initial_date: initial }) }
    case 'date-time':
      return {
        type: 'datetimepicker',
        action_id: 'value',
        ...(initial !== '' && { initial_date_time: Math.floor(Date.parse(initial) / 1_000) }),
      }
    default:
      return {
        type: 'plain_text_input',
        action_id: 'value',
        multiline: isLong(field, initial),
        ...lengthsOf(field),
        ...typed,
      }
  }
}

const isLong = ({ maxLength }: FieldOf<'text'>, initial: string): boolean =>
  initial.includes('\n') || (maxLength !== undefined && maxLength > ONE_LINE_CHARS)

const lengthsOf = ({ minLength = 0, maxLength = LIMITS.plainTextInput }: FieldOf<'text'>) => ({
  ...(minLength > 0 && { min_length: Math.min(minLength, LIMITS.plainTextInput) }),
  max_length: Math.max(1, Math.min(maxLength, LIMITS.plainTextInput)),
})

/** Slack takes plain decimals; other bounds are checked when the form is sent. */
function numberElement(field: FieldOf<'number'>): Element {
  const decimal = (value: number | undefined) =>
    value !== undefined && /^-?\d+(\.\d+)?$/.test(String(value)) ? String(value) : undefined
  const [initial, min, max] = [decimal(initialOf(field)), decimal(field.min), decimal(field.max)]
  return {
    type: 'number_input',
    action_id: 'value',
    is_decimal_allowed: !field.integer,
    ...(initial !== undefined && { initial_value: initial }),
    ...(min !== undefined && { min_value: min }),
    ...(max !== undefined && { max_value: max }),
  }
}

const optionsOf = (field: FieldOf<'one' | 'many'>): PlainTextOption[] =>
  field.options.map(({ title }, index) => option(visible(title) || '(empty)', String(index)))

const chosenIn = (field: FieldOf<'one' | 'many'>, values: string[]): PlainTextOption[] =>
  optionsOf(field).filter((_option, index) => values.includes(field.options[index]?.value ?? ''))

function manySelect(field: FieldOf<'many'>): Element {
  const initial = chosenIn(field, initialOf(field) ?? [])
  return {
    type: 'multi_static_select',
    action_id: 'value',
    ...choicesOf(optionsOf(field)),
    ...(initial.length > 0 && { initial_options: initial }),
    ...(field.max !== undefined && field.max >= 1 && { max_selected_items: Math.min(field.max, 1_000) }),
  }
}

const select = (options: PlainTextOption[], initial: PlainTextOption | undefined): Element => ({
  type: 'static_select',
  action_id: 'value',
  ...choicesOf(options),
  ...(initial && { initial_option: initial }),
})

/** A menu takes 100 options, and a hundred groups of them. */
function choicesOf(options: PlainTextOption[]) {
  const most = LIMITS.options.select
  if (options.length <= most) return { options }
  const starts = Array.from({ length: Math.ceil(options.length / most) }, (_one, at) => at * most)
  return {
    option_groups: starts.map((from) => ({
      label: plain(`${from + 1} to ${Math.min(from + most, options.length)}`, LIMITS.option.groupLabel),
      options: options.slice(from, from + most),
    })),
  }
}

const State = z.record(
  z.string(),
  z.object({
    value: z.string().nullish(),
    selected_date: z.string().nullish(),
    selected_date_time: z.number().nullish(),
    selected_option: z.object({ value: z.string() }).nullish(),
    selected_options: z.array(z.object({ value: z.string() })).nullish(),
  }),
)
type Entered = z.infer<typeof State>[string]

/** What was filled in, as the server wants it, by the names of its fields; what was left empty is left out. */
export function readForm(fields: FormField[], values: Record<string, unknown>): Record<string, FormValue> {
  const read = shownFields(fields).map((field, index): [string, FormValue | undefined] => {
    const parsed = State.safeParse(values[blockOf(index)])
    const [entered] = parsed.success ? Object.values(parsed.data) : []
    return [field.name, entered && valueIn(field, entered)]
  })
  return Object.fromEntries(read.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

function valueIn(field: FormField, entered: Entered): FormValue | undefined {
  switch (field.kind) {
    case 'text':
      return textOf(entered)
    case 'number':
      return entered.value ? Number(entered.value) : undefined
    case 'yes_no':
      return entered.selected_option ? entered.selected_option.value === 'true' : undefined
    case 'one':
      return field.options[Number(entered.selected_option?.value)]?.value
    case 'many': {
      const chosen = (entered.selected_options ?? []).flatMap(({ value }) => field.options[Number(value)]?.value ?? [])
      return chosen.length > 0 || field.required ? chosen : undefined
    }
    default:
      return field satisfies never
  }
}

function textOf({ value, selected_date, selected_date_time: at }: Entered): string | undefined {
  const moment = at == null ? undefined : new Date(at * 1_000).toISOString().replace('.000Z', 'Z')
  return value || selected_date || moment || undefined
}
