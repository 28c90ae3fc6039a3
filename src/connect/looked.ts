import { alikeTo } from '../cards/alike.ts'

/** Threes of letters of each word, with its beginning and end: names that look alike share most of them. */
export function gramsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  const grams = words.flatMap((word) => {
    const signs = [...` ${word} `]
    return signs.slice(2).map((sign, at) => `${signs[at]}${signs[at + 1]}${sign}`)
  })
  return [...new Set(grams)].slice(0, 80)
}

/** For each word what the database looks for: the word or another for the same; short ones only where a word begins. */
export const patternsOf = (wanted: string[]): string[] =>
  wanted.map((word) => [word, ...alikeTo(word)].map((one) => (one.length > 3 ? one : `\\m${one}`)).join('|'))
