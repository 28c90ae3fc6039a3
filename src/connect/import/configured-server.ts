/**
 * One server as a configuration says it, before it is known what can be done with it. Its values may be secrets, so it is never kept,
 * shown or logged.
 */
export type ConfiguredServer = {
  called: string
  /** The project it is for, by its folder's own name. */
  folder?: string | undefined
  off: boolean
  url?: string | undefined
  headers: Record<string, string>
  /** What starts it, and its arguments. */
  program?: string[] | undefined
  env: Record<string, string>
}

/** Stands for a secret that is not carried on: a value like it is always asked for. */
export const LEFT_OUT = '<key>'

export type ConfigFields = Record<string, unknown>

export const isFieldObject = (value: unknown): value is ConfigFields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The first text under one of the names. */
export function firstTextIn(objects: ConfigFields[], names: string[]): string | undefined {
  for (const object of objects)
    for (const name of names) {
      const value = Object.hasOwn(object, name) ? object[name] : undefined
      if (typeof value === 'string' && value.trim() !== '') return value.trim()
    }
  return undefined
}

/** The texts of a list or of an object, numbers and truth values among them. */
export const textsIn = (value: unknown): string[] => (Array.isArray(value) ? value.map(textOf).filter(isText) : [])

export function textFieldsIn(value: unknown): Record<string, string> {
  const fields = isFieldObject(value) ? Object.entries(value) : []
  return Object.fromEntries(
    fields.flatMap(([name, field]) => {
      const text = textOf(field)
      return text === undefined ? [] : [[name, text]]
    }),
  )
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined

const isText = (value: string | undefined): value is string => value !== undefined
