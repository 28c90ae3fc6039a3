import type { InputBlock, ModalView } from '@slack/types'
import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import type { UserId } from '../../ids.ts'
import type { JsonObject, JsonValue } from '../../json.ts'
import type { CallState } from '../../run/state/state.ts'
import { contextBlock, createModal, sectionBlock } from '../blocks/build-blocks.ts'
import { isSql } from '../blocks/format-sql.ts'
import { type FieldReading, inputBlockOf, type ModalField, readField, textOption } from '../blocks/modal-fields.ts'
import { escapeInlineMrkdwn, mentionOf } from '../blocks/text.ts'
import { headlineOf } from './headline.ts'

const Property = z
  .object({
    type: z.unknown().optional(),
    enum: z.array(z.unknown()).optional(),
    title: z.string().optional(),
    description: z.string().optional(),
    minLength: z.number().optional(),
  })
  .loose()
type Property = z.infer<typeof Property>
const Schema = z
  .object({ properties: z.record(z.string(), Property).default({}), required: z.array(z.string()).default([]) })
  .loose()
/** An enum that fits a menu. */
const MenuValues = z.array(z.string().min(1).max(LIMITS.option.value)).max(LIMITS.options.select)

/** With more arguments than this, one JSON field is used. */
const MAX_FIELDS = 20

/** The field that holds all arguments as JSON. */
export const WHOLE_ARGUMENTS_FIELD = 'arguments as json'

type Arguments = Pick<CallState, 'schema' | 'arguments'>

/** The arguments' fields, with the model's values as initial ones; undefined where one JSON field is used. */
export function argumentFieldsOf({ schema, arguments: given }: Arguments): ModalField[] | undefined {
  const parsed = Schema.safeParse(schema)
  const properties = Object.entries(parsed.data?.properties ?? {})
  const names = new Set(properties.map(([name]) => name))
  const hasUnknown = Object.keys(given).some((name) => !names.has(name))
  const tooLong = Object.values(given).some((value) => textOf(value).length > LIMITS.plainTextInput)
  const unnamable = [...names].some((name) => name === '' || name.length > LIMITS.id)
  if (names.size === 0 || names.size > MAX_FIELDS || hasUnknown || tooLong || unnamable) return undefined
  return properties.map(([name, property]) => {
    const value = ownValueOf(given, name)
    const input = argumentInputOf(name, property, value)
    return {
      id: name,
      label: property.title ? `${property.title} (${name})` : name,
      hint: property.description,
      // Slack cannot send an empty text from a required field, and where it is empty already, that is meant.
      optional: parsed.data?.required.includes(name) !== true || value === '',
      ...input,
    }
  })
}

/** Tools name arguments as they like, `constructor` too. */
const ownValueOf = <T>(values: Record<string, T>, name: string): T | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined

/** A text as it is, any other value as JSON, an absent one as ''. */
const textOf = (value: JsonValue = ''): string => (typeof value === 'string' ? value : JSON.stringify(value))

function argumentInputOf(name: string, { type, enum: values }: Property, value: JsonValue | undefined) {
  const initial = textOf(value)
  const json = { kind: 'json', initial, multiline: true } as const
  const menu = MenuValues.safeParse(values)
  if (menu.success)
    return menu.data.length > 0 ? ({ kind: 'choice', initial, options: menu.data.map(textOption) } as const) : json
  if (type === 'string' && (value === undefined || typeof value === 'string'))
    return { kind: 'text', initial, multiline: isLongText(name, initial) } as const
  if (type === 'number' || type === 'integer') return { kind: 'number', initial } as const
  return type === 'boolean' ? ({ kind: 'boolean', initial, options: TRUE_FALSE } as const) : json
}

/** Names of arguments that hold text of several lines, even where it is short now. */
const LONG = /(?:content|contents|text|body|description|comment|note)$/i

const isLongText = (name: string, text: string): boolean =>
  text.length > 80 || text.includes('\n') || LONG.test(name) || isSql(name, text)

const TRUE_FALSE = [
  { text: 'true', id: 'true', value: true },
  { text: 'false', id: 'false', value: false },
]

const wholeField = (call: Arguments): ModalField => ({
  id: WHOLE_ARGUMENTS_FIELD,
  label: 'Details',
  hint: 'Change the values only: keep the quotes, commas and brackets around them.',
  optional: false,
  kind: 'json',
  initial: JSON.stringify(call.arguments, null, 2),
  multiline: true,
})

