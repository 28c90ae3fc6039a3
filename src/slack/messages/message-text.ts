/** Slack's escaped text as people read it; `nameOf` gives the names of people mentioned in it. */
export function plainTextOf(text: string, nameOf: (user: string) => string): string {
  return text
    .replace(/<@([UW][A-Z0-9]+)(?:\|[^>]*)?>/g, (_all, user: string) => `@${nameOf(user)}`)
    .replace(/<#([CG][A-Z0-9]+)(?:\|([^>]*))?>/g, (_all, id: string, name: string | undefined) => `#${name || id}`)
    .replace(
      /<!(?:subteam\^[A-Z0-9]+\|)?([^>|^]+)(?:\^[^>|]*)?(?:\|([^>]*))?>/g,
      (_all, word: string, label?: string) => label ?? `@${word}`,
    )
    .replace(/<((?:https?|mailto|tel):[^>|]+)(?:\|([^>]*))?>/g, (_all, url: string, label?: string) => link(url, label))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

const link = (url: string, label: string | undefined): string =>
  label === undefined || url.endsWith(label) ? url.replace(/^(?:mailto|tel):/, '') : `${label} (${url})`

/** Text typed into a slash command: only its entities are Slack's doing. */
export const unescapeText = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

export const mentionedUsersIn = (text: string): string[] =>
  [...text.matchAll(/<@([UW][A-Z0-9]+)/g)].flatMap((found) => found[1] ?? [])

/** The text without the mention of `user` that it begins with, and without any other that stands alone at its end. */
export function removeMention(text: string, user: string): string {
  const at = `<@${user}(?:\\|[^>]*)?>`
  return text.replace(new RegExp(`^\\s*${at}[\\s,:]*|\\s*${at}\\s*$`, 'g'), '').trim()
}

/** Who a message is addressed to, if it begins by mentioning somebody. */
export const addresseeOf = (text: string): string | undefined => /^\s*<@([UW][A-Z0-9]+)/.exec(text)?.[1]

/** "stop", "Stop!", "stop please": nothing but the wish to stop. */
export const isStopWord = (text: string): boolean =>
  /^\s*(?:please\s+)?stop(?:\s+(?:it|that|please))?[\s.!]*$/i.test(text)
