import type { JsonValue } from '../../json.ts'
import type { StoredTool } from '../../registry/connection.ts'
import { revealInvisible, truncate } from '../../text.ts'

/** What in a server's words a person should look at; `words` are the place, with hidden characters spelled out. */
export type TextMark = { kind: 'hidden' | 'orders' | 'others'; words: string }

/**
 * Words that give the model orders. They are no defence, as any order can be put in other words: they point the eye. Each looks a bounded
 * way ahead, so that no text takes long.
 */
const ORDERS = [
  /\b(?:ignore|disregard|forget|override)\b[^.\n]{0,30}\b(?:previous|prior|above|earlier|other|system|all|any)\b/i,
  /\b(?:do not|don['’]t|never|without)\s(?:\w+\s){0,2}(?:tell|telling|mention|mentioning|inform|informing|show|showing|reveal|notify|notifying|ask|asking)\b[^.\n]{0,20}\b(?:users?|persons?|people|anyone|anybody|humans?|them)\b/i,
  /\bbefore (?:using|calling|running|you (?:use|call|run)|any|every|each)\b[^.\n]{0,30}\btools?\b/i,
  /\balways (?:call|use|run|invoke|send|include|add|pass)\b/i,
  /<\s{0,5}\/?\s{0,5}(?:important|system|secret|instructions?|admin)\b/i,
  /\b(?:system prompt|bypass|exfiltrate)\b/i,
]

const AROUND_CHARS = 40
const WORDS_CHARS = 140
/** Longer names only. */
const MIN_NAME_CHARS = 3

/** The marks of a text, each kind once. `others`: the person's other connections. */
export function marksOf(whole: string, others: string[] = []): TextMark[] {
  const text = lookedAtOf(whole)
  const hidden = hiddenPlaceIn(text)
  const order = ORDERS.map((pattern) => pattern.exec(text)).find((match) => match !== null)
  const other = others.find((name) => name.length >= MIN_NAME_CHARS && speaksOf(text, name))
  return [
    ...(hidden === undefined ? [] : [{ kind: 'hidden' as const, words: excerptOf(text, hidden) }]),
    ...(order ? [{ kind: 'orders' as const, words: excerptOf(text, order.index, order[0].length) }] : []),
    ...(other === undefined ? [] : [{ kind: 'others' as const, words: other }]),
  ]
}

export const toolMarksOf = (tool: StoredTool, others: string[] = []): TextMark[] =>
  marksOf(textsOf(tool).join('\n'), others)

/** A server may list a thousand tools of 100 KB each: of a longer text its beginning and its end are looked at. */
const HEAD_CHARS = 4_000
const TAIL_CHARS = 1_000

const lookedAtOf = (text: string): string =>
  text.length <= HEAD_CHARS + TAIL_CHARS ? text : `${text.slice(0, HEAD_CHARS)}\n${text.slice(-TAIL_CHARS)}`

/** All that a tool's definition says in words. */
const textsOf = ({ name, title = '', description, inputSchema }: StoredTool): string[] => [
  name,
  title,
  description,
  ...wordsIn(inputSchema),
]

function wordsIn(value: JsonValue): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, part]) => [name, ...wordsIn(part)])
}

function hiddenPlaceIn(text: string): number | undefined {
  const shown = revealInvisible(text)
  if (shown === text) return undefined
  let at = 0
  while (text[at] === shown[at]) at += 1
  return at
}

/** A name is often an everyday word, so it counts beside what it would be the name of. */
function speaksOf(text: string, name: string): boolean {
  const words = text.toLowerCase()
  const wanted = name.toLowerCase()
  for (let at = words.indexOf(wanted); at >= 0; at = words.indexOf(wanted, at + wanted.length)) {
    const [before, after] = [
      words.slice(Math.max(0, at - AROUND_CHARS), at),
      words.slice(at + wanted.length, at + wanted.length + AROUND_CHARS),
    ]
    const isWord = !/[\p{L}\p{N}_]$/u.test(before) && !/^[\p{L}\p{N}]/u.test(after)
    if (isWord && /\b(?:tools?|servers?|connections?|mcp)\b|^__/.test(`${after} ${before}`)) return true
  }
  return false
}

/** Around the place, in its line: each line is a text of its own. */
function excerptOf(text: string, at: number, length = 1): string {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1
  const lineEnd = text.indexOf('\n', at + length)
  const from = Math.max(lineStart, at - AROUND_CHARS)
  const part = text.slice(from, Math.min(lineEnd < 0 ? text.length : lineEnd, at + length + AROUND_CHARS))
  return `${from === lineStart ? '' : '…'}${truncate(revealInvisible(part.toWellFormed()).trim(), WORDS_CHARS)}`
}
