/** Any JSON value, as JSON.parse returns it. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject

export type JsonObject = { [key: string]: JsonValue }

/** The value of a JSON text; undefined where it is none, which no JSON text means. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

type Holder = [name: string, holder: object]

/** Every object and list in a value with its name where it stands, the outermost first; no depth or width is too much. */
export function* holdersIn(value: unknown, name = ''): Generator<Holder> {
  const queue: Holder[] = isHolder(value) ? [[name, value]] : []
  // What is added on the way is visited as well.
  for (const one of queue) {
    yield one
    const [, holder] = one
    const fields: Iterable<[string | number, unknown]> = Array.isArray(holder)
      ? holder.entries()
      : Object.entries(holder)
    for (const [key, inner] of fields) if (isHolder(inner)) queue.push([String(key), inner])
  }
}

const isHolder = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Whether a text begins as a JSON object or list does. */
export const isJsonLike = (text: string): boolean => /^\s*[[{]/.test(text)
