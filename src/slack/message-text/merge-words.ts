import { headOf } from '../../text.ts'

/** What Slack or an app puts into `text` where the words are in the blocks. */
const NO_WORDS =
  /^(?:this content can['’]t be displayed\.?|\[no preview available\]|\[no title\]|no preview|new message)?$/i

/** So many lines are looked for inside of the blocks' lines; each is a walk through all of them. */
const MOST_SOUGHT = 200

/**
 * The words of a message that says them twice, as `text` for notifications and as blocks for readers: what both say stands
 * once, and of `text` only the lines that the blocks leave out.
 */
export function mergeWords(text: string, blocks: string): string {
  if (blocks.trim() === '') return text.trim()
  if (NO_WORDS.test(text.trim())) return blocks
  const shown = bareWordsOf(blocks)
  if (shown === ' ') return text.trim() === blocks.trim() ? blocks : `${text.trim()}\n${blocks}`
  if (shown !== bareWordsOf(text) && bareWordsOf(text).includes(shown)) return text.trim()
  const lines = new Set(blocks.split('\n').map(bareWordsOf))
  const others = text.split('\n').filter((line) => line.trim() !== '' && !lines.has(bareWordsOf(line)))
  const rest = [
    ...others.slice(0, MOST_SOUGHT).filter((line) => !shown.includes(bareWordsOf(line))),
    ...others.slice(MOST_SOUGHT),
  ]
  return [...rest, blocks].join('\n').trim()
}

/** The words alone, between single spaces: marks, emoji and numbers of lists differ between the two. */
function bareWordsOf(text: string): string {
  const words = text
    .replace(/:[\w+'-]+:/g, ' ')
    .toLowerCase()
    .match(/[\p{L}\p{N}\p{M}]+/gu)
  return ` ${(words ?? []).join(' ')}${words === null ? '' : ' '}`
}

/** The first characters of a text, and how many are left out. */
export const limitChars = (text: string, maxChars: number): string =>
  text.length <= maxChars
    ? text
    : `${headOf(text, maxChars)}\n[Cut: these are the first ${maxChars} of ${text.length} characters of this message.]`
