import { distance } from 'fastest-levenshtein'
import type { SearchableCard } from './search.ts'
import type { SearchTerm } from './search-terms.ts'
import { stemsIn } from './word-stems.ts'

/** What a search ranks by. */
export type RankableCard = SearchableCard & {
  /** One of our own cards: somebody looked at its tools. */
  curated: boolean
  /** Its publisher is known. */
  verified: boolean
  deprecated: boolean
  /** How often it was connected, in this workspace and in all. */
  popularity: { here: number; all: number }
}

/** `whole`: all that was looked for is found in it. */
export type RankedCard<T> = { thing: T; whole: boolean }

/** Of what fits in a part only, this share of the best score has to be reached. */
const PARTIAL_SHARE = 0.45

/** What fits, best first: by how much of what is looked for, and where; then by who vouches for it and how often it is used. Pure. */
export function rankMatches<T extends RankableCard>(things: T[], terms: SearchTerm[]): RankedCard<T>[] {
  const scored = things.map((thing) => ({ thing, fields: fieldsOf(thing) }))
  const scores = terms.map((term) => scoresOf(scored, term))
  const weights = terms.map((term, at) => term.weight * rarityOf(scores[at] ?? []))
  const most = Math.max(...terms.map((term) => term.weight))
  const ranked = scored
    .map(({ thing }, at) => {
      const own = scores.map((one) => one[at] ?? 0)
      // "Find" and "flight": what only finds is no answer.
      const tells = own.some((score, which) => score > 0 && terms[which]?.weight === most)
      const score = tells ? totalOf(own, weights) * standingOf(thing) : 0
      return { thing, whole: own.every((one) => one > 0), score }
    })
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score || a.thing.title.localeCompare(b.thing.title))
  const least = (ranked[0]?.score ?? 0) * PARTIAL_SHARE
  return ranked.filter(({ whole, score }) => whole || score >= least)
}

/** The mean over what is looked for, less where a part of it is missing. */
function totalOf(scores: number[], weights: number[]): number {
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  const found = weights.reduce((sum, weight, at) => ((scores[at] ?? 0) > 0 ? sum + weight : sum), 0)
  const words = scores.reduce((sum, score, at) => sum + score * (weights[at] ?? 0), 0)
  return all === 0 ? 0 : (words / all) * (found / all)
}

/** A word in few of them tells more than one in many. */
function rarityOf(scores: number[]): number {
  const having = scores.filter((score) => score > 0).length
  return Math.log(1 + scores.length / (1 + having)) + 0.1
}

/** A share of the score, so that our own cards come first among equals only. */
function standingOf({ curated, verified, deprecated, popularity: { here, all } }: RankableCard): number {
  const used = Math.min(0.1, 0.015 * Math.log2(1 + all + 4 * here))
  return 1 + (curated ? 0.15 : 0) + (verified ? 0.05 : 0) - (deprecated ? 0.3 : 0) + used
}

/** The texts of a card as stems between spaces, so that a word or phrase is found as ` stem `. */
type Fields = { title: string; name: string; aliases: string[]; category: string; description: string; tools: string }

const spaced = (text: string): string => ` ${stemsIn(text).join(' ')} `

/** Domain names hold words that say nothing. */
const IN_EVERY_NAME = /\b(?:com|io|dev|org|net|ai|app|mcp|server|github)\b/g

const fieldsOf = (thing: SearchableCard): Fields => ({
  title: spaced(thing.title),
  name: spaced(thing.name.includes('/') ? thing.name.replaceAll(IN_EVERY_NAME, ' ') : thing.name),
  aliases: thing.words.map(spaced),
  category: spaced(thing.category),
  description: spaced(thing.description),
  tools: spaced(Object.keys(thing.tools).join(' ')),
})

/** How well a term fits each of them; spelling is forgiven where nothing has the word itself. */
function scoresOf(things: { fields: Fields }[], term: SearchTerm): number[] {
  const scores = things.map(({ fields }) => scoreTerm(fields, term))
  const isKnown = scores.some((score) => score > 0)
  return isKnown ? scores : things.map(({ fields }) => (isTypoIn(fields, term.stem) ? TYPO : 0))
}

/** A word for the same ability counts less than the word itself. */
const SYNONYM_SHARE = 0.7
const TYPO = 25

function scoreTerm(fields: Fields, { stem, similar }: SearchTerm): number {
  const others = similar.map((other) => scoreStem(fields, other, SYNONYM_PLACES) * SYNONYM_SHARE)
  return Math.max(scoreStem(fields, stem), ...others)
}

type Place = [score: number, fits: (fields: Fields, stem: string) => boolean]

const has = (text: string, stem: string) => text.includes(` ${stem} `)
const begins = (text: string, stem: string) => stem.length > 2 && text.includes(` ${stem}`)

/** At the end of a word, as "mail" is in Gmail; in its middle only a long one says something. */
const INSIDE: Place = [
  25,
  ({ title, name }, stem) =>
    stem.length > 3 &&
    (`${title}${name}`.includes(`${stem} `) || (stem.length > 5 && `${title}${name}`.includes(stem))),
]

/** Where a stem may stand, best first. */
const PLACES: Place[] = [
  [100, ({ title, name }, stem) => title === ` ${stem} ` || name === ` ${stem} `],
  [70, ({ title, aliases }, stem) => has(title, stem) || aliases.includes(` ${stem} `)],
  [50, ({ name }, stem) => has(name, stem)],
  [45, ({ title }, stem) => begins(title, stem)],
  [40, ({ category, description }, stem) => has(category, stem) || has(description, stem)],
  [30, ({ aliases }, stem) => aliases.some((alias) => has(alias, stem))],
  INSIDE,
  [15, ({ aliases, description }, stem) => [...aliases, description].some((text) => begins(text, stem))],
  [5, ({ tools }, stem) => has(tools, stem)],
]

/** "Trip" for "flight" is not meant by Stripe. */
const SYNONYM_PLACES = PLACES.filter((place) => place !== INSIDE)

/** The words of a phrase may also stand apart, and then say less. */
const APART_SHARE = 0.5

function scoreStem(fields: Fields, stem: string, places = PLACES): number {
  const together = places.find(([, fits]) => fits(fields, stem))?.[0] ?? 0
  if (together > 0 || !stem.includes(' ')) return together
  return Math.min(...stem.split(' ').map((one) => scoreStem(fields, one, places))) * APART_SHARE
}

function isTypoIn({ title, name }: Fields, stem: string): boolean {
  const far = stem.length > 5 ? 2 : 1
  return stem.length > 3 && `${title}${name}`.split(' ').some((term) => distance(term, stem) <= far)
}
