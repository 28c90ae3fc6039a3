import type { ModalView } from '@slack/types'
import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import type { JsonObject, JsonValue } from '../../registry/connection.ts'
import type { CallState } from '../../run/state/state.ts'
import { describeAction } from '../answer/describe-call.ts'
import { contextBlock, createModal, createOption, sectionBlock } from '../blocks/blocks.ts'
import { inputBlockOf, type ModalField } from '../blocks/modal-fields.ts'
import { escapeInlineMrkdwn } from '../blocks/text.ts'

/** How one argument is typed in a modal. */
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

/** A modal with more fields than this is worse than one JSON text. */
const MOST_FIELDS = 20

/** The field that holds all arguments where they are not asked one by one. */
export const WHOLE_ARGUMENTS_FIELD = 'arguments as json'

/** The arguments to ask for one by one; undefined where one JSON text serves better. */
export function argumentKindsOf(call: Pick<CallState, 'schema' | 'arguments'>): Map<string, ArgumentKind> | undefined {
  const parsed = Schema.safeParse(call.schema)
  const properties = parsed.success ? (parsed.data.properties ?? {}) : {}
  const names = Object.keys(properties)
  const strange = Object.keys(call.arguments).some((name) => !(name in properties))
  const tooLong = Object.values(call.arguments).some((value) => asTyped(value).length > LIMITS.plainTextInput)
  if (names.length === 0 || names.length > MOST_FIELDS || strange || tooLong) return undefined
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
export function editArgumentsModal(call: CallState, keep: unknown): ModalView {
  const kinds = argumentKindsOf(call)
  const fields =
    kinds === undefined ? [wholeField(call)] : [...kinds].map(([name, kind]) => argumentField(call, name, kind))
  return createModal({
    id: 'approval_edit',
    title: 'Edit and approve',
    submit: 'Approve',
    close: 'Cancel',
    keep,
    blocks: [
      sectionBlock(
        `*${escapeInlineMrkdwn(describeAction(call, 'wish'))}* with *${escapeInlineMrkdwn(call.connectionName)}*`,
      ),
      ...fields.map(inputBlockOf),
      contextBlock('I will do this once, exactly as you write it here.'),
    ],
  })
}

/** An argument as a field, with the value the model gave it. */
function argumentField(call: CallState, name: string, kind: ArgumentKind): ModalField {
  const { properties, required } = Schema.parse(call.schema)
  const property = properties?.[name]
  const value = call.arguments[name]
  return {
    id: name,
    label: property?.title ? `${property.title} (${name})` : name,
    hint: property?.description,
    // An empty text may be meant, and Slack cannot send one from a required field; the tool's schema is checked on submit.
    optional: required?.includes(name) !== true || kind === 'text',
    holds: holdsOf(kind, property?.enum ?? [], value === undefined ? '' : asTyped(value)),
  }
}

function holdsOf(kind: ArgumentKind, choices: unknown[], initial: string): ModalField['holds'] {
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

const wholeField = (call: CallState): ModalField => ({
  id: WHOLE_ARGUMENTS_FIELD,
  label: 'Details',
  hint: 'Change the values only: keep the quotes, commas and brackets around them.',
  optional: false,
  holds: { kind: 'text', initial: JSON.stringify(call.arguments, null, 2), multiline: true },
})

const asTyped = (value: JsonValue): string => (typeof value === 'string' ? value : JSON.stringify(value))

export type TypedArguments = { ok: true; arguments: JsonObject } | { ok: false; problems: Record<string, string> }

/** What was typed, as arguments; `typed` is null where a field was left empty. */
export function readTypedArguments(call: CallState, typed: Record<string, string | null>): TypedArguments {
  const kinds = argumentKindsOf(call)
  if (kinds === undefined) return readWhole(typed[WHOLE_ARGUMENTS_FIELD] ?? '')
  const given: JsonObject = {}
  const problems: Record<string, string> = {}
  for (const [name, kind] of kinds) {
    const written = typed[name] || null
    const value = readOne(kind, written, typeof call.arguments[name] === 'string')
    const problem = problemWith(call, name, { kind, written, value })
    if (problem !== undefined) problems[name] = problem
    else if (value !== undefined && value !== 'bad') given[name] = value.value
  }
  return Object.keys(problems).length > 0 ? { ok: false, problems } : { ok: true, arguments: given }
}

type Entry = { kind: ArgumentKind; written: string | null; value: Read }

function problemWith(call: CallState, name: string, { kind, written, value }: Entry): string | undefined {
  if (written === null && mustBeFilled(call, name)) return 'Fill this in.'
  return value === 'bad' ? BAD[kind] : undefined
}

/** Names of arguments that hold what people write: to empty those can be meant ("make the file empty"). */
const PROSE = /(?:content|contents|text|body|data|value|description|comment|note|query|prefix|suffix)$/i

/** A required text may not be emptied where the schema forbids it, or where it named something, like a path. */
function mustBeFilled({ schema, arguments: given }: CallState, name: string): boolean {
  const { properties = {}, required = [] } = Schema.parse(schema)
  const { type, minLength = 0 } = properties[name] ?? {}
  if (!required.includes(name) || type !== 'string') return false
  if (minLength >= 1) return true
  return typeof given[name] === 'string' && given[name] !== '' && !PROSE.test(name)
}

const BAD: Record<ArgumentKind, string> = {
  text: 'Please enter some text.',
  number: 'Please enter a number.',
  boolean: 'Please choose true or false.',
  choice: 'Please choose one.',
  json: 'I cannot read this. Put text in double quotes, and check the commas and brackets.',
}

type Read = { value: JsonValue } | 'bad' | undefined

function readOne(kind: ArgumentKind, typed: string | null, wasText: boolean): Read {
  // A text that was there and is emptied means an empty text; everything else left empty is left out.
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

function readJson(typed: string, wasText: boolean): Read {
  const json = parseJson(typed)
  if (json !== undefined) return { value: json }
  return wasText ? { value: typed } : 'bad'
}

function readWhole(typed: string): TypedArguments {
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
