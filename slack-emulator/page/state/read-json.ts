/** These functions read the server's JSON: a field of the wrong type reads as empty. */
export type JsonRecord = Record<string, unknown>

export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const readRecord = (value: unknown): JsonRecord => (isRecord(value) ? value : {})

export const readRecords = (value: unknown): JsonRecord[] => (Array.isArray(value) ? value.filter(isRecord) : [])

export const readString = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''

export const readStrings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []

export const readNumber = (value: unknown): number => (typeof value === 'number' ? value : Number(value ?? 0) || 0)

/** The text of a text object. */
export const readText = (value: unknown): string => readString(readRecord(value).text)
