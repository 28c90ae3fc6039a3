import type { JsonObject, JsonValue } from '../../registry/connection.ts'
import { isSql, sqlLines } from './sql-lines.ts'
import { visible } from './text.ts'

/**
 * The exact arguments for a person to read, one per line: `name: value`, values as JSON, so that "1" and 1 differ; text of several lines,
 * SQL and JSON stand indented under their name. Characters that cannot be seen are spelled out.
 */
export function sayArguments(given: JsonObject): string {
  const names = Object.keys(given)
  if (names.length === 0) return '(none)'
  return names.map((name) => `${visible(name)}: ${sayValue(name, given[name] ?? null)}`).join('\n')
}

function sayValue(name: string, value: JsonValue): string {
  if (typeof value !== 'string') return sayJson(value)
  const text = isSql(name, value) ? sqlLines(value) : (prettyJson(value) ?? value)
  return text.includes('\n') ? indented(text) : visible(JSON.stringify(value))
}

const indented = (text: string): string =>
  `\n${text
    .split('\n')
    .map((line) => `  ${visible(line)}`)
    .join('\n')}`

function sayJson(value: JsonValue): string {
  const json = JSON.stringify(value)
  if (json.length <= 80 || typeof value !== 'object') return visible(json)
  return visible(JSON.stringify(value, null, 2)).replaceAll('\n', '\n  ')
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
