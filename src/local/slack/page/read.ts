/** What the server sends is read through these: a field that is not what it should be reads as empty, never as a crash. */
export type Json = Record<string, unknown>

export const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const record = (value: unknown): Json => (isRecord(value) ? value : {})

export const records = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isRecord) : [])

export const str = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''

export const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []

export const num = (value: unknown): number => (typeof value === 'number' ? value : Number(value ?? 0) || 0)

/** The words of a text object. */
export const textOf = (value: unknown): string => str(record(value).text)
