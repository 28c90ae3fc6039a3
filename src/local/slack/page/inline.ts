import { html } from 'htm/preact'
import type { ComponentChildren } from 'preact'
import { emojiOf } from './emoji.ts'
import { Mention, MessageLink, RoomLink } from './mention.ts'
import { messageAt } from './place.ts'
import { nearDay } from './time.ts'

/** How a language writes inside a line: one expression with a named group per rule, and what each becomes. */
export type Language = {
  pattern: RegExp
  rules: Record<string, (found: string, language: Language) => ComponentChildren>
}

/** A line of text as elements. Nothing a person or the app wrote is ever taken for HTML. */
export function inline(text: string, language: Language): ComponentChildren[] {
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

const SAFE = /^(https?:|mailto:|tel:)/i

export function link(url: string, label: ComponentChildren) {
  if (!SAFE.test(url)) return html`<span>${label}</span>`
  const message = messageAt(url)
  if (message !== undefined) return html`<${MessageLink} to=${message} label=${label} />`
  return html`<a href=${url} target="_blank" rel="noopener noreferrer">${label}</a>`
}

export const emoji = (name: string) => {
  const found = emojiOf(name)
  return found === undefined ? `:${name}:` : html`<span class="emoji" role="img" aria-label=${name}>${found}</span>`
}

/** What stands between `<` and `>` in Slack's text. */
export function reference(inside: string): ComponentChildren {
  const [target = '', label] = inside.split('|')
  if (target.startsWith('@')) return html`<${Mention} id=${target.slice(1)} label=${label} />`
  if (target.startsWith('#')) return html`<${RoomLink} id=${target.slice(1)} label=${label} />`
  if (target.startsWith('!date^')) return dateText(target, label)
  if (target.startsWith('!')) return html`<span class="mention">@${(label ?? target.slice(1)).replace(/^@/, '')}</span>`
  return link(unescaped(target), unescaped(label ?? target.replace(/^mailto:/, '')))
}

export const unescaped = (text: string): string =>
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
export function dateText(target: string, fallback: string | undefined): ComponentChildren {
  const [, seconds = '', format = ''] = target.split('^')
  const at = new Date(Number(seconds) * 1000)
  if (Number.isNaN(at.getTime())) return fallback ?? target
  const words = format.replace(/\{(\w+)\}/g, (whole, token: string) => {
    const known = DATE_WORDS[token.replace(/_pretty$/, '')]
    const near = token.endsWith('_pretty') ? nearDay(at) : undefined
    return near ?? known?.(at) ?? whole
  })
  return html`<time datetime=${at.toISOString()} title=${at.toLocaleString()}>${words}</time>`
}
