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

/** A text without its percent codes; as it is where they are none. */
export function decodeUriText(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return text
    throw error
  }
}
