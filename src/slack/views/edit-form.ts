import type { InputBlock, ModalView } from '@slack/types'
import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import type { JsonObject, JsonValue } from '../../registry/connection.ts'
import type { CallState } from '../../run/state.ts'
import { context, input, modal, option, section } from './blocks.ts'
import { inline } from './text.ts'
import { sayAct } from './tool-words.ts'

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
export const WHOLE = 'arguments as json'

/** The arguments to ask for one by one; undefined where one JSON text serves better. */
export function argumentKinds(call: Pick<CallState, 'schema' | 'arguments'>): Map<string, ArgumentKind> | undefined {
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
export const mayEdit = (call: Pick<CallState, 'schema' | 'arguments'>): boolean =>
  argumentKinds(call) !== undefined || JSON.stringify(call.arguments, null, 2).length <= LIMITS.plainTextInput

/** The modal to change a call's arguments before approving it. */
export function editForm(call: CallState, keep: unknown): ModalView {
  const kinds = argumentKinds(call)
  const fields = kinds === undefined ? [wholeField(call)] : [...kinds].map(([name, kind]) => field(call, name, kind))
  return modal({
    id: 'approval_edit',
    title: 'Edit and approve',
    submit: 'Approve',
    close: 'Cancel',
    keep,
    blocks: [
      section(`*${inline(sayAct(call, 'wish'))}* with *${inline(call.connectionName)}*`),
      ...fields,
      context('I will do this once, exactly as you write it here.'),
    ],
  })
}

function field(call: CallState, name: string, kind: ArgumentKind): InputBlock {
  const schema = Schema.parse(call.schema)
  const property = schema.properties?.[name]
  const required = schema.required?.includes(name) === true
  const label = property?.title ? `${property.title} (${name})` : name
  // An empty text may be meant, and Slack cannot send one from a required field; the tool's schema is checked on submit.
  const optional = !required || kind === 'text'
  const hint = property?.description ? { hint: property.description } : {}
  return input({ id: name, label, ...hint, optional, element: elementOf(kind, property?.enum, call.arguments[name]) })
}

function elementOf(
  kind: ArgumentKind,
  choices: unknown[] | undefined,
  value: JsonValue | undefined,
): InputBlock['element'] {
  const typed = value === undefined ? '' : asTyped(value)
  switch (kind) {
    case 'choice':
      return select((choices ?? []).map(String), typed)
    case 'boolean':
      return select(['true', 'false'], typed)
    case 'number':
      return {
        type: 'number_input',
        action_id: 'value',
        is_decimal_allowed: true,
        ...(typed !== '' && { initial_value: typed }),
      }
    case 'text':
      return text(typed, typed.length > 80 || typed.includes('\n'))
    case 'json':
      return text(typed, true)
    default:
      return kind satisfies never
  }
}

const text = (initial: string, multiline: boolean): InputBlock['element'] => ({
  type: 'plain_text_input',
  action_id: 'value',
  multiline,
  ...(initial !== '' && { initial_value: initial }),
})

function select(choices: string[], chosen: string): InputBlock['element'] {
  const options = choices.map((choice) => option(choice, choice))
  const initial = options.find(({ value }) => value === chosen)
  return { type: 'static_select', action_id: 'value', options, ...(initial && { initial_option: initial }) }
}

const wholeField = (call: CallState): InputBlock =>
  input({
    id: WHOLE,
    label: 'Details',
    hint: 'Change the values only: keep the quotes, commas and brackets around them.',
    optional: false,
    element: text(JSON.stringify(call.arguments, null, 2), true),
  })

const asTyped = (value: JsonValue): string => (typeof value === 'string' ? value : JSON.stringify(value))

export type Typed = { ok: true; arguments: JsonObject } | { ok: false; problems: Record<string, string> }

/** What was typed, as arguments; `typed` is null where a field was left empty. */
export function readTyped(call: CallState, typed: Record<string, string | null>): Typed {
  const kinds = argumentKinds(call)
  if (kinds === undefined) return readWhole(typed[WHOLE] ?? '')
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

function readWhole(typed: string): Typed {
  const parsed = z.record(z.string(), z.json()).safeParse(parseJson(typed))
  if (parsed.success) return { ok: true, arguments: parsed.data }
  return {
    ok: false,
    problems: { [WHOLE]: 'I cannot read this. Keep the outer { and }, and check the quotes and commas.' },
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
