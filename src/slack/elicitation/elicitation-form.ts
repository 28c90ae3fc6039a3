import type { ModalView } from '@slack/types'
import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import { type FormField, type FormValue, fitsField } from '../../run/decisions/give-input.ts'
import type { PendingInput } from '../../run/runs.ts'
import { revealInvisible, truncate } from '../../text.ts'
import { contextBlock, createModal, sectionBlock } from '../blocks/build-blocks.ts'
import {
  decimalText,
  fieldStateIn,
  fieldTextOf,
  inputBlockOf,
  type ModalField,
  ModalState,
  readField,
} from '../blocks/modal-fields.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, formatDate, pluralize } from '../blocks/text.ts'

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

type FieldOf<K extends FormField['kind']> = Extract<FormField, { kind: K }>

/** A form elicitation's field as a modal field. */
function modalFieldOf(field: FormField, index: number): ModalField {
  const hint = field.hint === undefined ? '' : revealInvisible(field.hint).trim()
  const base = {
    id: formFieldBlockIdOf(index),
    label: revealInvisible(field.title),
    hint: [hint, boundsOf(field)].filter(Boolean).join(/[.!?:;]$/.test(hint) ? ' ' : '. '),
    optional: !field.required,
  }
  switch (field.kind) {
    case 'text':
      return { ...base, ...textInputOf(field) }
    case 'number': {
      const { integer, min, max } = field
      return { ...base, kind: integer ? 'integer' : 'number', initial: decimalText(initialOf(field)), min, max }
    }
    case 'yes_no':
      return { ...base, kind: 'boolean', options: YES_NO, initial: String(field.default) }
    case 'one':
      return { ...base, kind: 'choice', options: optionsOf(field), initial: optionIdOf(field, field.default) }
    case 'many': {
      const chosen = (initialOf(field) ?? []).map((value) => optionIdOf(field, value))
      return { ...base, kind: 'choices', options: optionsOf(field), chosen, max: field.max }
    }
    default:
      return field satisfies never
  }
}

function textInputOf(field: FieldOf<'text'>) {
  const initial = initialOf(field) ?? ''
  if (field.format !== undefined) return { kind: field.format, initial }
  const { minLength: min, maxLength: max = LIMITS.plainTextInput } = field
  const multiline = initial.includes('\n') || (field.maxLength ?? 0) > ONE_LINE_CHARS
  return { kind: 'text' as const, initial, multiline, min, max }
}

/** The default, unless it violates the field's own schema. */
const initialOf = <F extends FormField>(field: F): F['default'] =>
  fitsField(field, field.default) ? field.default : undefined

const YES_NO = [
  { text: 'Yes', id: 'true', value: true },
  { text: 'No', id: 'false', value: false },
]

/** The id of an option is its index, as a server's values may be longer than Slack takes. */
const optionsOf = ({ options }: FieldOf<'one' | 'many'>) =>
  options.map(({ title, value }, index) => ({
    text: revealInvisible(title) || '(empty)',
    id: String(index),
    value,
  }))

/** The id of the first option with this value, `-1` if there is none. */
const optionIdOf = ({ options }: FieldOf<'one' | 'many'>, value: string | undefined): string =>
  String(options.findIndex((one) => one.value === value))

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

const Value = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])

/** The submitted values by the names of the fields, without empty ones; a text that is no value is left for the form's own check. */
export function readSubmittedForm(fields: FormField[], values: Record<string, unknown>): Record<string, FormValue> {
  const state = ModalState.parse(values)
  const read = shownFieldsOf(fields).flatMap((field, index) => {
    const entered = fieldStateIn(state, formFieldBlockIdOf(index))
    const reading = readField(modalFieldOf(field, index), entered)
    if (reading === undefined) return []
    return [[field.name, 'problem' in reading ? (fieldTextOf(entered) ?? '') : Value.parse(reading.value)]]
  })
  return Object.fromEntries(read)
}

/** What is wrong with a text that is no value of its field, by the field's block. */
export function fieldProblemsIn(fields: FormField[], values: Record<string, unknown>): Record<string, string> {
  const state = ModalState.parse(values)
  const problems = shownFieldsOf(fields).flatMap((field, index) => {
    const id = formFieldBlockIdOf(index)
    const reading = readField(modalFieldOf(field, index), fieldStateIn(state, id))
    return reading !== undefined && 'problem' in reading ? [[id, reading.problem]] : []
  })
  return Object.fromEntries(problems)
}
