export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

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
