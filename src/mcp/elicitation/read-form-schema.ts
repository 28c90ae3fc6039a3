import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { truncate } from '../../text.ts'
import type { Redactor } from '../protocol/redactor.ts'
import type { FormField } from './form-field.ts'

const TITLE_CHARS = 150
const HINT_CHARS = 500
const NAME_CHARS = 200
/** A longer form is refused; how much of it fits a modal is slack/'s to decide. */
const MOST_FIELDS = 200
const MOST_OPTIONS = 1_000

const labels = { title: z.string().optional(), description: z.string().optional() }
const Named = z.array(z.object({ const: z.string(), title: z.string().optional() }))
const size = z.number().optional()

const Property = z.union([
  z.object({ ...labels, type: z.literal('string'), oneOf: Named, default: z.string().optional() }),
  z.object({
    ...labels,
    type: z.literal('string'),
    enum: z.array(z.string()),
    enumNames: z.array(z.string()).optional(),
    default: z.string().optional(),
  }),
  z.object({
    ...labels,
    type: z.literal('string'),
    format: z.string().optional(),
    minLength: size,
    maxLength: size,
    default: z.string().optional(),
  }),
  z.object({ ...labels, type: z.enum(['number', 'integer']), minimum: size, maximum: size, default: size }),
  z.object({ ...labels, type: z.literal('boolean'), default: z.boolean().optional() }),
  z.object({
    ...labels,
    type: z.literal('array'),
    items: z.union([z.object({ anyOf: Named }), z.object({ oneOf: Named }), z.object({ enum: z.array(z.string()) })]),
    minItems: size,
    maxItems: size,
    default: z.array(z.string()).optional(),
  }),
])
type Property = z.infer<typeof Property>
type PropertyOf<T extends Property['type']> = Extract<Property, { type: T }>

const Schema = z.object({ properties: z.record(z.string(), z.unknown()), required: z.array(z.string()).optional() })

/**
 * A server's flat schema as the fields of a form (MCP client/elicitation, "Requested Schema"). Names and option values go
 * back as they came, so they may hold nothing that must not be shown; titles, hints and defaults are cleaned and cut.
 * Throws AppError for what is no such form.
 */
export function readFormSchema(schema: unknown, redactor: Redactor): FormField[] {
  const parsed = Schema.safeParse(schema)
  if (!parsed.success) throw createUnaskableError('asks with a form that cannot be read')
  const { properties, required = [] } = parsed.data
  const entries = Object.entries(properties)
  if (entries.length > MOST_FIELDS)
    throw createUnaskableError(`asks with a form of ${entries.length} fields, more than anybody can fill in here`)
  return entries.map(([name, given]) => {
    const property = Property.safeParse(given)
    if (!property.success || name.length > NAME_CHARS || redactor.text(name) !== name)
      throw createUnaskableError('asks with a form that cannot be shown')
    return fieldOf(name, property.data, { required: required.includes(name), redactor })
  })
}

type FieldSettings = { required: boolean; redactor: Redactor }

function fieldOf(name: string, property: Property, settings: FieldSettings): FormField {
  const base = baseOf(name, property, settings)
  switch (property.type) {
    case 'string':
      return stringField(base, property, settings)
    case 'number':
    case 'integer':
      return { ...base, kind: 'number', integer: property.type === 'integer', ...numberBounds(property) }
    case 'boolean':
      return { ...base, kind: 'yes_no', default: property.default }
    case 'array':
      return manyField(base, property, settings)
    default:
      return property satisfies never
  }
}

type Base = Pick<FormField, 'name' | 'title' | 'hint' | 'required'>

function baseOf(name: string, { title, description }: Property, { required, redactor }: FieldSettings): Base {
  const hint = description === undefined ? '' : truncate(redactor.text(description), HINT_CHARS).trim()
  return {
    name,
    title: truncate(redactor.text(title ?? '').trim() || name, TITLE_CHARS),
    required,
    ...(hint !== '' && { hint }),
  }
}

function stringField(base: Base, property: PropertyOf<'string'>, { redactor }: FieldSettings): FormField {
  if ('oneOf' in property) return oneField(base, namedOptions(property.oneOf, redactor), property.default)
  if ('enum' in property)
    return oneField(base, plainOptions(property.enum, property.enumNames ?? [], redactor), property.default)
  const { format, minLength, maxLength, default: initial } = property
  return {
    ...base,
    kind: 'text',
    format: FORMATS.find((known) => known === format),
    minLength,
    maxLength,
    default: initial === undefined ? undefined : redactor.text(initial),
  }
}

const FORMATS = ['email', 'uri', 'date', 'date-time'] as const

type Option = { value: string; title: string }

const oneField = (base: Base, options: Option[], initial: string | undefined): FormField => ({
  ...base,
  kind: 'one',
  options,
  default: options.find(({ value }) => value === initial)?.value,
})

function manyField(
  base: Base,
  { items, minItems, maxItems, default: initial }: PropertyOf<'array'>,
  { redactor }: FieldSettings,
): FormField {
  const options =
    'enum' in items
      ? plainOptions(items.enum, [], redactor)
      : namedOptions('anyOf' in items ? items.anyOf : items.oneOf, redactor)
  const chosen = initial?.filter((one) => options.some(({ value }) => value === one))
  return { ...base, kind: 'many', options, min: minItems, max: maxItems, default: chosen }
}

const namedOptions = (named: z.infer<typeof Named>, redactor: Redactor): Option[] =>
  optionsOf(
    named.map(({ const: value, title }) => ({ value, title: title ?? value })),
    redactor,
  )

const plainOptions = (values: string[], names: string[], redactor: Redactor): Option[] =>
  optionsOf(
    values.map((value, index) => ({ value, title: names[index] ?? value })),
    redactor,
  )

function optionsOf(options: Option[], redactor: Redactor): Option[] {
  if (
    options.length === 0 ||
    options.length > MOST_OPTIONS ||
    options.some(({ value }) => redactor.text(value) !== value)
  )
    throw createUnaskableError('asks for a choice that cannot be shown')
  return options.map(({ value, title }) => ({ value, title: truncate(redactor.text(title), TITLE_CHARS) }))
}

const numberBounds = ({ minimum, maximum, default: initial }: PropertyOf<'number' | 'integer'>) => ({
  min: minimum,
  max: maximum,
  default: initial,
})

/** The error for an elicitation that cannot be shown to a person. */
export const createUnaskableError = (what: string): AppError =>
  new AppError('server_refused', `The server ${what}, so this was not done.`)
