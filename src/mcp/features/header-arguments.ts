import type { JsonObject, JsonValue } from '../../json.ts'

const MARK = 'x-mcp-header'
/** RFC 9110, section 5.6.2. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/
const TYPES = new Set<unknown>(['string', 'integer', 'boolean'])
/** Keywords whose value is data, and those whose value is schemas by name. */
const DATA = new Set(['const', 'default', 'enum', 'examples'])
const NAMED = new Set(['$defs', 'definitions', 'dependentSchemas', 'patternProperties', 'properties'])

type Place = 'root' | 'argument' | 'elsewhere'

/**
 * What is wrong with the arguments a tool wants repeated in headers, if anything: such a tool must not be offered over
 * HTTP (MCP 2026-07-28, server/tools, x-mcp-header).
 */
export function headerArgumentProblemIn(schema: JsonObject): string | undefined {
  const names = new Set<string>()
  for (const { at, place } of marked(schema, 'root')) {
    const name = at[MARK]
    if (typeof name !== 'string' || !TOKEN.test(name)) return 'it names a header that no request can have'
    if (place !== 'argument' || !TYPES.has(at.type)) return `its header "${name}" is not for one plain argument`
    if (names.has(name.toLowerCase())) return `it names the header "${name}" twice`
    names.add(name.toLowerCase())
  }
  return undefined
}

/** Every schema that is marked, an argument or not. */
function* marked(at: JsonObject, place: Place): Generator<{ at: JsonObject; place: Place }> {
  if (MARK in at) yield { at, place }
  for (const [keyword, value] of Object.entries(at)) {
    const isArgument = keyword === 'properties' && place !== 'elsewhere'
    for (const schema of schemasUnder(keyword, value)) yield* marked(schema, isArgument ? 'argument' : 'elsewhere')
  }
}

function schemasUnder(keyword: string, value: JsonValue): JsonObject[] {
  if (DATA.has(keyword) || !isObjectOrList(value)) return []
  return (NAMED.has(keyword) || Array.isArray(value) ? Object.values(value) : [value]).filter(isObject)
}

const isObjectOrList = (value: JsonValue): value is JsonObject | JsonValue[] =>
  typeof value === 'object' && value !== null

const isObject = (value: JsonValue): value is JsonObject => isObjectOrList(value) && !Array.isArray(value)
