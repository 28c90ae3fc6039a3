import type { RichTextBlock } from '@slack/types'
import type { JsonObject, JsonValue } from '../../json.ts'
import { revealInvisible, truncate } from '../../text.ts'
import { formatSql, isSql } from './format-sql.ts'

/** Longer arguments are cut in the card and uploaded as a file. */
export const SHOWN_ARGUMENTS = 2_500

/** The arguments of a call, exactly, up to `most` characters. */
export function argumentsBlock(given: JsonObject, most = SHOWN_ARGUMENTS): RichTextBlock {
  const text = argumentsText(given)
  const shown = text.length > most ? `${truncate(text, most)}\n(the file in the thread has all of it)` : text
  return {
    type: 'rich_text',
    elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text: shown }] }],
  }
}

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
