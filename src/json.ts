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

/** Every object and list in a value with the name it has, or its list, the outermost first; no depth or width is too much. */
export function* holdersIn(value: unknown, name = ''): Generator<Holder> {
  const queue: Holder[] = isHolder(value) ? [[name, value]] : []
  // What is added on the way is visited as well.
  for (const one of queue) {
    yield one
    for (const inner of heldBy(one)) queue.push(inner)
  }
}

const heldBy = ([name, holder]: Holder): Holder[] =>
  Array.isArray(holder)
    ? holder.filter(isHolder).map((inner) => [name, inner])
    : Object.entries(holder).filter((field): field is Holder => isHolder(field[1]))

const isHolder = (value: unknown): value is object => typeof value === 'object' && value !== null

/**
 * The value without the fields that are null, however deep: at our borders null means absent. A list keeps its places. What holds
 * no null comes back as it is; below 100 levels all does, as a walk could exhaust the stack.
 */
export const withoutNulls = (value: unknown): unknown => withoutNullsFrom(value, 0)

function withoutNullsFrom(value: unknown, depth: number): unknown {
  if (!isHolder(value) || depth > 100) return value
  if (Array.isArray(value)) return withoutNullsInList(value, depth)
  const fields = Object.entries(value)
  const kept = fields
    .filter(([, inner]) => inner !== null)
    .map(([name, inner]): Field => [name, withoutNullsFrom(inner, depth + 1)])
  const isSame = kept.length === fields.length && kept.every(([, inner], at) => inner === fields[at]?.[1])
  return isSame ? value : Object.fromEntries(kept)
}

type Field = [name: string, value: unknown]

function withoutNullsInList(list: unknown[], depth: number): unknown[] {
  const kept = list.map((one) => withoutNullsFrom(one, depth + 1))
  return kept.some((one, at) => one !== list[at]) ? kept : list
}

/** Whether a text begins as a JSON object or list does. */
export const isJsonLike = (text: string): boolean => /^\s*[[{]/.test(text)
