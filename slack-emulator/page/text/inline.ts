import { html } from 'htm/preact'
import type { ComponentChildren } from 'preact'
import { messageLocationIn } from '../state/location.ts'
import { relativeDayOf } from '../state/time.ts'
import { emojiOf } from './emoji.ts'
import { ChannelLink, GroupMention, Mention, MessageLink } from './mention.ts'

/** The inline syntax of a markup: one expression with a named group per rule, and what each renders. */
export type InlineSyntax = {
  pattern: RegExp
  rules: Record<string, (found: string, language: InlineSyntax) => ComponentChildren>
}

/** Renders a line of text as elements; no text is ever taken for HTML. */
export function renderInline(text: string, language: InlineSyntax): ComponentChildren[] {
  const out: ComponentChildren[] = []
  let from = 0
  for (const match of text.matchAll(language.pattern)) {
    const [name, found] = Object.entries(match.groups ?? {}).find(([, group]) => group !== undefined) ?? []
    const rule = language.rules[name ?? '']
    if (rule === undefined || found === undefined) continue
    if (match.index > from) out.push(text.slice(from, match.index))
    out.push(rule(found, language))
    from = match.index + match[0].length
  }
  if (from < text.length) out.push(text.slice(from))
  return out
}

const SAFE = /^(https?:|mailto:)/i

export function renderLink(url: string, label: ComponentChildren) {
  if (!SAFE.test(url)) return html`<span>${label}</span>`
  const message = messageLocationIn(url)
  if (message !== undefined) return html`<${MessageLink} to=${message} label=${label} />`
  return html`<a href=${url} target="_blank" rel="noopener noreferrer">${label}</a>`
}

export const renderEmoji = (name: string) => {
  const found = emojiOf(name)
  return found === undefined ? `:${name}:` : html`<span class="emoji" role="img" aria-label=${name}>${found}</span>`
}

/** Renders what stands between `<` and `>` in Slack's text. */
export function renderReference(inside: string): ComponentChildren {
  const [target = '', label] = inside.split('|')
  if (target.startsWith('@')) return html`<${Mention} id=${target.slice(1)} label=${label} />`
  if (target.startsWith('#')) return html`<${ChannelLink} id=${target.slice(1)} label=${label} />`
  if (target.startsWith('!date^')) return renderDate(target, label)
  if (target.startsWith('!')) return html`<${GroupMention} id=${target.slice(1)} label=${label} />`
  return renderLink(unescapeText(target), unescapeText(label ?? target.replace(/^mailto:/, '')))
}

export const unescapeText = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

const day = (options: Intl.DateTimeFormatOptions) => (at: Date) => at.toLocaleDateString(undefined, options)
const DATE_WORDS: Record<string, (at: Date) => string> = {
  date_num: (at) => at.toISOString().slice(0, 10),
  date: day({ month: 'long', day: 'numeric', year: 'numeric' }),
  date_short: day({ month: 'short', day: 'numeric', year: 'numeric' }),
  date_long: day({ weekday: 'long', month: 'long', day: 'numeric', year: 'numeric' }),
  time: (at) => at.toLocaleTimeString(undefined, { hour: 'numeric', minute: '2-digit' }),
  time_secs: (at) => at.toLocaleTimeString(),
}

/** `<!date^UNIX^format|fallback>` in the reader's own time. */
export function renderDate(target: string, fallback: string | undefined): ComponentChildren {
  const [, seconds = '', format = ''] = target.split('^')
  const at = new Date(Number(seconds) * 1000)
  if (Number.isNaN(at.getTime())) return fallback ?? target
  const words = format.replace(/\{(\w+)\}/g, (whole, token: string) => {
    const known = DATE_WORDS[token.replace(/_pretty$/, '')]
    const near = token.endsWith('_pretty') ? relativeDayOf(at) : undefined
    return near ?? known?.(at) ?? whole
  })
  return html`<time datetime=${at.toISOString()} title=${at.toLocaleString()}>${words}</time>`
}
