import type { JsonObject, JsonValue } from '../json.ts'

const TYPES = new Set(['null', 'boolean', 'object', 'array', 'number', 'string', 'integer'])

/** Keywords whose value is one schema, a list of schemas, or schemas by name. */
const ONE = [
  'items',
  'additionalProperties',
  'not',
  'if',
  'then',
  'else',
  'contains',
  'propertyNames',
  'unevaluatedItems',
  'unevaluatedProperties',
]
const LIST = ['oneOf', 'anyOf', 'allOf', 'prefixItems']
const NAMED = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']

/** A schema of any draft in the spelling of 2020-12, without what no model needs. What cannot be read is loosened away. */
export function repairSchema(schema: JsonObject): JsonObject {
  const repaired = repairSubschemas(repairBounds(repairTuples(repairTypes(repairRequired({ ...schema })))))
  // The API takes 2020-12 alone and has failed requests that name another draft.
  delete repaired.$schema
  // A relative or foreign base would change what the references mean.
  delete repaired.$id
  delete repaired.id
  return repaired
}

function repairSubschemas(schema: JsonObject): JsonObject {
  for (const keyword of ONE) {
    const value = schema[keyword]
    if (isObject(value)) schema[keyword] = repairSchema(value)
    else if (value !== undefined && typeof value !== 'boolean') delete schema[keyword]
  }
  for (const keyword of LIST) repairList(schema, keyword)
  for (const keyword of NAMED) repairNamed(schema, keyword)
  return schema
}

function repairList(schema: JsonObject, keyword: string): void {
  const value = schema[keyword]
  if (value === undefined) return
  if (!Array.isArray(value) || value.length === 0) delete schema[keyword]
  else schema[keyword] = value.map(repairAny)
}

function repairNamed(schema: JsonObject, keyword: string): void {
  const value = schema[keyword]
  if (value === undefined) return
  if (!isObject(value)) delete schema[keyword]
  else schema[keyword] = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, repairAny(each)]))
}

function repairAny(value: JsonValue): JsonValue {
  if (isObject(value)) return repairSchema(value)
  return typeof value === 'boolean' ? value : {}
}

/** Draft 3 had `required: true` at the property itself. */
function repairRequired(schema: JsonObject): JsonObject {
  const value = schema.required
  if (value === undefined) return schema
  if (Array.isArray(value)) schema.required = [...new Set(value.filter((name) => typeof name === 'string'))]
  else delete schema.required
  return schema
}

/** Drops `any`, `int` and other types that JSON Schema does not know. */
function repairTypes(schema: JsonObject): JsonObject {
  const value = schema.type
  if (value === undefined) return schema
  const known = (Array.isArray(value) ? value : [value]).filter((type) => typeof type === 'string' && TYPES.has(type))
  if (known.length === 0) delete schema.type
  else schema.type = Array.isArray(value) ? [...new Set(known)] : (known[0] ?? '')
  return schema
}

/** Before 2020-12 a list in `items` described a tuple. */
function repairTuples(schema: JsonObject): JsonObject {
  const items = schema.items
  if (!Array.isArray(items)) return schema
  delete schema.items
  if (items.length > 0) schema.prefixItems = items
  const rest = schema.additionalItems
  if (rest !== undefined) schema.items = rest
  delete schema.additionalItems
  return schema
}

/** In draft 4 `exclusiveMinimum: true` modified `minimum`. */
function repairBounds(schema: JsonObject): JsonObject {
  for (const [exclusive, plain] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    const flag = schema[exclusive]
    if (typeof flag !== 'boolean') continue
    delete schema[exclusive]
    const bound = schema[plain]
    if (!flag || typeof bound !== 'number') continue
    schema[exclusive] = bound
    delete schema[plain]
  }
  return schema
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
