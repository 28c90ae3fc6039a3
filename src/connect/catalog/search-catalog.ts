import { distance } from 'fastest-levenshtein'
import type { Card } from '../../cards/card.ts'
import { type RankableCard, rankMatches } from '../../cards/rank.ts'
import { type SearchTerm, searchTermsIn } from '../../cards/search-terms.ts'
import { isFiller } from '../../cards/search-vocabulary.ts'
import type { UserId, WorkspaceId } from '../../ids.ts'
import type { Catalogue, CatalogueMatches, CatalogueRow } from '../../registry/catalogue.ts'
import type { OwnCard, OwnCards } from '../../registry/own-cards.ts'
import { createEntryCard, permissionCardOf } from './connectable-cards.ts'
import { entryHostOf } from './read-registry-entry.ts'

/** One thing a search found, as a person may see it. */
export type SearchHit = Pick<Card, 'title' | 'icon' | 'description'> & {
  /** What connects it. */
  card: string
  /** Whose permission counts for it, where a workspace allows some cards only. */
  permissionCard: string
  /** Where it leads; absent for what runs beside the app, and where people say where. */
  host?: string
  /** Somebody here saved it, for themselves or for the workspace. */
  saved?: { by: UserId; shared: boolean }
  /** Absent for a card of ours. `publisher`: the domain it was published for, where it also leads there. */
  registry?: { name: string; publisher?: string; deprecated: boolean }
}

export type SearchResults = {
  hits: SearchHit[]
  /** One of them has all that was looked for; else they are the nearest there are. */
  whole: boolean
  /** Words that are near to what was typed, where nothing was found. */
  near: string[]
  /** Whether the public registry was looked at too: `never` was one mirrored, or it is switched `off`. */
  registry: 'searched' | 'never' | 'off'
}

/** `user`: who searches, to find cards that they or their workspace saved. */
export type SearchCatalog = (workspace: WorkspaceId, words: string, user?: UserId) => Promise<SearchResults>

/** As many of the registry's entries are ranked, of those that fit and of those that look alike. */
const MOST_CANDIDATES = 300

type Candidate = RankableCard & { hit: SearchHit }

/** Looks through our own cards and the mirrored registry. */
export const createSearch =
  (cards: Card[], catalogue: Pick<Catalogue, 'find'> | undefined, ownCards?: Pick<OwnCards, 'of'>): SearchCatalog =>
  async (workspace, words, user) => {
    const terms = searchTermsIn(words)
    const typed = terms.map((term) => term.words)
    const looked = { patterns: terms.map(patternFor), words: typed, limit: MOST_CANDIDATES }
    const found = terms.length === 0 ? undefined : await catalogue?.find(workspace, looked)
    const saved = user === undefined ? [] : await ownCards?.of({ workspace, user })
    const { own, others } = candidates(cards, found)
    own.push(...(saved ?? []).map((card) => savedCandidate(card, found)))
    const ranked = rankMatches([...own, ...others], terms)
    return {
      hits: ranked.map(({ thing }) => thing.hit),
      whole: ranked.some((one) => one.whole),
      near: ranked.length > 0 ? [] : nearWords([...own, ...others], typed),
      registry: registryState(catalogue !== undefined, found),
    }
  }

/** A regular expression for a word or another for the same ability; short ones count only where a word begins. */
const patternFor = ({ stem, similar }: SearchTerm): string =>
  [stem, ...similar].map((one) => (one.length > 3 ? one.replaceAll(' ', '.*') : `\\m${one}`)).join('|')

function registryState(mirrored: boolean, found: CatalogueMatches | undefined): SearchResults['registry'] {
  if (!mirrored) return 'off'
  return found?.synced === false ? 'never' : 'searched'
}

/** An entry that leads where a card of ours leads is that card, which knows more of it. */
function candidates(cards: Card[], found: CatalogueMatches | undefined): { own: Candidate[]; others: Candidate[] } {
  const counts = (name: string, all: number) => ({ here: found?.inWorkspace[name] ?? 0, all })
  const own = cards.map((card) => ({
    ...ownCandidate(card),
    popularity: counts(card.name, found?.curated[card.name] ?? 0),
  }))
  const covered = new Set(cards.flatMap(({ server }) => (server.kind === 'http' ? [plainUrl(server.url)] : [])))
  const others = (found?.rows ?? [])
    .filter(({ entry }) => !covered.has(plainUrl(entry.url)))
    .map((row) => ({ ...entryCandidate(row), popularity: counts(row.entry.name, row.popularity) }))
  return { own, others }
}

const plainUrl = (url: string): string => url.toLowerCase().replace(/\/+$/, '')

function ownCandidate(card: Card): Omit<Candidate, 'popularity'> {
  const { name, title, icon, description, server } = card
  const host = server.kind === 'http' ? entryHostOf(server.url) : ''
  const hit: SearchHit = {
    card: name,
    title,
    icon,
    description,
    permissionCard: permissionCardOf(name),
    ...(host !== '' && { host }),
  }
  return { ...card, curated: true, verified: true, deprecated: false, hit }
}

function entryCandidate({ entry, status, verified }: CatalogueRow): Omit<Candidate, 'popularity'> {
  const card = createEntryCard(entry)
  const { title, icon, description, words, tools } = card
  const deprecated = status === 'deprecated'
  const publisher = verified ? { publisher: entry.name.split('/', 1).join().split('.').toReversed().join('.') } : {}
  const registry = { name: entry.name, deprecated, ...publisher }
  const hit: SearchHit = {
    card: card.name,
    title,
    icon,
    description,
    permissionCard: permissionCardOf(card.name),
    host: entryHostOf(entry.url),
    registry,
  }
  // The category is our own text, so a search does not look into it.
  const searched = { name: entry.name.toLowerCase(), title, description, words, tools, category: '' }
  return { ...searched, curated: false, verified, deprecated, hit }
}

/** A card that somebody here saved stands with ours: they know what it is for. */
function savedCandidate({ entry, by, shared, popularity }: OwnCard, found: CatalogueMatches | undefined): Candidate {
  const card = createEntryCard(entry)
  const { title, icon, description } = card
  const hit: SearchHit = {
    card: card.name,
    title,
    icon,
    description,
    permissionCard: permissionCardOf(card.name),
    host: entryHostOf(entry.url),
    saved: { by, shared },
  }
  const used = { here: found?.inWorkspace[entry.name] ?? 0, all: popularity }
  return { ...card, name: title.toLowerCase(), curated: true, verified: true, deprecated: false, popularity: used, hit }
}

/** Words of names that look like one of those typed. */
function nearWords(things: Candidate[], wanted: string[]): string[] {
  const known = new Set(
    things.flatMap(({ title, words }) => [...(title.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? []), ...words]),
  )
  const ranked = [...known]
    .filter((word) => !isFiller(word))
    .map((word) => ({
      word,
      far: Math.min(...wanted.map((one) => distance(one, word) / Math.max(one.length, word.length))),
    }))
    .filter(({ far }) => far <= 0.4)
    .toSorted((a, b) => a.far - b.far)
  return ranked.slice(0, 3).map(({ word }) => word)
}
