import type { Json } from './records.ts'
import { CHANNELS, PEOPLE } from './seed.ts'

const ESCAPES = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
])

/**
 * Escapes a typed text like Slack's client: `@name` and `#channel` become ids, URLs are wrapped
 * (docs.slack.dev/messaging/formatting-message-text). Escaped parts stay as they are.
 * `labels` adds the name to a mention, as slash commands with `should_escape` do.
 */
export function escapeText(typed: string, labels = false): string {
  return typed.replace(
    /<[@#!]?[^<>\s]+>|https?:\/\/[^\s<>]+|(?<![\w@])@([a-zA-Z0-9_.-]+)|(?<!\w)#([a-z0-9_-]+)|[&<>]/g,
    (found, person: string | undefined, channel: string | undefined) => {
      if (person !== undefined) return mention(found, person, labels)
      if (channel !== undefined) return channelLink(found, channel)
      if (found.startsWith('http')) return `<${found}>`
      return ESCAPES.get(found) ?? found
    },
  )
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

/** The rich text that Slack's client makes of an escaped text, with mentions, channels and links as elements. */
export function richTextOf(encoded: string): Json {
  const pieces = encoded.split(/(<[^<>\s|]+(?:\|[^<>]*)?>)/).filter((piece) => piece !== '')
  const elements = pieces.map((piece) =>
    piece.startsWith('<') ? reference(piece) : { type: 'text', text: unescaped(piece) },
  )
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] }
}

function reference(piece: string): Json {
  const [target = '', label] = piece.slice(1, -1).split('|')
  if (target.startsWith('@')) return { type: 'user', user_id: target.slice(1) }
  if (target.startsWith('#')) return { type: 'channel', channel_id: target.slice(1) }
  if (!/^https?:/.test(target)) return { type: 'text', text: unescaped(piece) }
  return { type: 'link', url: unescaped(target), ...(label === undefined ? {} : { text: label }) }
}

const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
