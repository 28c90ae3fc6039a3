/** Escapes untrusted text for a mrkdwn field, so that nothing in it is read as a link, mention or broadcast. */
export function escapeMrkdwn(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Escapes untrusted text inside *bold* or _italic_ mrkdwn; its own marks and line breaks would end the emphasis. */
export const escapeInlineMrkdwn = (text: string): string =>
  escapeMrkdwn(text.replace(/[*_~`\s]+/g, (run) => (/\s/.test(run) ? ' ' : run)))

const MENTION = /<(?=!(?:channel|here|everyone|subteam\^)|@[UWB][A-Z0-9]|#C[A-Z0-9])/g

/**
 * Untrusted Markdown with its mentions broken by an invisible word joiner, so that nobody is notified.
 * Slack's Markdown shows entities as they are, so escaping does not help.
 */
export const withoutMentions = (markdown: string): string => markdown.replace(MENTION, '<\u2060')

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

export const mentionOf = (user: string): string => `<@${user}>`

/** Spells out invisible and bidirectional characters: an approval must show what is sent. */
export function revealInvisible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) =>
    sign === '\n' || sign === '\t' ? sign : `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`,
  )
}
