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

/** A text, or a number that JSON does not have. */
const TEXT_OR_NUMBER = /"[^"\\]*(?:\\[\s\S][^"\\]*)*(?:"|\\?$)|-?\b(?:Infinity|NaN)\b/g

/** JSON as servers write it: also after a byte order mark, with raw control characters in its texts, or with NaN and Infinity, which become texts. Throws a SyntaxError. */
export function parseLooseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return JSON.parse(text.trim().replace(TEXT_OR_NUMBER, repairToken))
  }
}

const repairToken = (token: string): string =>
  token.startsWith('"')
    ? token.replace(/\p{Cc}/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : `"${token}"`
