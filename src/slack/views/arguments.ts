import type { JsonObject, JsonValue } from '../../registry/connection.ts'
import { visible } from './text.ts'

/**
 * The exact arguments for a person to read, one per line: `name: value`, values as JSON, so that "1" and 1 differ; text of several lines
 * stands indented under its name. Characters that cannot be seen are spelled out.
 */
export function sayArguments(given: JsonObject): string {
  const names = Object.keys(given)
  if (names.length === 0) return '(none)'
  return names.map((name) => `${visible(name)}: ${sayValue(given[name] ?? null)}`).join('\n')
}

function sayValue(value: JsonValue): string {
  if (typeof value === 'string' && value.includes('\n')) {
    return `\n${value
      .split('\n')
      .map((line) => `  ${visible(line)}`)
      .join('\n')}`
  }
  const json = JSON.stringify(value)
  if (json.length <= 80 || typeof value !== 'object') return visible(json)
  return visible(JSON.stringify(value, null, 2)).replaceAll('\n', '\n  ')
}
