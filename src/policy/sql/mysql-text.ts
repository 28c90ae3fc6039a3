/** Quoted texts and names, comments, and what runs to a quote's or comment's missing end. */
const PIECES =
  /'(?:[^'\\]|\\[\s\S]|'')*'?|"(?:[^"\\]|\\[\s\S]|"")*"?|`(?:[^`]|``)*`?|\/\*[\s\S]*?(?:\*\/|$)|#[^\n]*|--(?=\s|$)[^\n]*/g

/** Why a text may mean something else to a MySQL or MariaDB server than to the parser, or undefined. */
export function doubtIn(sql: string): string | undefined {
  for (const [piece] of sql.matchAll(PIECES)) {
    if (/^\/\*M?!/.test(piece)) return 'it has a comment that some servers run'
    if (piece.startsWith('/*') && piece.includes('/*', 2)) return 'it has a comment inside a comment'
    // With NO_BACKSLASH_ESCAPES a backslash does not guard the quote after it.
    if (/^['"]/.test(piece) && /\\['"`]/.test(piece.replaceAll('\\\\', ''))) return 'it has a quote behind a backslash'
  }
  return undefined
}

/** The same text without what stands in quotes and comments. */
export const stripQuoted = (sql: string): string => sql.replace(PIECES, ' ')
