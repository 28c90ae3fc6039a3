import { revealInvisible } from '../../text.ts'

/** Untrusted text for a mrkdwn field: nothing in it is read as a link, mention or broadcast, and nothing is invisible. */
export function escapeMrkdwn(text: string): string {
  return revealInvisible(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Escapes untrusted text inside *bold* or _italic_ mrkdwn; its own marks and line breaks would end the emphasis. */
export const escapeInlineMrkdwn = (text: string): string =>
  escapeMrkdwn(revealInvisible(text).replace(/[*_~`\s]+/g, (run) => (/\s/.test(run) ? ' ' : run)))

const MENTION = /<(?=!(?:channel|here|everyone|subteam\^)|@[UWB][A-Z0-9]|#C[A-Z0-9])/g

/**
 * Untrusted Markdown with its mentions broken by an invisible word joiner, so that nobody is notified; all else invisible is spelled out.
 * Slack's Markdown shows entities as they are, so escaping does not help.
 */
export const withoutMentions = (markdown: string): string => revealInvisible(markdown).replace(MENTION, '<\u2060')

/** A streamed text without an unfinished mention at its end, which more words could complete. */
export const withoutPartialMention = (markdown: string): string => markdown.replace(/<[!@#]?[A-Za-z0-9^]{0,10}$/, '')

/** A date in each reader's time zone, as mrkdwn; the fallback is UTC. */
export function formatDate(at: Date): string {
  const fallback = `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
  return `<!date^${Math.floor(at.getTime() / 1_000)}^{date_short_pretty} at {time}|${fallback}>`
}

/** "a", "a and b", "a, b and c". */
export function joinWords(words: string[], joint = 'and'): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} ${joint} ${words.at(-1)}`
}

export const pluralize = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`

export const mentionOf = (user: string): string => (user === FORGOTTEN ? 'somebody who was forgotten' : `<@${user}>`)

/** Stands in rows for people who were forgotten (`/mcp forget me`). */
const FORGOTTEN = 'UFORGOTTEN'

/** A person as `reader` reads of them: "you" for themselves. */
export const mentionFor = (user: string, reader: string | undefined): string =>
  user === reader ? 'you' : mentionOf(user)