/** Whether the arguments can be edited in Slack at all: its text fields end at 3,000 characters. */
export const canEditArguments = (call: Arguments): boolean =>
  argumentFieldsOf(call) !== undefined || JSON.stringify(call.arguments, null, 2).length <= LIMITS.plainTextInput

/** Whether there is anything to edit: arguments, or names for some. */
export const hasArguments = ({ schema, arguments: given }: Arguments): boolean =>
  Object.keys(given).length > 0 || Object.keys(Schema.safeParse(schema).data?.properties ?? {}).length > 0

/** The fields that arguments are changed in. */
export const argumentBlocksOf = (call: Arguments): InputBlock[] =>
  (argumentFieldsOf(call) ?? [wholeField(call)]).map(inputBlockOf)

type EditOptions = {
  metadata?: unknown
  /** Who has to confirm what is changed, where it is not who edits. */
  confirmedBy?: UserId | undefined
}

/** The modal to change a call's arguments before approving it. */
export function editArgumentsModal(call: CallState, { metadata, confirmedBy }: EditOptions): ModalView {
  return createModal({
    id: 'approval_edit',
    title: 'Edit and approve',
    submit: 'Approve',
    close: 'Cancel',
    metadata,
    blocks: [
      sectionBlock(
        `*${escapeInlineMrkdwn(headlineOf(call, 'wish'))}* with *${escapeInlineMrkdwn(call.connectionName)}*`,
      ),
      ...argumentBlocksOf(call),
      contextBlock(
        confirmedBy === undefined
          ? 'I will do this once, exactly as you write it here.'
          : `It runs with the credentials of ${mentionOf(confirmedBy)}, so I ask them to confirm what you change. If you change nothing, it is approved at once.`,
      ),
    ],
  })
}

export type TypedArguments = { ok: true; arguments: JsonObject } | { ok: false; problems: Record<string, string> }

/** The submitted fields as arguments, or the problems by field; `typed` is null for empty fields. */
export function readTypedArguments(call: Arguments, typed: Record<string, string | null>): TypedArguments {
  const fields = argumentFieldsOf(call)
  if (fields === undefined) return readWholeField(call, typed[WHOLE_ARGUMENTS_FIELD])
  const given: [name: string, value: JsonValue][] = []
  const problems: Record<string, string> = {}
  for (const field of fields) {
    const reading = readArgument(call, field, ownValueOf(typed, field.id) ?? '')
    if (reading === undefined) continue
    if ('problem' in reading) problems[field.id] = reading.problem
    else given.push([field.id, reading.value])
  }
  return Object.keys(problems).length > 0 ? { ok: false, problems } : { ok: true, arguments: Object.fromEntries(given) }
}

/** An emptied text is an empty string, any other empty field is left out; a text may stand where JSON stands if it did before. */
function readArgument(call: Arguments, field: ModalField, typed: string): FieldReading {
  const wasText = typeof ownValueOf(call.arguments, field.id) === 'string'
  if (typed === '') {
    if (mustBeFilled(call, field.id)) return { problem: 'Fill this in.' }
    return field.kind === 'text' && wasText ? { value: '' } : undefined
  }
  const reading = readField(field, { value: typed })
  return field.kind === 'json' && wasText && reading && 'problem' in reading ? { value: typed } : reading
}

/** Names of arguments that hold prose, which may be emptied on purpose. */
const PROSE = /(?:content|contents|text|body|data|value|description|comment|note|query|prefix|suffix)$/i

/** A required text must not be empty if its schema says so, or if it had a value that is no prose, like a path. */
function mustBeFilled({ schema, arguments: given }: Arguments, name: string): boolean {
  const { properties, required } = Schema.parse(schema)
  const { type, minLength = 0 } = ownValueOf(properties, name) ?? {}
  const value = ownValueOf(given, name)
  if (!required.includes(name) || type !== 'string') return false
  if (minLength >= 1) return true
  return typeof value === 'string' && value !== '' && !PROSE.test(name)
}

function readWholeField(call: Arguments, typed: string | null | undefined): TypedArguments {
  const reading = readField(wholeField(call), { value: typed })
  const parsed = z.record(z.string(), z.json()).safeParse(reading && 'value' in reading ? reading.value : undefined)
  if (parsed.success) return { ok: true, arguments: parsed.data }
  const problem = 'I cannot read this. Keep the outer { and }, and check the quotes and commas.'
  return { ok: false, problems: { [WHOLE_ARGUMENTS_FIELD]: problem } }
}
