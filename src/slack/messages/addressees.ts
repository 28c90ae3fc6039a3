import { isThanks } from './short-words.ts'

/** A person, a group or everybody, as Slack writes mentions (docs.slack.dev/messaging/formatting-message-text). */
const MENTION = '<(?:@[UWB][A-Z0-9]+|!subteam\\^[A-Z0-9]+|!(?:here|channel|everyone))(?:\\|[^>]*)?>'
/** A name that was typed without choosing it from Slack's list. */
const TYPED_NAME = '@[\\p{L}\\p{N}][\\p{L}\\p{N}._-]*'

const BETWEEN = '[\\s,;:.!?/&+-]*(?:(?:and|or|und|et|y|e|en|og|och|と)\\b)?[\\s,;:.!?/&+-]*'
const MENTIONS = `(?:${MENTION}|${TYPED_NAME})(?:${BETWEEN}(?:${MENTION}|${TYPED_NAME}))*`

/** How a line begins that is then addressed to the person it names. */
const OPENINGS =
  `hey|hi|hello|hallo|hola|bonjour|salut|ciao|yo|dear|morning|good morning|ok|okay|oh|ah|yes|no|sorry|please|pls|ping|pinging|
  poke|cc|fyi|attn|adding|add|looping in|looping|over to you|back to you|thanks|thank you|thanks to|big thanks to|thx|ty|many thanks|danke|merci|gracias|
  grazie|obrigado|great work|great job|good job|good work|nice work|nice one|good catch|good point|well done|kudos|kudos to|props to|shoutout to|
  congrats|congratulations|welcome|agree with|i agree with|agreed with|same as|as per|see above|up to you|your turn|wdyt|thoughts|any thoughts|
  what do you think|what about you|can you look|could you look|can you take a look|could you take a look|can you check|could you check|
  can you help|could you help|can you confirm|could you confirm|please review|ptal|please check|please advise`
    .split('|')
    .map((phrase) => phrase.trim().replaceAll(' ', '\\s+'))
    .sort((a, b) => b.length - a.length)
    .join('|')

const OPENING = `(?:[*_~\\s]*(?:\\+1|(?:${OPENINGS})\\b)[\\s,:.!?*_~–—-]*){0,3}`
/** "@x can you…", "hey @x", "cc @x", "thanks @x for that". */
const OPENS_TO_OTHERS = new RegExp(`^[*_~\\s(/+]*${OPENING}${MENTIONS}`, 'iu')
/** "that is done, @x!": the words before are for whom they name at last. */
const ENDS_IN_NAME = new RegExp(`(?<!>)\\s*[,–—]\\s*${MENTIONS}[\\s.!?)*_~]*$`, 'u')
/** A line that is nothing but names may belong to a list. */
const NAMES_ALONE = new RegExp(`^${MENTIONS}[\\s,.:;]*$`, 'u')
const QUOTED = /^\s*(?:&gt;|>)/
const GREETING =
  /^\s*(?:hi|hey|hello|hallo|hola|bonjour|good morning|morning|thanks|ok|okay)(?:\s+(?:all|everyone|team|folks|there))?[\s,.!]*$/i

/** The text without mentions of `user`, wherever they stand. */
export const withoutMentionsOf = (text: string, user: string): string =>
  text.replace(new RegExp(`<@${user}(?:\\|[^>]*)?>`, 'g'), ' ').trim()

/**
 * Whether a text that does not mention the app is plainly for somebody else: a line begins with their name, perhaps after a greeting, thanks or
 * "cc", or the text ends in it. A name elsewhere is what the text is about.
 */
export function isForOthers(text: string): boolean {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !QUOTED.test(line))
  const first = lines.findIndex((line) => !GREETING.test(line))
  if (first < 0) return false
  const [opening = '', ...rest] = lines.slice(first)
  return (
    OPENS_TO_OTHERS.test(opening) ||
    rest.some((line) => OPENS_TO_OTHERS.test(line) && !NAMES_ALONE.test(line.trim())) ||
    ENDS_IN_NAME.test(lines.at(-1) ?? '') ||
    thanksSomebody(text)
  )
}

/** "thank you so much @x": the words without the name are nothing but thanks. */
function thanksSomebody(text: string): boolean {
  const words = text.replace(new RegExp(MENTIONS, 'gu'), ' ')
  return words !== text && isThanks(words)
}
