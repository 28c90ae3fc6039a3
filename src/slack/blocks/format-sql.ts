/** Clauses that begin a line of their own. */
const CLAUSE =
  /^(?:from|where|group by|order by|having|limit|offset|set|values|returning|union|except|intersect|on conflict|(?:(?:left|right|full|inner|cross|outer|natural)\s+)*join)\b/i

/** Words that belong with the clause after them. */
const LEADS = /\b(?:left|right|full|inner|cross|outer|natural|delete|distinct)$/i

/** Quoted texts, names and comments, and parentheses: what stands in them is left as it is. */
const PIECES =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$\w*\$)[\s\S]*?\1|--[^\n]*|\/\*[\s\S]*?\*\/|[()]|\s+|[^\s'"()$/-]+|[\s\S]/g

const SQL =
  /^\s*(?:select|with|insert|update|delete|merge|create|alter|drop|truncate|grant|revoke|explain|call|do|copy)\b/i
const NAMES = new Set(['sql', 'query', 'statement'])

/** Shorter statements are read in one line. */
const ONE_LINE = 60

export const isSql = (name: string, value: string): boolean => NAMES.has(name.toLowerCase()) && SQL.test(value)

/**
 * A statement with one clause a line. Only blanks between clauses are changed, and never inside quotes, comments or parentheses, so what
 * is read is what is sent; a statement that has lines of its own, or that could be read in two ways, is left alone.
 */
export function formatSql(sql: string): string {
  if (sql.length <= ONE_LINE || /[\n\\]|--/.test(sql)) return sql
  let depth = 0
  let at = 0
  return [...sql.matchAll(PIECES)]
    .map(([piece]) => {
      at += piece.length
      if (piece === '(') depth += 1
      if (piece === ')') depth -= 1
      const between = depth === 0 && piece.trim() === ''
      const before = sql.slice(Math.max(0, at - piece.length - 10), at - piece.length)
      return between && CLAUSE.test(sql.slice(at)) && !LEADS.test(before) ? '\n' : piece
    })
    .join('')
}
