/** A cut moves back at most this far to fall between two words: a longer word is cut. */
const WORD_CHARS = 24

/** The text cut to `max` UTF-16 units with an ellipsis: between words where one ends near by, never inside a character. */
export function truncate(text: string, max: number): string {
  if (text.length <= max) return text
  const end = isHighSurrogateAt(text, max - 2) ? max - 2 : max - 1
  const from = Math.max(0, end - Math.min(WORD_CHARS, Math.floor(max / 2)))
  const gap = text.slice(from, end + 1).search(/\s\S*$/)
  return `${(gap < 0 ? '' : text.slice(0, from + gap).trimEnd()) || text.slice(0, end)}…`
}

export const isHighSurrogateAt = (text: string, at: number): boolean => /[\uD800-\uDBFF]/.test(text.charAt(at))

/** Text that is not ours, for a mrkdwn field: nothing in it is read as a link, mention or broadcast. */
export function escapeMrkdwn(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Text that is not ours, inside *bold* or _italic_ mrkdwn: its own marks and line breaks would end the emphasis. */
export const escapeInlineMrkdwn = (text: string): string =>
  escapeMrkdwn(text.replace(/[*_~`\s]+/g, (run) => (/\s/.test(run) ? ' ' : run)))

const MENTION = /<(?=!(?:channel|here|everyone|subteam\^)|@[UWB][A-Z0-9]|#C[A-Z0-9])/g

/**
 * Markdown of the model or a tool with its mentions broken by an invisible word joiner, so that nobody is pinged.
 * Entities would show as such in Markdown.
 */
export const withoutMentions = (markdown: string): string => markdown.replace(MENTION, '<\u2060')

/** The part of a growing text whose calm form more words cannot change: what may begin a mention is held back. */
export const withoutPartialMention = (markdown: string): string => markdown.replace(/<[!@#]?[A-Za-z0-9^]{0,10}$/, '')

/** A moment as each reader's own clock shows it; the fallback is UTC. */
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

export const mentionOf = (user: string): string => `<@${user}>`

/** Characters a reader cannot see, or that turn a line around, spelled out: an approval must show what is sent. */
export function revealInvisible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) =>
    sign === '\n' || sign === '\t' ? sign : `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`,
  )
}
