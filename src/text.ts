/** Longer graphemes than this may be cut inside. */
const GRAPHEME_CHARS = 64
/** A cut moves back at most this far to fall between two words; a longer word is cut inside. */
const WORD_CHARS = 24

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** The first `max` UTF-16 units of a text or fewer, so that the cut falls between two graphemes: an emoji stays whole. */
export function headOf(text: string, max: number): string {
  if (text.length <= max) return text
  const from = Math.max(0, max - GRAPHEME_CHARS)
  const start = graphemes.segment(text.slice(from, max + 2)).containing(max - from)?.index ?? 0
  if (start > 0) return text.slice(0, from + start)
  return text.slice(0, max).replace(/[\uD800-\uDBFF]$/, '')
}

/** The text cut to `max` UTF-16 units with an ellipsis, between two words if possible and never inside a grapheme. */
export function truncate(text: string, max: number): string {
  if (text.length <= max) return text
  const head = headOf(text, max - 1)
  const from = Math.max(0, head.length - Math.min(WORD_CHARS, Math.floor(max / 2)))
  const gap = text.slice(from, head.length + 1).search(/\s\S*$/)
  return `${(gap < 0 ? '' : text.slice(0, from + gap).trimEnd()) || head}…`
}

/** The text cut to `max` UTF-16 units in its middle, so that its beginning and its end stay; two thirds are for the end. */
export function truncateMiddle(text: string, max: number): string {
  if (text.length <= max) return text
  const tailChars = Math.ceil((max - 1) * (2 / 3))
  const from = Math.max(0, text.length - tailChars - GRAPHEME_CHARS)
  const { index = 0, segment = '' } =
    graphemes.segment(text.slice(from)).containing(text.length - tailChars - from) ?? {}
  const whole = from + index < text.length - tailChars ? from + index + segment.length : from + index
  return `${headOf(text, max - 1 - tailChars)}…${text.slice(whole)}`
}

/** A text without its percent codes; as it is where they are none. */
export function decodeUriText(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return text
    throw error
  }
}

/**
 * Signs that nobody sees or that turn text round: controls, formats, fillers, separators, private and unassigned ones. Arabic
 * signs over numbers are formats that are seen (Unicode, Prepended_Concatenation_Mark).
 */
const INVISIBLE = String.raw`[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{DI}\u2800]--[\n\t\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]]|[\p{Cn}--\p{ExtPict}]`

/** Scripts whose letters take joiners, and those that break lines without spaces (Unicode, chapters 9, 12, 13, 14 and 16). */
const JOINED = scripts(
  'Arab Syrc Mand Nkoo Mong Phag Mani Adlm Rohg Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Khmr Mymr Tibt',
)
const UNSPACED = scripts('Khmr Mymr Thai Laoo Tibt')

/** What is left of them: parts of emoji (UTS #51), joiners and selectors where a script has them, and marks of our own. */
const NEEDED = [
  String.raw`\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f}`,
  String.raw`\p{ExtPict}[\ufe0f\p{EMod}]?(?:\u200d\p{ExtPict}[\ufe0f\p{EMod}]?)+`,
  String.raw`[\p{Emoji}[\p{S}--\p{ASCII}]\p{Ideo}\p{scx=Mymr}\p{scx=Phag}\p{scx=Mani}][\ufe00-\ufe0f]`,
  String.raw`\p{Ideo}[\u{e0100}-\u{e01ef}]`,
  String.raw`(?<=\p{scx=Mong})[\u180b-\u180f]`,
  // Persian and others part a word from a number or from Latin letters with it.
  String.raw`(?<=${JOINED})[\u200c\u200d]|\u200c(?=${JOINED})`,
  String.raw`(?<=${UNSPACED})\u200b(?=${UNSPACED})`,
  // Mentions and fences are broken with it.
  '[<`]\\u2060(?=[!@#`])',
  String.raw`\r(?=\n)`,
].join('|')

const HAS_INVISIBLE = new RegExp(INVISIBLE, 'v')
const NEEDED_OR_INVISIBLE = new RegExp(`(${NEEDED})|([\\u2800-\\u28ff]+)|${INVISIBLE}`, 'gv')

function scripts(names: string): string {
  const some = names.split(' ').map((name) => `\\p{scx=${name}}`)
  return `[[${some.join('')}]&&[\\p{L}\\p{M}]]`
}

function replaceInvisible(text: string, replacementOf: (sign: string) => string): string {
  if (!HAS_INVISIBLE.test(text)) return text
  return text.replace(NEEDED_OR_INVISIBLE, (sign, needed: string | undefined, braille: string | undefined) => {
    if (braille === undefined) return needed ?? replacementOf(sign)
    const end = endOfBraille(braille)
    return braille.slice(0, end) + replacementOf(BLANK).repeat(braille.length - end)
  })
}

const BLANK = '\u2800'

/** Blanks between the letters of braille are spaces, and one after the last may be. */
function endOfBraille(run: string): number {
  let end = run.length
  while (end > 0 && run[end - 1] === BLANK) end -= 1
  return end === 0 ? 0 : Math.min(end + 1, run.length)
}

/** Spells out what cannot be seen or turns text round, as `\u{202e}`; what emoji and scripts are made of stays. */
export const revealInvisible = (text: string): string =>
  replaceInvisible(text, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`)

/** Leaves out what `revealInvisible` spells out: for names of files. */
export const removeInvisible = (text: string): string => replaceInvisible(text, () => '')

/** A growing text without the invisible signs at its end, as only what follows them tells what they are. */
export function withoutInvisibleEnd(text: string): string {
  let end = text.length
  while (end > 0) {
    const isPair = (text.codePointAt(end - 2) ?? 0) > 0xffff
    const start = end - (isPair ? 2 : 1)
    if (!HAS_INVISIBLE.test(text.slice(start, end))) break
    end = start
  }
  return text.slice(0, end)
}
