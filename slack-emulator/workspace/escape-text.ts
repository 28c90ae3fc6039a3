import type { Channel, Json, Person, Usergroup } from './records.ts'

/** Who and what a typed name means. */
export type Directory = {
  /** The names that have spaces or letters which a handle cannot have. */
  displayNames: string[]
  /** By handle or display name, in any case. */
  person(name: string): Person | undefined
  channel(name: string): Channel | undefined
  group(handle: string): Usergroup | undefined
}

const ESCAPES = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
])
const escaped = (text: string): string => text.replace(/[&<>]/g, (found) => ESCAPES.get(found) ?? found)

/** A link ends before the punctuation of the sentence around it. */
const LINK = String.raw`https?:\/\/[^\s<>]*[^\s<>.,:;!?'")\]}]`

function typedPattern({ displayNames }: Directory): RegExp {
  const longestFirst = displayNames
    .map((name) => name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .sort((a, b) => b.length - a.length)
  const whole = longestFirst.map((name) => String.raw`${name}(?![\p{L}\p{N}_])|`).join('')
  return new RegExp(String.raw`${LINK}|(?<![\w@])@(${whole}[a-z0-9_.\-]+)|(?<!\w)#([a-z0-9_\-]+)|[&<>]`, 'giu')
}

/**
 * Escapes a typed text like Slack's client: `@name` and `#channel` become ids, links are wrapped, and all else that looks
 * like markup of the API's is escaped (docs.slack.dev/messaging/formatting-message-text).
 * A group's mention carries its handle (github.com/slackapi/bolt-js/issues/458); `labels` adds the name to a person's, too, as slash
 * commands with `should_escape` do.
 */
export function escapeText(typed: string, directory: Directory, labels = false): string {
  const parts = typed.split(CODE)
  return parts.map((part, index) => escapePart(part, index % 2 === 1 ? NOBODY : directory, labels)).join('')
}

/** In code nobody is mentioned. */
const CODE = /(```[\s\S]*?```|`[^`\n]+`)/
const nothing = () => undefined
const NOBODY: Directory = { displayNames: [], person: nothing, channel: nothing, group: nothing }

function escapePart(typed: string, directory: Directory, labels: boolean): string {
  return typed.replace(typedPattern(directory), (found, person: string | undefined, channel: string | undefined) => {
    if (person !== undefined) return mention(found, person, { directory, labels })
    if (channel !== undefined) return channelLink(found, channel, directory)
    return found.startsWith('http') ? `<${escaped(found)}>` : escaped(found)
  })
}

function mention(
  found: string,
  name: string,
  { directory, labels }: { directory: Directory; labels: boolean },
): string {
  const bare = directory.person(name) ? name : name.replace(/[.-]+$/, '')
  const person = directory.person(bare)
  const rest = name.slice(bare.length)
  if (person !== undefined) return `<@${person.id}${labels ? `|${person.name}` : ''}>${rest}`
  if (directory !== NOBODY && EVERYBODY.has(bare)) return `<!${bare}>${rest}`
  const group = directory.group(bare)
  return group === undefined ? found : `<!subteam^${group.id}|@${group.handle}>${rest}`
}

/** docs.slack.dev/messaging/formatting-message-text#special-mentions */
const EVERYBODY = new Set(['here', 'channel', 'everyone'])

function channelLink(found: string, name: string, directory: Directory): string {
  const channel = directory.channel(name)
  return channel === undefined ? found : `<#${channel.id}|${channel.name}>`
}

/** The rich text that Slack's client makes of an escaped text: fenced code, quotes, bullets, and in them mentions, channels, links and styles. */
export function richTextOf(encoded: string): Json {
  const parts = encoded.split(/```\n?([\s\S]*?)\n?```/)
  const elements = parts.flatMap((part, index) => {
    if (index % 2 === 1) return [{ type: 'rich_text_preformatted', elements: piecesOf(part, plainText) }]
    const beside = part.replace(index > 0 ? /^\n/ : '', '').replace(index < parts.length - 1 ? /\n$/ : '', '')
    return beside === '' ? [] : linesOf(beside)
  })
  return { type: 'rich_text', elements }
}

const KINDS: [type: string, mark: RegExp][] = [
  ['rich_text_quote', /^&gt; ?/],
  ['rich_text_list', /^• /],
]

function linesOf(text: string): Json[] {
  const groups: { type: string; lines: string[] }[] = []
  for (const line of text.split('\n')) {
    const [type, mark = ''] = KINDS.find(([, begin]) => begin.test(line)) ?? ['rich_text_section']
    const last = groups.at(-1)
    if (last?.type === type) last.lines.push(line.replace(mark, ''))
    else groups.push({ type, lines: [line.replace(mark, '')] })
  }
  return groups.map(({ type, lines }) => {
    const inside = (words: string) => piecesOf(words, styledText)
    if (type !== 'rich_text_list') return { type, elements: inside(lines.join('\n')) }
    const items = lines.map((line) => ({ type: 'rich_text_section', elements: inside(line) }))
    return { type, style: 'bullet', indent: 0, elements: items }
  })
}

const piecesOf = (encoded: string, words: (text: string) => Json[]): Json[] =>
  encoded
    .split(/(<[^<>\s|]+(?:\|[^<>]*)?>)/)
    .filter((piece) => piece !== '')
    .flatMap((piece) => (piece.startsWith('<') ? [reference(piece)] : words(piece)))

const plainText = (text: string): Json[] => [{ type: 'text', text: unescaped(text) }]

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
  if (target.startsWith('!subteam^')) return { type: 'usergroup', usergroup_id: target.slice('!subteam^'.length) }
  if (target.startsWith('!')) return { type: 'broadcast', range: target.slice(1) }
  if (target.startsWith('#')) return { type: 'channel', channel_id: target.slice(1) }
  return { type: 'link', url: unescaped(target), ...(label === undefined ? {} : { text: label }) }
}

const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
