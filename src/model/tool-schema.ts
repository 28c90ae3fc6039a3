import { Ajv2020 } from 'ajv/dist/2020.js'
import type { JsonObject, JsonValue } from '../json.ts'
import {
  isUsableProperty,
  type PropertyNames,
  renameArguments,
  renameProperties,
  unusableNamesIn,
} from './rename-properties.ts'
import { repairSchema, repairSchemaRoot, resolveReference } from './repair-tool-schema.ts'
import type { OfferedTool } from './turn.ts'

/** https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools */
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/

// Ours, not the API's: a tool this large would crowd out the conversation, and deep ones slow everything that walks them.
const TOOL_MAX_CHARACTERS = 60_000
const SCHEMA_MAX_DEPTH = 64

const DRAFT = 'https://json-schema.org/draft/2020-12/schema'
const ROOT_COMBINATORS = ['oneOf', 'anyOf', 'allOf']

const metaSchema = createLazy(() => new Ajv2020({ strict: false, validateFormats: false, logger: false }))

/** Why the API would refuse this tool, or undefined. A refused tool fails the request of every other tool with it. */
export function schemaRefusalFor(tool: OfferedTool): string | undefined {
  if (!TOOL_NAME.test(tool.name)) return 'its name may only have letters, digits, "_" and "-", 64 at most'
  const size = tool.description.length + JSON.stringify(tool.schema).length
  if (size > TOOL_MAX_CHARACTERS) return `the description of it and its inputs is too long (${size} characters)`
  return schemaRefusal(tool.schema)
}

function schemaRefusal(schema: JsonObject): string | undefined {
  if (depthOf(schema) > SCHEMA_MAX_DEPTH) return `its inputs are nested more than ${SCHEMA_MAX_DEPTH} deep`
  if (schema.type !== 'object') return 'its inputs have no names (they are not an object)'
  const combinator = ROOT_COMBINATORS.find((keyword) => keyword in schema)
  if (combinator) return `its inputs are alternatives (${combinator} at the top level)`
  const properties = schema.properties
  const badName = isObject(properties) && Object.keys(properties).find((name) => !isUsableProperty(name))
  if (typeof badName === 'string') return `its input "${badName}" has a name the model cannot use`
  const { $schema: draft, ...body } = schema
  if (!metaSchema().validateSchema(body)) return 'its inputs are described wrongly (not valid JSON Schema 2020-12)'
  const lost = refsOf(schema).find((ref) => resolveReference(schema, ref) === undefined)
  if (lost !== undefined) return `its inputs refer to "${lost}", which is missing`
  const foreign = draft !== undefined && draft !== DRAFT
  return foreign ? 'its inputs are described in another format (a JSON Schema draft other than 2020-12)' : undefined
}

/**
 * A schema the API takes that means the same or is looser: other drafts' spellings are brought to 2020-12, alternatives at
 * the top level become optional properties, properties get names the API takes. Undefined if there is none.
 */
export function toAcceptableSchema(schema: JsonObject): JsonObject | undefined {
  const renamed = renamedSchema(schema)?.schema
  return renamed && schemaRefusal(renamed) === undefined ? renamed : undefined
}

type Renamed = { schema: JsonObject; names: PropertyNames }

/** The schema as it is in all but its names, and then as the API takes it; undefined where it takes none. */
function renamedSchema(schema: JsonObject): (Renamed & { original: JsonObject }) | undefined {
  if (depthOf(schema) > SCHEMA_MAX_DEPTH) return undefined
  const original = repairSchemaRoot(repairSchema(schema))
  if (original === undefined) return undefined
  const names = unusableNamesIn(original)
  return { original, names, schema: renameProperties(original, names) }
}

/** A call's arguments under the names the model knows them by. */
export function toModelArguments(schema: JsonObject, args: JsonObject): JsonObject {
  const renamed = renamedSchema(schema)
  return renamed === undefined ? args : renameArguments(args, renamed.original, renamed.names)
}

/** A call's arguments as the server names them. */
export function toServerArguments(schema: JsonObject, args: JsonObject): JsonObject {
  const renamed = renamedSchema(schema)
  if (renamed === undefined) return args
  const back = new Map([...renamed.names].map(([name, made]) => [made, name]))
  return renameArguments(args, renamed.schema, back)
}

function depthOf(value: JsonValue, depth = 0): number {
  if (value === null || typeof value !== 'object' || depth > SCHEMA_MAX_DEPTH) return depth
  return Math.max(depth, ...Object.values(value).map((inner) => depthOf(inner, depth + 1)))
}

function refsOf(value: JsonValue): string[] {
  if (value === null || typeof value !== 'object') return []
  if (Array.isArray(value)) return value.flatMap(refsOf)
  const own = typeof value.$ref === 'string' ? [value.$ref] : []
  return [...own, ...Object.values(value).flatMap(refsOf)]
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** Importing a file runs nothing: made at first use. */
function createLazy<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}
