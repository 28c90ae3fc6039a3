import type { ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { PendingInput } from '../../run/runs.ts'
import { type FormField, type FormValue, fitsField } from '../../run/state/form-field.ts'
import { contextBlock, createModal, createOption, sectionBlock } from '../blocks/blocks.ts'
import {
  type FieldState,
  fieldStateIn,
  fieldTextOf,
  inputBlockOf,
  type ModalField,
  ModalState,
} from '../blocks/modal-fields.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, formatDate, pluralize, revealInvisible, truncate } from '../blocks/text.ts'

/** With the words around them these stay under Slack's 100 blocks. */
const MOST_FIELDS = 90
/** A text that may be longer than this gets several lines. */
const ONE_LINE_CHARS = 300
/** Slack takes 250 KB; the rest is for what is around the fields. */
const FIELDS_MOST_BYTES = 220 * 1024

export const formFieldBlockIdOf = (index: number): string => `field ${index}`

/** The fields a modal has room for: what must be filled in comes first where not all fit. */
export function shownFieldsOf(fields: FormField[]): FormField[] {
  if (fields.length <= MOST_FIELDS) return fields
  return fields.toSorted((a, b) => Number(b.required) - Number(a.required)).slice(0, MOST_FIELDS)
}

/** Whether all that must be filled in has room. */
export function fitsFormModal(fields: FormField[]): boolean {
  const shown = shownFieldsOf(fields)
  const bytes = Buffer.byteLength(JSON.stringify(shown.map(fieldOf).map(inputBlockOf)))
  return bytes <= FIELDS_MOST_BYTES && fields.every((field) => !field.required || shown.includes(field))
}

/** A server's form as a modal. Nothing in it is filled in but the server's own defaults. Pure. */
export function elicitationModal({ call, input: asked }: PendingInput, fields: FormField[]): ModalView {
  const shown = shownFieldsOf(fields)
  const name = truncate(call.connectionName, 80)
  const left = fields.length - shown.length
  const view = createModal({
    id: 'input_answer',
    title: 'Answer',
    submit: 'Send',
    close: 'Cancel',
    keep: { input: asked.id },
    blocks: [
      sectionBlock(
        `*${escapeInlineMrkdwn(name)} asks:* ${escapeMrkdwn(truncate(revealInvisible(asked.request.message), 1_500)) || 'please fill this in'}`,
      ),
      ...(asked.resume.how === 'live' ? [contextBlock(`It waits until ${formatDate(asked.expiresAt)}.`)] : []),
      ...shown.map(fieldOf).map(inputBlockOf),
      ...(left > 0
        ? [contextBlock(`${pluralize(left, 'more optional field')} did not fit here and will stay empty.`)]
        : []),
      contextBlock(
        `What you send goes to ${escapeMrkdwn(name)}. Do not enter passwords or keys. _Cancel_ tells it that you gave no answer.`,
      ),
    ],
  })
  return { ...view, notify_on_close: true }
}

/** A server's field as ours. */
function fieldOf(field: FormField, index: number): ModalField {
  const says = field.hint === undefined ? '' : revealInvisible(field.hint).trim()
  return {
    id: formFieldBlockIdOf(index),
    label: revealInvisible(field.title),
    hint: [says, boundsOf(field)].filter(Boolean).join(/[.!?:;]$/.test(says) ? ' ' : '. '),
    optional: !field.required,
    holds: holdsOf(field),
  }
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

type FieldOf<K extends FormField['kind']> = Extract<FormField, { kind: K }>

function holdsOf(field: FormField): ModalField['holds'] {
  switch (field.kind) {
    case 'text':
      return textHolds(field)
    case 'number':
      return {
        kind: 'number',
        integer: field.integer,
        initial: decimal(initialOf(field)),
        min: decimal(field.min),
        max: decimal(field.max),
      }
    case 'yes_no':
      return { kind: 'one', options: YES_NO, chosen: field.default === undefined ? undefined : String(field.default) }
    case 'one':
      return { kind: 'one', options: optionsOf(field), chosen: placeOf(field, field.default) }
    case 'many':
      return {
        kind: 'many',
        options: optionsOf(field),
        chosen: (initialOf(field) ?? []).flatMap((value) => placeOf(field, value) ?? []),
        ...(field.max !== undefined && field.max >= 1 && { most: Math.min(field.max, 1_000) }),
      }
    default:
      return field satisfies never
  }
}

const YES_NO = [createOption('Yes', 'true'), createOption('No', 'false')]

/** A default that breaks the server's own rules is no default. */
const initialOf = <F extends FormField>(field: F): F['default'] =>
  fitsField(field, field.default) ? field.default : undefined

function textHolds(field: FieldOf<'text'>): ModalField['holds'] {
  const initial = initialOf(field) ?? ''
  if (field.format !== undefined) return { kind: field.format, initial }
  const { minLength = 0, maxLength } = field
  return {
    kind: 'text',
    initial,
    multiline: initial.includes('\n') || (maxLength !== undefined && maxLength > ONE_LINE_CHARS),
    ...(minLength > 0 && { min: Math.min(minLength, LIMITS.plainTextInput) }),
    max: Math.max(1, Math.min(maxLength ?? LIMITS.plainTextInput, LIMITS.plainTextInput)),
  }
}

/** Slack takes plain decimals; other bounds are checked when the form is sent. */
const decimal = (value: number | undefined): string | undefined =>
  value !== undefined && /^-?\d+(\.\d+)?$/.test(String(value)) ? String(value) : undefined

/** An option is known by its place, as a server's values may be longer than Slack takes. */
const optionsOf = (field: FieldOf<'one' | 'many'>) =>
  field.options.map(({ title }, index) => createOption(revealInvisible(title) || '(empty)', String(index)))

function placeOf({ options }: FieldOf<'one' | 'many'>, value: string | undefined): string | undefined {
  const place = options.findIndex((one) => one.value === value)
  return place < 0 ? undefined : String(place)
}

/** What was filled in, as the server wants it, by the names of its fields; what was left empty is left out. */
export function readSubmittedForm(fields: FormField[], values: Record<string, unknown>): Record<string, FormValue> {
  const state = ModalState.parse(values)
  const read = shownFieldsOf(fields).map((field, index): [string, FormValue | undefined] => {
    const entered = fieldStateIn(state, formFieldBlockIdOf(index))
    return [field.name, entered && valueIn(field, entered)]
  })
  return Object.fromEntries(read.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

function valueIn(field: FormField, entered: FieldState): FormValue | undefined {
  switch (field.kind) {
    case 'text':
      return fieldTextOf(entered) || undefined
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
