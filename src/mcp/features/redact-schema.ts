import type { JsonObject, JsonValue } from '../../json.ts'
import type { Redactor } from '../protocol/redactor.ts'

/** Keywords that people and models read as text; the value of any other may be sent back as it came. */
const TEXTS = new Set(['title', 'description', '$comment', 'markdownDescription', 'enumNames', 'enumDescriptions'])
/** Keywords that may be left out without a change of meaning. */
const PROPOSALS = new Set(['default', 'examples', 'example'])
/** Keywords under which names lead to schemas. */
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'])

/**
 * A schema with its texts cleaned, and with its names and choices as they came, because a call sends them back. Undefined when
 * one of these holds a secret.
 */
export function redactSchema(schema: JsonObject, redactor: Redactor): JsonObject | undefined {
  const entries: [string, JsonValue][] = []
  for (const [keyword, value] of Object.entries(schema)) {
    if (PROPOSALS.has(keyword) && holdsSecret(value, redactor)) continue
    const cleaned = NAMED.has(keyword) ? redactNamed(value, redactor) : redactValue(keyword, value, redactor)
    if (cleaned === undefined || redactor.holdsSecret(keyword)) return undefined
    entries.push([keyword, cleaned])
  }
  return Object.fromEntries(entries)
}

function redactNamed(value: JsonValue, redactor: Redactor): JsonValue | undefined {
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([name, inner]) => [name, redactInner(inner, redactor)] as const)
  if (entries.some(([name, inner]) => inner === undefined || redactor.text(name) !== name)) return undefined
  return Object.fromEntries(entries.flatMap(([name, inner]) => (inner === undefined ? [] : [[name, inner]])))
}

function redactValue(keyword: string, value: JsonValue, redactor: Redactor): JsonValue | undefined {
  if (!TEXTS.has(keyword)) return redactInner(value, redactor)
  return redactor.json(value)
}

function redactInner(value: JsonValue, redactor: Redactor): JsonValue | undefined {
  if (typeof value === 'string') return redactor.text(value) === value ? value : undefined
  if (Array.isArray(value)) {
    const items = value.map((one) => redactInner(one, redactor))
    return items.includes(undefined) ? undefined : items.flatMap((one) => (one === undefined ? [] : [one]))
  }
  return isObject(value) ? redactSchema(value, redactor) : value
}

const holdsSecret = (value: JsonValue, redactor: Redactor): boolean =>
  JSON.stringify(redactor.json(value)) !== JSON.stringify(value)

const isObject = (value: JsonValue): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
