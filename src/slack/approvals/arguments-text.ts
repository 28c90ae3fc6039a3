import type { JsonObject, JsonValue } from '../../registry/connection.ts'
import { formatSql, isSql } from '../blocks/format-sql.ts'
import { revealInvisible } from '../blocks/text.ts'

/**
 * The exact arguments for a person to read, one per line: `name: value`, values as JSON, so that "1" and 1 differ; text of several lines,
 * SQL and JSON stand indented under their name. Characters that cannot be seen are spelled out.
 */
export function argumentsText(given: JsonObject): string {
  const names = Object.keys(given)
  if (names.length === 0) return '(none)'
  return names.map((name) => `${revealInvisible(name)}: ${sayValue(name, given[name] ?? null)}`).join('\n')
}

function sayValue(name: string, value: JsonValue): string {
  if (typeof value !== 'string') return sayJson(value)
  const text = isSql(name, value) ? formatSql(value) : (prettyJson(value) ?? value)
  return text.includes('\n') ? indented(text) : revealInvisible(JSON.stringify(value))
}

const indented = (text: string): string =>
  `\n${text
    .split('\n')
    .map((line) => `  ${revealInvisible(line)}`)
    .join('\n')}`

function sayJson(value: JsonValue): string {
  const json = JSON.stringify(value)
  if (json.length <= 80 || typeof value !== 'object') return revealInvisible(json)
  return revealInvisible(JSON.stringify(value, null, 2)).replaceAll('\n', '\n  ')
}

/** JSON in a text, laid out; undefined for anything that would not be read exactly as it is sent (a name twice, a number cut short). */
function prettyJson(text: string): string | undefined {
  if (text.length <= 80 || !/^\s*[[{]/.test(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    const bare = text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_all, quoted: string | undefined) => quoted ?? '')
    return JSON.stringify(value) === bare ? JSON.stringify(value, null, 2) : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
