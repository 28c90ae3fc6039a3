/** Clauses that start a new line. */
const CLAUSE =
  /^(?:from|where|group by|order by|having|limit|offset|set|values|returning|union|except|intersect|on conflict|(?:(?:left|right|full|inner|cross|outer|natural)\s+)*join)\b/i

/** Words that belong with the clause after them. */
const LEADS = /\b(?:left|right|full|inner|cross|outer|natural|delete|distinct)$/i

/** Quoted strings and names, comments and parentheses, whose content is left as it is. */
const PIECES =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$\w*\$)[\s\S]*?\1|--[^\n]*|\/\*[\s\S]*?\*\/|[()]|\s+|[^\s'"()$/-]+|[\s\S]/g

const SQL =
  /^\s*(?:select|with|insert|update|delete|merge|create|alter|drop|truncate|grant|revoke|explain|call|do|copy)\b/i
const NAMES = new Set(['sql', 'query', 'statement'])
/** Statements up to this length stay on one line. */
const ONE_LINE = 60
/** Longer ones are shown as they are. */
const MOST_CHARS = 10_000

export const isSql = (name: string, value: string): boolean => NAMES.has(name.toLowerCase()) && SQL.test(value)

/**
 * A statement with one clause per line. Only whitespace between clauses changes, never inside quotes, comments or parentheses, so that
 * the approver reads what is sent; a statement with line breaks, backslashes or `--` is returned as it is.
 */
export function formatSql(sql: string): string {
  if (sql.length <= ONE_LINE || sql.length > MOST_CHARS || /[\n\\]|--/.test(sql)) return sql
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
