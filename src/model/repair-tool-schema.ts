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

/** A chain of references at the root longer than this goes round in circles. */
const REFERENCE_LIMIT = 8

/** The root as the API wants it: an object, with no alternatives beside its properties. Undefined where it cannot be one. */
export function repairSchemaRoot(schema: JsonObject): JsonObject | undefined {
  const direct = followRootReference(schema, schema)
  if (!direct || !mayBeObject(direct)) return undefined
  const { oneOf, anyOf, allOf, ...rest } = direct
  let root: JsonObject = { ...rest, type: 'object' }
  for (const branch of branchesOf(schema, allOf)) root = mergeAll(root, branch)
  for (const alternatives of [oneOf, anyOf]) {
    const branches = branchesOf(schema, alternatives)
    if (branches.length > 0) root = mergeAny(root, branches)
  }
  return dropDanglingReferences(root, { ...schema, ...root })
}

/** Follows a `$ref` that is the whole schema; what stands beside it counts too. */
function followRootReference(schema: JsonObject, document: JsonObject): JsonObject | undefined {
  let at: JsonObject = schema
  for (let hops = 0; typeof at.$ref === 'string'; hops += 1) {
    const target = resolveReference(document, at.$ref)
    if (!isObject(target) || hops > REFERENCE_LIMIT) return undefined
    const { $ref: _, ...beside } = at
    at = { ...target, ...beside }
  }
  return at
}

function mayBeObject(schema: JsonObject): boolean {
  const type = schema.type
  return type === undefined || type === 'object' || (Array.isArray(type) && type.includes('object'))
}

function branchesOf(document: JsonObject, list: JsonValue | undefined): JsonObject[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((each) => {
    const branch = isObject(each) ? followRootReference(each, document) : undefined
    return branch && mayBeObject(branch) ? [flattenBranch(branch, document)] : []
  })
}

/** A branch may hold alternatives itself. */
function flattenBranch(branch: JsonObject, document: JsonObject): JsonObject {
  const { oneOf, anyOf, allOf, ...rest } = branch
  let flat: JsonObject = rest
  for (const part of branchesOf(document, allOf)) flat = mergeAll(flat, part)
  for (const alternatives of [oneOf, anyOf]) {
    const branches = branchesOf(document, alternatives)
    if (branches.length > 0) flat = mergeAny(flat, branches)
  }
  return flat
}

/** Everything of both. */
function mergeAll(root: JsonObject, branch: JsonObject): JsonObject {
  return {
    ...root,
    properties: { ...propertiesOf(branch), ...propertiesOf(root) },
    ...requiredField([...requiredOf(root), ...requiredOf(branch)]),
  }
}

/** Any branch will do: its properties become possible, and only what every branch requires stays required. */
function mergeAny(root: JsonObject, branches: JsonObject[]): JsonObject {
  const shared = requiredOf(branches[0] ?? {}).filter((name) =>
    branches.every((each) => requiredOf(each).includes(name)),
  )
  const properties: JsonObject = {}
  for (const branch of branches)
    for (const [name, schema] of Object.entries(propertiesOf(branch)))
      properties[name] = name in properties ? anyOfTwo(properties[name], schema) : schema
  return {
    ...root,
    properties: { ...properties, ...propertiesOf(root) },
    ...requiredField([...requiredOf(root), ...shared]),
  }
}

function anyOfTwo(left: JsonValue | undefined, right: JsonValue): JsonValue {
  if (left === undefined || JSON.stringify(left) === JSON.stringify(right)) return right
  const known = isObject(left) && Array.isArray(left.anyOf) && Object.keys(left).length === 1 ? left.anyOf : [left]
  const listed = known.some((each) => JSON.stringify(each) === JSON.stringify(right))
  return { anyOf: listed ? known : [...known, right] }
}

function propertiesOf(schema: JsonObject): JsonObject {
  const value = schema.properties
  return isObject(value) ? value : {}
}

function requiredOf(schema: JsonObject): string[] {
  const value = schema.required
  return Array.isArray(value) ? value.filter((name) => typeof name === 'string') : []
}

function requiredField(names: string[]): JsonObject {
  return names.length > 0 ? { required: [...new Set(names)] } : {}
}

/** The value a local reference points at, by JSON Pointer (RFC 6901) or anchor; undefined when it points nowhere. */
export function resolveReference(document: JsonObject, ref: string): JsonValue | undefined {
  if (ref === '#') return document
  if (!ref.startsWith('#/')) return undefined
  let at: JsonValue | undefined = document
  for (const part of ref.slice(2).split('/')) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (at === undefined || at === null || typeof at !== 'object') return undefined
    at = Array.isArray(at) ? at[Number(key)] : at[key]
  }
  return at
}

/** References that point nowhere become "anything". */
function dropDanglingReferences(schema: JsonObject, document: JsonObject): JsonObject {
  const kept: JsonObject = {}
  for (const [key, value] of Object.entries(schema)) {
    const lost = key === '$ref' && typeof value === 'string' && resolveReference(document, value) === undefined
    if (!lost) kept[key] = dropDanglingIn(value, document)
  }
  return kept
}

function dropDanglingIn(value: JsonValue, document: JsonObject): JsonValue {
  if (Array.isArray(value)) return value.map((each) => dropDanglingIn(each, document))
  return isObject(value) ? dropDanglingReferences(value, document) : value
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
