import { isObject } from './loose-json.ts'

type Fields = Record<string, unknown>

/**
 * The schema of a form in the spelling of MCP (client/elicitation, "Requested Schema"), which the SDK refuses in any other.
 * Servers that make it from types of their language write optional fields, references and choices as JSON Schema has them.
 */
export function repairFormSchema(schema: unknown): unknown {
  if (!isObject(schema)) return { type: 'object', properties: {} }
  const { properties, required, ...rest } = schema
  const named = Object.entries(isObject(properties) ? properties : {})
  return {
    ...rest,
    type: 'object',
    properties: Object.fromEntries(named.map(([name, property]) => [name, repairProperty(property, schema)])),
    ...(Array.isArray(required) && { required: required.filter((name) => typeof name === 'string') }),
  }
}

// References in a circle end here.
const MAX_STEPS = 8

function repairProperty(property: unknown, document: Fields): unknown {
  if (!isObject(property)) return property
  let found = property
  for (let step = 0; step < MAX_STEPS; step++) {
    const next = withoutNullType(withoutWrapping(found, document))
    if (next === found) break
    found = next
  }
  return repairValues(repairChoices(found))
}

/** What a reference, or a list of one schema beside null, stands for; what stands beside it counts too. */
function withoutWrapping(property: Fields, document: Fields): Fields {
  const { $ref, allOf, anyOf, oneOf, ...beside } = property
  if (typeof $ref === 'string') return { ...definitionOf($ref, document), ...beside }
  const [only, ...others] = [allOf, anyOf, oneOf]
    .flatMap((list) => (Array.isArray(list) ? list : []))
    .filter((one) => !isNull(one))
  return isObject(only) && !('const' in only) && others.length === 0 ? { ...only, ...beside } : property
}

const isNull = (schema: unknown): boolean => isObject(schema) && (schema.type === 'null' || schema.const === null)

function definitionOf($ref: string, { $defs, definitions }: Fields): Fields {
  const name = /^#\/(?:\$defs|definitions)\/([^/]+)$/.exec($ref)?.[1] ?? ''
  const found = isObject($defs) ? $defs[name] : undefined
  const older = isObject(definitions) ? definitions[name] : undefined
  if (isObject(found)) return found
  return isObject(older) ? older : {}
}

function withoutNullType(property: Fields): Fields {
  if (!Array.isArray(property.type)) return property
  const [only, ...others] = property.type.filter((type) => type !== 'null')
  return others.length === 0 ? { ...property, type: only } : property
}

/** Choices are texts, given as `enum`, or as `oneOf` with titles. */
function repairChoices(property: Fields): Fields {
  const { anyOf, const: only, ...rest } = property
  const titled = [property.oneOf, anyOf].find((list) => Array.isArray(list) && list.some(isTitled))
  if (Array.isArray(titled)) return { ...rest, type: 'string', oneOf: titled.filter(isTitled) }
  if (typeof only === 'string') return { ...rest, type: 'string', enum: [only] }
  const isChoice = Array.isArray(property.enum) && property.enum.some((one) => typeof one === 'string')
  if (!isChoice || !Array.isArray(property.enum)) return property
  return { ...property, type: 'string', enum: property.enum.filter((one) => typeof one === 'string') }
}

const isTitled = (one: unknown): boolean => isObject(one) && typeof one.const === 'string'

const TEXTS = ['title', 'description', 'format']
const NUMBERS = ['minLength', 'maxLength', 'minimum', 'maximum', 'minItems', 'maxItems']

function repairValues(property: Fields): Fields {
  const entries = Object.entries(property).flatMap(([key, value]): [string, unknown][] => {
    const sound = repairValue(key, value, property.type)
    return sound === undefined ? [] : [[key, sound]]
  })
  return Object.fromEntries(entries)
}

/** Undefined for what cannot be what it has to be. */
function repairValue(key: string, value: unknown, type: unknown): unknown {
  if (TEXTS.includes(key)) return readText(value)
  if (NUMBERS.includes(key)) return readNumber(value)
  if (key !== 'default') return value
  if (type === 'string') return readText(value)
  if (type === 'number' || type === 'integer') return readNumber(value)
  if (type === 'boolean') return typeof value === 'boolean' ? value : BOOLEANS[String(value).toLowerCase()]
  return value
}

const BOOLEANS: Record<string, boolean> = { true: true, false: false }

const readText = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined

function readNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}
