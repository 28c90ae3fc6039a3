/** Endings that change little of what a word means: "scraping", "scrape" and "scrapers" have one stem. */
const ENDINGS = /(?:ations?|ating|ated|ate|ions?|ings?|ed|ers?|ors?|i[sz]e|e|y)$/
/** What is left of a shorter word would fit too many others. */
const STEM_MIN_CHARACTERS = 4
/** Their stems would be another word's. */
const WHOLE_WORDS = new Set(['customer', 'number', 'letter', 'matter', 'university', 'organization'])

/** What a word has in common with its other forms, in small letters. */
export function stemFor(word: string): string {
  const single = singularOf(word.toLowerCase())
  if (WHOLE_WORDS.has(single)) return single
  const stem = single.replace(ENDINGS, '')
  return stem.length >= STEM_MIN_CHARACTERS ? stem : single
}

/** The stems of all words of a text, in order. */
export const stemsIn = (text: string): string[] => wordsOf(text).map(stemFor)

/** The words and numbers of a text; `camelCase` is two. */
function wordsOf(text: string): string[] {
  return text.replace(/([\p{Ll}\d])(\p{Lu}\p{Ll})/gu, '$1 $2').match(/[\p{L}\p{N}]+/gu) ?? []
}

function singularOf(word: string): string {
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`
  if (/(?:ss|x|ch|sh)es$/.test(word)) return word.slice(0, -2)
  return word.length > 3 && /[^siu]s$/.test(word) ? word.slice(0, -1) : word
}
