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

/** The parts that say something, each on lines of its own. */
export const joinLines = (parts: string[]): string => parts.filter((part) => part.trim() !== '').join('\n')
