import { distance } from 'fastest-levenshtein'
import type { Card } from './card.ts'

/** What a search looks at. */
export type SearchableCard = Pick<Card, 'name' | 'title' | 'words' | 'category' | 'description'> & {
  /** By name. */
  tools: Record<string, unknown>
}

/**
 * Cards that fit the words, best first. Every word must be found somewhere: in the name or title (also with a small
 * typo), what people also call it, category, description or a tool's name. No words: all of them, in the order given.
 */
export function searchCards(cards: Card[], words: string): Card[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean)
  return cards
    .map((card) => ({ card, score: scoreOf(card, wanted) }))
    .filter(({ score }) => score > 0 || wanted.length === 0)
    .toSorted((a, b) => b.score - a.score)
    .map(({ card }) => card)
}

/** The sum over all words, or 0 when one of them fits nowhere. */
function scoreOf(card: Card, wanted: string[]): number {
  const scores = wanted.map((word) => scoreWord(card, word))
  return scores.includes(0) ? 0 : scores.reduce((sum, score) => sum + score, 0)
}

/** How well one word fits: 100 for the very name, 25 for a typo of it, less for a mention, 0 for nothing. */
const scoreWord = (thing: SearchableCard, word: string, o: { typos: boolean } = { typos: true }): number =>
  nameScore(thing, word) || textScore(thing, word) || (o.typos ? typoScore(thing, word) : 0)

function nameScore(card: SearchableCard, word: string): number {
  const title = card.title.toLowerCase()
  if (card.name === word || title === word) return 100
  const others = card.words.flatMap((other) => [other, ...termsOf(other)])
  if (others.includes(word)) return 80
  const terms = termsOf(`${card.name} ${title}`)
  if (terms.some((term) => term.startsWith(word))) return 60
  if (holds(`${card.name} ${title}`, word)) return 40
  return others.some((other) => other.startsWith(word)) ? 30 : 0
}

function typoScore({ name, title }: SearchableCard, word: string): number {
  const near = (term: string) => distance(term, word) <= (word.length > 5 ? 2 : 1)
  return word.length > 3 && termsOf(`${name} ${title.toLowerCase()}`).some(near) ? 25 : 0
}

function textScore(card: SearchableCard, word: string): number {
  if (holds(card.category.toLowerCase(), word)) return 20
  if (holds(card.description.toLowerCase(), word)) return 10
  return Object.keys(card.tools).some((tool) => holds(tool.toLowerCase(), word)) ? 5 : 0
}

/** A short word would stand in the middle of many others. */
const holds = (text: string, word: string): boolean =>
  word.length > 3 ? text.includes(word) : termsOf(text).some((term) => term.startsWith(word))

const termsOf = (text: string): string[] => text.match(/[\p{L}\p{N}]+/gu) ?? []
