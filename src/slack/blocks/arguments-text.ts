import type { JsonObject, JsonValue } from '../../json.ts'
import { revealInvisible } from '../../text.ts'
import { formatSql, isSql } from './format-sql.ts'

/**
 * The exact arguments for a person to read, one per line: `name: value`, with values as JSON, so that "1" and 1 differ. Multiline text,
 * SQL and JSON are indented under their name, and invisible characters are spelled out.
 */
export function argumentsText(given: JsonObject): string {
  const names = Object.keys(given)
  if (names.length === 0) return '(none)'
  return names.map((name) => `${nameText(name)}: ${valueText(name, given[name] ?? null)}`).join('\n')
}

/** A name that could be read as more than a name stands as JSON. */
const nameText = (name: string): string => revealInvisible(/[\r\n:"]/.test(name) ? JSON.stringify(name) : name)

function valueText(name: string, value: JsonValue): string {
  if (typeof value !== 'string') return jsonText(value)
  const text = isSql(name, value) ? formatSql(value) : (prettyJson(value) ?? value)
  return text.includes('\n')
    ? `\n  ${revealInvisible(text).replaceAll('\r', '\\u{d}').replaceAll('\n', '\n  ')}`
    : revealInvisible(JSON.stringify(value))
}

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
