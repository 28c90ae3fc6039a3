import type { ModalView } from '@slack/types'
import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import type { JsonObject, JsonValue } from '../../json.ts'
import type { CallState } from '../../run/state/state.ts'
import { describeAction } from '../answer/describe-calls.ts'
import { contextBlock, createModal, createOption, sectionBlock } from '../blocks/build-blocks.ts'
import { inputBlockOf, type ModalField } from '../blocks/modal-fields.ts'
import { escapeInlineMrkdwn } from '../blocks/text.ts'

/** The kind of field for one argument. */
export type ArgumentKind = 'text' | 'number' | 'boolean' | 'choice' | 'json'

const Property = z
  .object({
    type: z.unknown().optional(),
    enum: z.array(z.unknown()).optional(),
    title: z.string().optional(),
    description: z.string().optional(),
    minLength: z.number().optional(),
  })
  .loose()
const Schema = z
  .object({ properties: z.record(z.string(), Property).optional(), required: z.array(z.string()).optional() })
  .loose()

/** With more arguments than this, one JSON field is used. */
const MAX_FIELDS = 20

/** The field that holds all arguments as JSON. */
export const WHOLE_ARGUMENTS_FIELD = 'arguments as json'

/** The kinds of the arguments' fields by name; undefined where one JSON field is used. */
export function argumentKindsOf(call: Pick<CallState, 'schema' | 'arguments'>): Map<string, ArgumentKind> | undefined {
  const parsed = Schema.safeParse(call.schema)
  const properties = parsed.success ? (parsed.data.properties ?? {}) : {}
  const names = Object.keys(properties)
  const hasUnknown = Object.keys(call.arguments).some((name) => !(name in properties))
  const tooLong = Object.values(call.arguments).some((value) => fieldTextOf(value).length > LIMITS.plainTextInput)
  if (names.length === 0 || names.length > MAX_FIELDS || hasUnknown || tooLong) return undefined
  return new Map(names.map((name) => [name, kindOf(properties[name], call.arguments[name])]))
}

function kindOf(property: z.infer<typeof Property> | undefined, value: JsonValue | undefined): ArgumentKind {
  const choices = property?.enum
  if (
    choices?.every((one) => typeof one === 'string' && one !== '' && one.length <= LIMITS.option.value) &&
    choices.length <= 100
  ) {
    return choices.length > 0 ? 'choice' : 'json'
  }
  if (property?.type === 'string' && (value === undefined || typeof value === 'string')) return 'text'
  if (property?.type === 'number' || property?.type === 'integer') return 'number'
  return property?.type === 'boolean' ? 'boolean' : 'json'
}

/** Whether the arguments can be edited in Slack at all: its text fields end at 3,000 characters. */
export const canEditArguments = (call: Pick<CallState, 'schema' | 'arguments'>): boolean =>
  argumentKindsOf(call) !== undefined || JSON.stringify(call.arguments, null, 2).length <= LIMITS.plainTextInput

/** The modal to change a call's arguments before approving it. */
export function editArgumentsModal(call: CallState, metadata: unknown): ModalView {
  const kinds = argumentKindsOf(call)
  const fields =
    kinds === undefined ? [jsonField(call)] : [...kinds].map(([name, kind]) => argumentField(call, name, kind))
  return createModal({
    id: 'approval_edit',
    title: 'Edit and approve',
    submit: 'Approve',
    close: 'Cancel',
    metadata,
    blocks: [
      sectionBlock(
        `*${escapeInlineMrkdwn(describeAction(call, 'wish'))}* with *${escapeInlineMrkdwn(call.connectionName)}*`,
      ),
      ...fields.map(inputBlockOf),
      contextBlock('I will do this once, exactly as you write it here.'),
    ],
  })
}

/** An argument as a field, with the model's value as its initial one. */
function argumentField(call: CallState, name: string, kind: ArgumentKind): ModalField {
  const { properties, required } = Schema.parse(call.schema)
  const property = properties?.[name]
  const value = call.arguments[name]
  return {
    id: name,
    label: property?.title ? `${property.title} (${name})` : name,
    hint: property?.description,
    // Slack cannot send an empty text from a required field, and it may be meant; submitting checks the tool's schema.
    optional: required?.includes(name) !== true || kind === 'text',
    input: fieldInputOf(kind, property?.enum ?? [], value === undefined ? '' : fieldTextOf(value)),
  }
}

