import { truncate } from '../../text.ts'

/**
 * A stranger's text as one plain line of at most `max` characters: nothing invisible, no addresses Slack would make links
 * of, no emoji codes that could pass for marks of ours.
 */
export function toPlainLine(text: string, max: number): string {
  const line = text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, '')
    .replace(/:([\w+-]+):/g, '$1')
    .replace(/ {2,}/g, ' ')
    .trim()
  return truncate(line, max)
}
