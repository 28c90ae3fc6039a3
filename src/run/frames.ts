import { headOf } from '../text.ts'

/** The frames in which the model is told words that are not the request itself. */
export type FrameTag =
  | 'thread_before'
  | 'earlier_here'
  | 'earlier_summary'
  | 'conversation'
  | 'forwarded'
  | 'link_preview'
  | 'server_notes'
  | 'agent_instructions'
  | 'notes'
  | 'file'
  | 'prompt'
  | 'skill'
  | 'resource'

export type FramedMessage = { author: string; text: string }

/**
 * Tags of nobody else: words cannot open or close these wherever they stand. Others are common in files, and what was
 * forwarded is framed already where a message is read.
 */
const OURS: FrameTag[] = [
  'thread_before',
  'earlier_here',
  'earlier_summary',
  'conversation',
  'server_notes',
  'agent_instructions',
]

/** Each sign that a reader may take for the end of a line. */
const LINE_BREAKS = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g
/** Signs that are not seen; joiners stay, as emoji and some scripts need them. */
const INVISIBLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
const COLONS = /[:：﹕︓꞉∶]/g
/** A display name has 80 characters in Slack, and a note on who it is may follow. */
const MAX_AUTHOR_CHARS = 160

/** Words in a frame of their own, which nothing in them can end. */
export function quoteWords(tag: FrameTag, attributes: Record<string, string>, words: string): string {
  const named = Object.entries(attributes).map(([name, value]) => ` ${name}=${JSON.stringify(labelOf(value))}`)
  return `<${tag}${named.join('')}>\n${escapeFrames(words, [...OURS, tag])}\n</${tag}>`
}

/** Messages in a frame: each begins with its author, and its further lines with a mark, so that none looks like another's. */
export function quoteMessages(
  tag: FrameTag,
  messages: FramedMessage[],
  attributes: Record<string, string> = {},
): string {
  const lines = messages.map(({ author, text }) => `${authorLabelOf(author)}: ${text.replace(LINE_BREAKS, '\n| ')}`)
  return quoteWords(tag, attributes, lines.join('\n'))
}

/** The words with what would open or close a frame made harmless; one more escape for each call, so that none is lost. */
export function escapeFrames(words: string, tags: FrameTag[] = OURS): string {
  // Most words have no bracket, and what is looked for takes long to compile.
  if (!BRACKET.test(words)) return words
  const tag = tags.map(spacedOut).join('|')
  const opening = new RegExp(String.raw`(${BRACKET.source})(?=\\*${GAP}(?:[/／∕⁄]${GAP})?(?:${tag}))`, 'giu')
  return words.replace(opening, '$1\\')
}

const BRACKET = /[<＜﹤]/
const GAP = String.raw`[\s\p{Cc}\p{Cf}]*`

/** A tag with whatever is not seen between its letters. */
const spacedOut = (tag: string): string => [...tag].join(String.raw`[\p{Cc}\p{Cf}]*`)

/** A name, path or title in one line that cannot end the quotation marks or brackets around it. */
export const labelOf = (name: string): string => lineOf(name) || 'unnamed'

const authorLabelOf = (name: string): string =>
  headOf(lineOf(name.replace(COLONS, ' ')).replace(/^[|\s]+/, ''), MAX_AUTHOR_CHARS) || 'somebody'

const lineOf = (name: string): string =>
  name
    .replace(INVISIBLE, ' ')
    .replaceAll('<', '‹')
    .replaceAll('>', '›')
    .replaceAll('"', "'")
    .replace(/\s+/gu, ' ')
    .trim()
