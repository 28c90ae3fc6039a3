import type { JsonObject, JsonValue } from '../../json.ts'
import { revealInvisible } from '../blocks/text.ts'

/**
 * The exact arguments for a person to read, one per line: `name: value`, with values as JSON, so that "1" and 1 differ. Multiline text,
 * SQL and JSON are indented under their name, and invisible characters are spelled out.
 */
export function argumentsText(given: JsonObject): string {
  const names = Object.keys(given)
  if (names.length === 0) return '(none)'
  return names.map((name) => `${revealInvisible(name)}: ${valueText(name, given[name] ?? null)}`).join('\n')
}

function valueText(name: string, value: JsonValue): string {
  if (typeof value !== 'string') return jsonText(value)
  const text = isSql(name, value) ? formatSql(value) : (prettyJson(value) ?? value)
  return text.includes('\n') ? indent(text) : revealInvisible(JSON.stringify(value))
}

const indent = (text: string): string =>
  `\n${text
    .split('\n')
    .map((line) => `  ${revealInvisible(line)}`)
    .join('\n')}`

function jsonText(value: JsonValue): string {
  const json = JSON.stringify(value)
  if (json.length <= 80 || typeof value !== 'object') return revealInvisible(json)
  return revealInvisible(JSON.stringify(value, null, 2)).replaceAll('\n', '\n  ')
}

/** JSON text with indentation; undefined if that would change it (duplicate names, rounded numbers) or it is no JSON. */
function prettyJson(text: string): string | undefined {
  if (text.length <= 80 || !/^\s*[[{]/.test(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    const compact = text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_all, quoted: string | undefined) => quoted ?? '')
    return JSON.stringify(value) === compact ? JSON.stringify(value, null, 2) : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

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

export const isSql = (name: string, value: string): boolean => NAMES.has(name.toLowerCase()) && SQL.test(value)

/**
 * A statement with one clause per line. Only whitespace between clauses changes, never inside quotes, comments or parentheses, so that
 * the approver reads what is sent; a statement with line breaks, backslashes or `--` is returned as it is.
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
