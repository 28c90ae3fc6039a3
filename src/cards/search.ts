import { distance } from 'fastest-levenshtein'
import type { Card } from './card.ts'

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
  const scores = wanted.map((word) => nameScore(card, word) || textScore(card, word))
  return scores.includes(0) ? 0 : scores.reduce((sum, score) => sum + score, 0)
}

function nameScore(card: Card, word: string): number {
  const title = card.title.toLowerCase()
  if (card.name === word || title === word) return 100
  const others = card.words.flatMap((other) => [other, ...termsOf(other)])
  if (others.includes(word)) return 80
  const terms = [card.name, ...card.name.split('-'), ...termsOf(title)]
  if (terms.some((term) => term.startsWith(word))) return 60
  if (`${card.name} ${title}`.includes(word)) return 40
  if (others.some((other) => other.startsWith(word))) return 30
  return word.length > 3 && terms.some((term) => distance(term, word) <= (word.length > 5 ? 2 : 1)) ? 25 : 0
}

function textScore(card: Card, word: string): number {
  if (card.category.toLowerCase().includes(word)) return 20
  if (card.description.toLowerCase().includes(word)) return 10
  return Object.keys(card.tools).some((tool) => tool.toLowerCase().includes(word)) ? 5 : 0
}

const termsOf = (text: string): string[] => text.split(/[^a-z0-9]+/).filter(Boolean)
