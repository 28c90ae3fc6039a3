type Mark = { opens: RegExp; closes(opened: string): string }

/** What may hold a semicolon that ends no statement. */
const MARKS: Mark[] = [
  { opens: /--[^\n]*/y, closes: () => '' },
  { opens: /\/\*/y, closes: () => '*/' },
  { opens: /\$(?:[a-z_]\w*)?\$/iy, closes: (opened) => opened },
  { opens: /'/y, closes: () => "'" },
  { opens: /"/y, closes: () => '"' },
  { opens: /`/y, closes: () => '`' },
]

/** The statements of a text, to name what they gave: what is run is the whole text, and its database parts it. */
export function splitStatements(sql: string): string[] {
  const parts: string[] = []
  let start = 0
  for (let at = 0; at < sql.length; ) {
    if (sql[at] === ';') {
      parts.push(sql.slice(start, at))
      start = ++at
    } else at = endOfMarkAt(sql, at) ?? at + 1
  }
  return [...parts, sql.slice(start)].map((part) => part.trim()).filter((part) => part !== '')
}

/** Where a comment or a quoted text that begins here ends; undefined where none begins. */
function endOfMarkAt(sql: string, at: number): number | undefined {
  for (const { opens, closes } of MARKS) {
    opens.lastIndex = at
    const opened = opens.exec(sql)?.[0]
    if (opened === undefined) continue
    const closing = closes(opened)
    const end = sql.indexOf(closing, at + opened.length)
    return end < 0 ? sql.length : end + closing.length
  }
  return undefined
}
