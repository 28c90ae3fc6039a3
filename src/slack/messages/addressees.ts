import { isGreeting, isThanks, isYesOrNo } from './short-words.ts'

const mentionOfUser = (user: string): RegExp => new RegExp(`<@${user}(?:\\|[^<>]*)?>`, 'g')

export const isMentioned = (text: string, user: string): boolean => text.search(mentionOfUser(user)) >= 0

/** The text without mentions of `user`, wherever they stand. */
export const withoutMentionsOf = (text: string, user: string): string => text.replace(mentionOfUser(user), ' ').trim()

/**
 * A person, a group or everybody, as Slack writes mentions (docs.slack.dev/messaging/formatting-message-text), or a name that was
 * typed without choosing it from Slack's list.
 */
const NAME =
  /<(?:@[UWB][A-Z0-9]+|!subteam\^[A-Z0-9]+|!(?:here|channel|everyone))(?:\|[^<>]*)?>|(?<![\p{L}\p{N}._%+-])@\p{L}[\p{L}\p{N}._-]*/u
const NEXT_NAME = new RegExp(NAME, 'uy')
const BETWEEN = /[\s,;:.!?/&+*_~-]*(?:(?:and|or|und|et|y|e|en|og|och|と)\b)?[\s,;:.!?/&+*_~-]*/uy

/** What is said of somebody beside their name, as a request to the app may begin. */
const OF_THEM =
  /^(?:['’]|\/|\(|\s+(?:and|or|has|had|needs?|wants?|says?|said|asks?|asked|approved|reported|left|cannot)\b|\s+have\b(?!\s+(?:a|you|we)\b)|\s+(?:is|was|are|were|does|can|will|would|should|(?:is|was|are|were|has|does|did|can|wo)n['’]t)\b(?!\s+(?:you|u|we|i|this|that|it|there)\b))/iu
/** A typed name may stand in code: `@Override`, `@media`. */
const CODE = /[{}=`;]|\(\)/

/** What stands before a name of whoever is spoken to, beside greetings and thanks. */
const TO_THEM =
  /^(?:cc|fyi|attn|\+1|dear|kudos|kudos to|congrats|congratulations|welcome|well done|(?:great|good|nice) (?:work|job|one|catch|point))$/
/** Words that are for whoever is named beside them, where nothing else is said. */
const ASKS_THEM = /^(?:wdyt|(?:any )?thoughts|what do you think|what about you|(?:over|up|back) to you|your turn)$/
const QUOTED = /^\s*(?:&gt;|>)/
const COURTESY = /^(?:great|perfect|nice|cool|awesome|good point)$/

/**
 * Whether a text that does not mention the app is plainly for somebody else: it begins with their name, perhaps after a greeting, thanks or
 * "cc", or asks nothing but what they think. A name elsewhere is what the text is about, and in doubt the text is a request.
 */
export function isForOthers(text: string): boolean {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !QUOTED.test(line))
  const line = lines.find((one) => !isCourtesy(one))
  const first = line === undefined ? null : NAME.exec(line)
  if (line === undefined || first === null) return false
  const { named, rest } = splitNames(line, first.index)
  const before = line.slice(0, first.index)
  if (/patchbay/i.test(before + named) || (!named.includes('<') && CODE.test(text)) || OF_THEM.test(rest)) return false
  const isAtEnd = bareWords(rest) === '' && line === lines.at(-1)
  return opensToThem(before) || (isAtEnd && (ASKS_THEM.test(bareWords(before)) || isThanks(before)))
}

const isCourtesy = (line: string): boolean =>
  isGreeting(line) || isThanks(line) || isYesOrNo(line) || COURTESY.test(bareWords(line))

function opensToThem(before: string): boolean {
  const words = bareWords(before)
  return words === '' ? /^[*_~(\s/]*$/.test(before) : TO_THEM.test(words) || isGreeting(before) || isThanks(before)
}

/** The names that follow each other from `start` on, and what stands behind the last one. */
function splitNames(line: string, start: number): { named: string; rest: string } {
  let end = start
  let at = start
  while (true) {
    NEXT_NAME.lastIndex = at
    if (!NEXT_NAME.test(line)) return { named: line.slice(start, end), rest: line.slice(end) }
    end = NEXT_NAME.lastIndex
    BETWEEN.lastIndex = end
    at = BETWEEN.test(line) ? BETWEEN.lastIndex : end
  }
}

/** No phrase that is looked for is longer. */
const MOST_CHARS = 60

const bareWords = (words: string): string =>
  words.length > MOST_CHARS
    ? words
    : words
        .replace(/[^\p{L}\p{N}+]+/gu, ' ')
        .trim()
        .toLowerCase()
