import type { ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import { type FormField, type FormValue, fitsField } from '../../run/decisions/give-input.ts'
import type { PendingInput } from '../../run/runs.ts'
import { contextBlock, createModal, createOption, sectionBlock } from '../blocks/build-blocks.ts'
import {
  type FieldState,
  fieldStateIn,
  fieldTextOf,
  inputBlockOf,
  type ModalField,
  ModalState,
} from '../blocks/modal-fields.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, formatDate, pluralize, revealInvisible, truncate } from '../blocks/text.ts'

/** With the blocks around them these stay under Slack's 100 blocks. */
const MAX_FIELDS = 90
/** A text that may be longer than this gets a multiline field. */
const ONE_LINE_CHARS = 300
/** Slack takes views of 250 KB; the rest is for the blocks around the fields. */
const MAX_FIELDS_BYTES = 220 * 1024

export const formFieldBlockIdOf = (index: number): string => `field ${index}`

/** The fields that fit a modal; required ones come first if not all fit. */
export function shownFieldsOf(fields: FormField[]): FormField[] {
  if (fields.length <= MAX_FIELDS) return fields
  return fields.toSorted((a, b) => Number(b.required) - Number(a.required)).slice(0, MAX_FIELDS)
}

/** Whether all required fields fit a modal. */
export function fitsFormModal(fields: FormField[]): boolean {
  const shown = shownFieldsOf(fields)
  const bytes = Buffer.byteLength(JSON.stringify(shown.map(modalFieldOf).map(inputBlockOf)))
  return bytes <= MAX_FIELDS_BYTES && fields.every((field) => !field.required || shown.includes(field))
}

/** A form elicitation as a modal, with only the server's defaults as initial values. Pure. */
export function elicitationModal({ call, input }: PendingInput, fields: FormField[]): ModalView {
  const shown = shownFieldsOf(fields)
  const name = truncate(call.connectionName, 80)
  const left = fields.length - shown.length
  const view = createModal({
    id: 'input_answer',
    title: 'Answer',
    submit: 'Send',
    close: 'Cancel',
    metadata: { input: input.id },
    blocks: [
      sectionBlock(
        `*${escapeInlineMrkdwn(name)} asks:* ${escapeMrkdwn(truncate(revealInvisible(input.request.message), 1_500)) || 'please fill this in'}`,
      ),
      ...(input.resume.how === 'live' ? [contextBlock(`It waits until ${formatDate(input.expiresAt)}.`)] : []),
      ...shown.map(modalFieldOf).map(inputBlockOf),
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

/** A form elicitation's field as a modal field. */
function modalFieldOf(field: FormField, index: number): ModalField {
  const hint = field.hint === undefined ? '' : revealInvisible(field.hint).trim()
  return {
    id: formFieldBlockIdOf(index),
    label: revealInvisible(field.title),
    hint: [hint, boundsOf(field)].filter(Boolean).join(/[.!?:;]$/.test(hint) ? ' ' : '. '),
    optional: !field.required,
    input: fieldInputOf(field),
  }
}

/** The bounds of a value in words, where Slack's field does not show them. */
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

function fieldInputOf(field: FormField): ModalField['input'] {
  switch (field.kind) {
    case 'text':
      return textInputOf(field)
    case 'number':
      return {
        kind: 'number',
        integer: field.integer,
        initial: decimalText(initialOf(field)),
        min: decimalText(field.min),
        max: decimalText(field.max),
      }
    case 'yes_no':
      return { kind: 'one', options: YES_NO, chosen: field.default === undefined ? undefined : String(field.default) }
    case 'one':
      return { kind: 'one', options: optionsOf(field), chosen: optionIndexOf(field, field.default) }
    case 'many':
      return {
        kind: 'many',
        options: optionsOf(field),
        chosen: (initialOf(field) ?? []).flatMap((value) => optionIndexOf(field, value) ?? []),
        ...(field.max !== undefined && field.max >= 1 && { most: Math.min(field.max, 1_000) }),
      }
    default:
      return field satisfies never
  }
}

const YES_NO = [createOption('Yes', 'true'), createOption('No', 'false')]

/** The default, unless it violates the field's own schema. */
const initialOf = <F extends FormField>(field: F): F['default'] =>
  fitsField(field, field.default) ? field.default : undefined

function textInputOf(field: FieldOf<'text'>): ModalField['input'] {
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

/** Slack takes only plain decimals as bounds; others are checked on submission. */
const decimalText = (value: number | undefined): string | undefined =>
  value !== undefined && /^-?\d+(\.\d+)?$/.test(String(value)) ? String(value) : undefined

/** The value of an option is its index, as a server's values may be longer than Slack takes. */
const optionsOf = (field: FieldOf<'one' | 'many'>) =>
  field.options.map(({ title }, index) => createOption(revealInvisible(title) || '(empty)', String(index)))

function optionIndexOf({ options }: FieldOf<'one' | 'many'>, value: string | undefined): string | undefined {
  const index = options.findIndex((one) => one.value === value)
  return index < 0 ? undefined : String(index)
}

/** The submitted values by the names of the server's fields; empty ones are left out. */
export function readSubmittedForm(fields: FormField[], values: Record<string, unknown>): Record<string, FormValue> {
  const state = ModalState.parse(values)
  const read = shownFieldsOf(fields).map((field, index): [string, FormValue | undefined] => {
    const entered = fieldStateIn(state, formFieldBlockIdOf(index))
    return [field.name, entered && formValueIn(field, entered)]
  })
  return Object.fromEntries(read.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

function formValueIn(field: FormField, entered: FieldState): FormValue | undefined {
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
