import { createHash } from 'node:crypto'
import type { JsonObject, JsonValue } from '../json.ts'
import { resolveReference } from './repair-tool-schema.ts'

// Not in the documentation, only in the API's own words; one key that does not fit fails the whole request.
const PROPERTY_NAME = /^[a-zA-Z0-9_.-]{1,64}$/
const MAX_CHARS = 64
const HASH_CHARS = 6

export const isUsableProperty = (name: string): boolean => PROPERTY_NAME.test(name)

/** Names the API refuses, with those it takes in their stead. */
export type PropertyNames = Map<string, string>

/** The property names of a schema that the API refuses, each with one of its own that no other property has; the same every time. */
export function unusableNamesIn(schema: JsonObject): PropertyNames {
  const all = new Set(propertyNamesIn(schema))
  const names: PropertyNames = new Map()
  for (const name of all) {
    if (isUsableProperty(name)) continue
    const fresh = usableName(name, all)
    all.add(fresh)
    names.set(name, fresh)
  }
  return names
}

/** `filter[id]` becomes `filter_id`, or that with a hash where it is taken or too long. */
function usableName(name: string, taken: Set<string>): string {
  const plain = name.replace(/[^a-zA-Z0-9_.-]+/g, '_').replace(/^_+|(?<!_)_+$/g, '')
  if (plain.length > 1 && plain.length <= MAX_CHARS && !taken.has(plain)) return plain
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_CHARS)
  const made = `${plain.slice(0, MAX_CHARS - HASH_CHARS - 1) || 'input'}_${hash}`
  return taken.has(made) ? usableName(`${name} `, taken) : made
}

/** Keywords whose value is data, in which a property's name means nothing. */
const DATA = new Set(['const', 'enum', 'default', 'examples', 'example'])
/** Keywords with schemas under names that are the schema's own. */
const NAMED = new Set(['$defs', 'definitions', 'patternProperties'])
/** Keywords with something under the names of properties. */
const BY_PROPERTY = new Set(['properties', 'dependentSchemas', 'dependentRequired'])

function propertyNamesIn(value: JsonValue): string[] {
  if (Array.isArray(value)) return value.flatMap(propertyNamesIn)
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([keyword, inner]) => {
    if (DATA.has(keyword)) return []
    if (BY_PROPERTY.has(keyword) && isObject(inner))
      return [...Object.keys(inner), ...Object.values(inner).flatMap(propertyNamesIn)]
    return NAMED.has(keyword) && isObject(inner)
      ? Object.values(inner).flatMap(propertyNamesIn)
      : propertyNamesIn(inner)
  })
}

/** The schema with other names for its properties, wherever they are spoken of. */
export function renameProperties(schema: JsonObject, names: PropertyNames): JsonObject {
  if (names.size === 0) return schema
  return mapEntries(schema, (keyword, inner) => [keyword, renamedUnder(keyword, inner, names)])
}

function renamedUnder(keyword: string, inner: JsonValue, names: PropertyNames): JsonValue {
  if (DATA.has(keyword)) return inner
  if (keyword === 'required' && Array.isArray(inner)) return inner.map((name) => renamedWord(name, names))
  if (keyword === '$ref' && typeof inner === 'string') return renamedReference(inner, names)
  if (BY_PROPERTY.has(keyword) && isObject(inner))
    return mapEntries(inner, (name, each) => [
      names.get(name) ?? name,
      keyword === 'dependentRequired' ? renamedUnder('required', each, names) : renamedAny(each, names),
    ])
  return NAMED.has(keyword) && isObject(inner)
    ? mapEntries(inner, (name, each) => [name, renamedAny(each, names)])
    : renamedAny(inner, names)
}

function renamedAny(value: JsonValue, names: PropertyNames): JsonValue {
  if (Array.isArray(value)) return value.map((each) => renamedAny(each, names))
  return isObject(value) ? renameProperties(value, names) : value
}

const renamedWord = (word: JsonValue, names: PropertyNames): JsonValue =>
  typeof word === 'string' ? (names.get(word) ?? word) : word

/** A JSON Pointer may lead through a property: `#/properties/filter[id]`. */
const renamedReference = (ref: string, names: PropertyNames): string =>
  ref
    .split('/')
    .map((part, at, parts) => {
      if (parts[at - 1] !== 'properties') return part
      return names.get(decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')) ?? part
    })
    .join('/')

/** Arguments with other names where the schema has properties of these names; keys that are data stay as they are. */
export function renameArguments(args: JsonObject, schema: JsonObject, names: PropertyNames): JsonObject {
  if (names.size === 0) return args
  const renamed = renamedValue(args, [schema], { names, document: schema })
  return isObject(renamed) ? renamed : args
}

type Renaming = { names: PropertyNames; document: JsonObject }

function renamedValue(value: JsonValue, schemas: JsonValue[], renaming: Renaming): JsonValue {
  const fitting = branchesOf(schemas, renaming.document)
  if (Array.isArray(value)) {
    const items = fitting.flatMap(({ items, prefixItems }) => schemasIn([items, prefixItems]))
    return value.map((each) => renamedValue(each, items, renaming))
  }
  if (!isObject(value)) return value
  return mapEntries(value, (name, each) => {
    const own = fitting.flatMap(({ properties }) => (isObject(properties) ? schemasIn([properties[name]]) : []))
    if (own.length > 0) return [renaming.names.get(name) ?? name, renamedValue(each, own, renaming)]
    const others = fitting.flatMap(({ additionalProperties, patternProperties }) =>
      schemasIn([additionalProperties, ...(isObject(patternProperties) ? Object.values(patternProperties) : [])]),
    )
    return [name, renamedValue(each, others, renaming)]
  })
}

/** A schema with all that it refers to and all its alternatives, each once. */
function branchesOf(schemas: JsonValue[], document: JsonObject): JsonObject[] {
  const found = new Set<JsonObject>()
  const open = [...schemas]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (!isObject(at) || found.has(at)) continue
    found.add(at)
    const target = typeof at.$ref === 'string' ? resolveReference(document, at.$ref) : undefined
    const named = isObject(at.dependentSchemas) ? Object.values(at.dependentSchemas) : []
    open.push(...schemasIn([target, at.anyOf, at.oneOf, at.allOf, at.if, at.then, at.else, ...named]))
  }
  return [...found]
}

const schemasIn = (values: (JsonValue | undefined)[]): JsonValue[] =>
  values.flat().filter((value): value is JsonObject => isObject(value))

const mapEntries = (object: JsonObject, map: (key: string, value: JsonValue) => [string, JsonValue]): JsonObject =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => map(key, value)))

function isObject(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
