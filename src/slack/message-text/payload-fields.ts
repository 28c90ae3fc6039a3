/** A JSON object of a payload from Slack, of which nothing is known yet. */
export type PayloadFields = { [name: string]: unknown }

export const isPayloadFields = (value: unknown): value is PayloadFields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const listFields = (value: unknown): PayloadFields[] =>
  Array.isArray(value) ? value.filter(isPayloadFields) : []

/** A field's text or number as text; empty where it is neither. */
export function textIn(fields: PayloadFields, name: string): string {
  const value = fields[name]
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? value : ''
}

/** The value without its nulls, at any depth: in Slack's payloads null means absent. A list keeps its places. */
export function dropNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(dropNulls)
  if (!isPayloadFields(value)) return value ?? undefined
  const kept = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(kept.map(([name, inner]) => [name, dropNulls(inner)]))
}

/** The parts that say something, each on lines of its own. */
export const joinLines = (parts: string[]): string => parts.filter((part) => part.trim() !== '').join('\n')
