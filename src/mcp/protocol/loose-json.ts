export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Without the fields that are null, however deep; null in a list stays, where it counts by its place. */
export function withoutNulls(value: unknown, depth = 0): unknown {
  // What is nested deeper is refused later; a walk of it would exhaust the stack.
  if (depth > 100) return value
  if (Array.isArray(value)) return value.map((one) => withoutNulls(one, depth + 1))
  if (!isObject(value)) return value
  const entries = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutNulls(inner, depth + 1)]))
}
