import type { Json } from './records.ts'
import { CHANNELS, PEOPLE } from './seed.ts'

const ESCAPES = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
])
const escaped = (text: string): string => text.replace(/[&<>]/g, (found) => ESCAPES.get(found) ?? found)

/** A link ends before the punctuation of the sentence around it. */
const LINK = String.raw`https?:\/\/[^\s<>]*[^\s<>.,:;!?'")\]}]`
const TYPED = new RegExp(String.raw`${LINK}|(?<![\w@])@([a-zA-Z0-9_.-]+)|(?<!\w)#([a-z0-9_-]+)|[&<>]`, 'g')

/**
 * Escapes a typed text like Slack's client: `@name` and `#channel` become ids, links are wrapped, and all else that looks
 * like markup of the API's is escaped (docs.slack.dev/messaging/formatting-message-text).
 * `labels` adds the name to a mention, as slash commands with `should_escape` do.
 */
export function escapeText(typed: string, labels = false): string {
  return typed.replace(TYPED, (found, person: string | undefined, channel: string | undefined) => {
    if (person !== undefined) return mention(found, person, labels)
    if (channel !== undefined) return channelLink(found, channel)
    return found.startsWith('http') ? `<${escaped(found)}>` : escaped(found)
  })
}

function mention(found: string, name: string, labels: boolean): string {
  const bare = name.replace(/[.-]+$/, '')
  const person = PEOPLE.find((one) => one.name === bare.toLowerCase())
  if (person === undefined) return found
  return `<@${person.id}${labels ? `|${person.name}` : ''}>${name.slice(bare.length)}`
}

function channelLink(found: string, name: string): string {
  const channel = CHANNELS.find((one) => one.name === name && one.im === undefined)
  return channel === undefined ? found : `<#${channel.id}|${channel.name}>`
}

/** The rich text that Slack's client makes of an escaped text, with mentions, channels, links and styles as elements. */
export function richTextOf(encoded: string): Json {
  const pieces = encoded.split(/(<[^<>\s|]+(?:\|[^<>]*)?>)/).filter((piece) => piece !== '')
  const elements = pieces.flatMap((piece) => (piece.startsWith('<') ? [reference(piece)] : styledText(piece)))
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] }
}

const STYLES: Record<string, string> = { '*': 'bold', _: 'italic', '~': 'strike', '`': 'code' }

/** `*bold*`, `_italic_`, `~gone~` and `code` count between spaces and punctuation only. */
const STYLED = /(?<![\w*_~`])([*_~`])(?=\S)([^\n]*?\S)\1(?![\w*_~`])/g

function styledText(text: string): Json[] {
  const elements: Json[] = []
  let from = 0
  const plain = (to: number) => {
    if (to > from) elements.push({ type: 'text', text: unescaped(text.slice(from, to)) })
  }
  for (const match of text.matchAll(STYLED)) {
    const [all, mark = '', inside = ''] = match
    plain(match.index)
    elements.push({ type: 'text', text: unescaped(inside), style: { [STYLES[mark] ?? 'code']: true } })
    from = match.index + all.length
  }
  plain(text.length)
  return elements
}

function reference(piece: string): Json {
  const [target = '', label] = piece.slice(1, -1).split('|')
  if (target.startsWith('@')) return { type: 'user', user_id: target.slice(1) }
  if (target.startsWith('#')) return { type: 'channel', channel_id: target.slice(1) }
  return { type: 'link', url: unescaped(target), ...(label === undefined ? {} : { text: label }) }
}

const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