function fieldInputOf(kind: ArgumentKind, choices: unknown[], initial: string): ModalField['input'] {
  switch (kind) {
    case 'choice':
      return { kind: 'one', options: choices.map((one) => createOption(String(one), String(one))), chosen: initial }
    case 'boolean':
      return { kind: 'one', options: [createOption('true', 'true'), createOption('false', 'false')], chosen: initial }
    case 'number':
      return { kind: 'number', integer: false, initial }
    case 'text':
      return { kind: 'text', initial, multiline: initial.length > 80 || initial.includes('\n') }
    case 'json':
      return { kind: 'text', initial, multiline: true }
    default:
      return kind satisfies never
  }
}

const jsonField = (call: CallState): ModalField => ({
  id: WHOLE_ARGUMENTS_FIELD,
  label: 'Details',
  hint: 'Change the values only: keep the quotes, commas and brackets around them.',
  optional: false,
  input: { kind: 'text', initial: JSON.stringify(call.arguments, null, 2), multiline: true },
})

const fieldTextOf = (value: JsonValue): string => (typeof value === 'string' ? value : JSON.stringify(value))

export type TypedArguments = { ok: true; arguments: JsonObject } | { ok: false; problems: Record<string, string> }

/** The submitted fields as arguments, or the problems by field; `typed` is null for empty fields. */
export function readTypedArguments(call: CallState, typed: Record<string, string | null>): TypedArguments {
  const kinds = argumentKindsOf(call)
  if (kinds === undefined) return readJsonField(typed[WHOLE_ARGUMENTS_FIELD] ?? '')
  const given: JsonObject = {}
  const problems: Record<string, string> = {}
  for (const [name, kind] of kinds) {
    const entered = typed[name] || null
    const value = readField(kind, entered, typeof call.arguments[name] === 'string')
    const problem = problemWith(call, name, { kind, entered, value })
    if (problem !== undefined) problems[name] = problem
    else if (value !== undefined && value !== 'bad') given[name] = value.value
  }
  return Object.keys(problems).length > 0 ? { ok: false, problems } : { ok: true, arguments: given }
}

type Entry = { kind: ArgumentKind; entered: string | null; value: ReadValue }

function problemWith(call: CallState, name: string, { kind, entered, value }: Entry): string | undefined {
  if (entered === null && mustBeFilled(call, name)) return 'Fill this in.'
  return value === 'bad' ? INVALID_TEXTS[kind] : undefined
}

/** Names of arguments that hold prose, which may be emptied on purpose. */
const PROSE = /(?:content|contents|text|body|data|value|description|comment|note|query|prefix|suffix)$/i

/** A required text must not be empty if its schema says so, or if it had a value that is no prose, like a path. */
function mustBeFilled({ schema, arguments: given }: CallState, name: string): boolean {
  const { properties = {}, required = [] } = Schema.parse(schema)
  const { type, minLength = 0 } = properties[name] ?? {}
  if (!required.includes(name) || type !== 'string') return false
  if (minLength >= 1) return true
  return typeof given[name] === 'string' && given[name] !== '' && !PROSE.test(name)
}

const INVALID_TEXTS: Record<ArgumentKind, string> = {
  text: 'Please enter some text.',
  number: 'Please enter a number.',
  boolean: 'Please choose true or false.',
  choice: 'Please choose one.',
  json: 'I cannot read this. Put text in double quotes, and check the commas and brackets.',
}

type ReadValue = { value: JsonValue } | 'bad' | undefined

function readField(kind: ArgumentKind, typed: string | null, wasText: boolean): ReadValue {
  // An emptied text is an empty string; any other empty field is left out.
  if (typed === null) return kind === 'text' && wasText ? { value: '' } : undefined
  switch (kind) {
    case 'text':
    case 'choice':
      return { value: typed }
    case 'boolean':
      return { value: typed === 'true' }
    case 'number':
      return Number.isFinite(Number(typed)) ? { value: Number(typed) } : 'bad'
    case 'json':
      return readJson(typed, wasText)
    default:
      return kind satisfies never
  }
}

function readJson(typed: string, wasText: boolean): ReadValue {
  const json = parseJson(typed)
  if (json !== undefined) return { value: json }
  return wasText ? { value: typed } : 'bad'
}

function readJsonField(typed: string): TypedArguments {
  const parsed = z.record(z.string(), z.json()).safeParse(parseJson(typed))
  if (parsed.success) return { ok: true, arguments: parsed.data }
  return {
    ok: false,
    problems: {
      [WHOLE_ARGUMENTS_FIELD]: 'I cannot read this. Keep the outer { and }, and check the quotes and commas.',
    },
  }
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return z.json().parse(JSON.parse(text))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
