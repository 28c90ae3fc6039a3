import { isCommonWord, isFiller, phrasesIn, similarStemsFor } from './search-vocabulary.ts'
import { stemFor } from './word-stems.ts'

/** A word, or a phrase of several, that somebody looks for. */
export type SearchTerm = {
  /** As it was typed, in small letters; a phrase as its stems. */
  words: string
  stem: string
  /** The stems of other words for the same. */
  similar: string[]
  /** "Create" says less than what is created. */
  weight: number
}

/** More words find no more. */
const MAX_TERMS = 10
const COMMON_WORD_WEIGHT = 0.35

/** What counts in a search, which may be a sentence. Pure. */
export function searchTermsIn(text: string): SearchTerm[] {
  const phrases = phrasesIn(text)
  const inPhrases = new Set(phrases.flatMap((phrase) => phrase.split(' ')))
  const typed = [...new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])]
  const telling = typed.filter((word) => !isFiller(word))
  const single = phrases.length > 0 || telling.length > 0 ? telling : typed
  const words = single.filter((word) => !inPhrases.has(stemFor(word)))
  return [
    ...phrases.map((phrase) => termOf(phrase, phrase)),
    ...words.map((word) => termOf(word, stemFor(word))),
  ].slice(0, MAX_TERMS)
}

const termOf = (words: string, stem: string): SearchTerm => ({
  words,
  stem,
  similar: similarStemsFor(stem),
  weight: isCommonWord(words) ? COMMON_WORD_WEIGHT : 1,
})
