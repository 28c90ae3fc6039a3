/** Who and what ids in a message mean; undefined where Slack does not say. */
export type MessageNames = {
  person(id: string): string | undefined
  group(id: string): string | undefined
  channel(id: string): string | undefined
}

/** Slack's mrkdwn as a person reads it (docs.slack.dev/messaging/formatting-message-text). */
export const mrkdwnTextOf = (mrkdwn: string, names: MessageNames): string =>
  unescapeEntities(mrkdwn.replace(/<([^<>\n]+)>/g, (all, inside: string) => referenceText(inside, names) ?? all))

/** A text in which Slack wrote `&`, `<` and `>` as entities. */
export const unescapeEntities = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

/** What stands between angle brackets; undefined where it is none of Slack's references. */
function referenceText(inside: string, names: MessageNames): string | undefined {
  const bar = inside.indexOf('|')
  const target = bar < 0 ? inside : inside.slice(0, bar)
  const label = bar < 0 ? '' : inside.slice(bar + 1).trim()
  if (/^@[A-Z0-9]+$/.test(target)) return personText(target.slice(1), names, label)
  if (/^#[A-Z0-9]+$/.test(target)) return channelText(target.slice(1), names, label)
  if (target.startsWith('!')) return commandText(target.slice(1), names, label)
  return /^[a-z][a-z0-9+.-]*:/i.test(target) ? linkText(target, label) : undefined
}

/** `<!here>`, `<!subteam^S1|@handle>`, `<!date^1392734382^{date}|fallback>` and what Slack may add. */
function commandText(command: string, names: MessageNames, label: string): string {
  const [kind = '', first = '', second = ''] = command.split('^')
  if (kind === 'subteam') return groupText(first, names, label)
  if (kind === 'date') return label || dateText(Number(first), second)
  const isMention = /^(?:here|channel|everyone)$/.test(kind)
  return isMention ? `@${kind}` : label || `@${kind}`
}

export const personText = (id: string, names: MessageNames, label = ''): string =>
  `@${names.person(id) ?? (withoutSign(label, '@') || 'somebody')}`

export const channelText = (id: string, names: MessageNames, label = ''): string => {
  const name = withoutSign(label, '#') || names.channel(id)
  return name === undefined ? 'a channel' : `#${name}`
}

export const groupText = (id: string, names: MessageNames, label = ''): string => {
  const handle = names.group(id) ?? withoutSign(label, '@')
  return handle === '' ? 'a user group' : `@${handle}`
}

const withoutSign = (label: string, sign: string): string => (label.startsWith(sign) ? label.slice(1) : label)

/** A link with its label; an address that is its own label stands once. */
export function linkText(url: string, label: string): string {
  const address = url.replace(/^(?:mailto|tel):/i, '')
  if (label === '' || address === label || url.endsWith(label)) return address
  return `${label} (${address})`
}

const DAY = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
})

/** A date that Slack would write in each reader's own zone; here in UTC, with the words around it. */
export function dateText(seconds: number, format: string): string {
  const at = new Date(seconds * 1_000)
  if (Number.isNaN(at.getTime())) return 'a date'
  const [day, time] = [DAY.format(at), `${at.toISOString().slice(11, 16)} UTC`]
  const written = format.replace(/\{([a-z_]+)\}/g, (_all, token: string) => (token.startsWith('time') ? time : day))
  return written.trim() === '' || written === format ? `${day}, ${time}` : written
}
