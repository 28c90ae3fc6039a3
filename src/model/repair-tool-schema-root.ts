import type { JsonObject, JsonValue } from '../json.ts'

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
