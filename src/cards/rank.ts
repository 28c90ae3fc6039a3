import { type SearchableCard, scoreWord } from './search.ts'

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

/** Words without meaning for a search. */
const FILLERS = new Set(
  'a an the for my our your me i to of in on with and or some that can server servers mcp tool tools connect connector please'.split(
    ' ',
  ),
)

/** The words of a search that count, in small letters. */
export function searchWordsIn(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  const telling = words.filter((word) => !FILLERS.has(word))
  return [...new Set(telling.length > 0 ? telling : words)].slice(0, 8)
}

/** Those in which every word is found, best first: by words, then by who vouches for it, then by how often it is used. Pure. */
export function rankMatches<T extends RankableCard>(things: T[], wanted: string[]): T[] {
  return things
    .map((thing) => ({ thing, score: scoreOf(thing, wanted) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score || a.thing.title.localeCompare(b.thing.title))
    .map(({ thing }) => thing)
}

// An exact name of a stranger's (100) still stands above a card of ours that only mentions the word (10).
const CURATED = 60
const VERIFIED = 15
const DEPRECATED = -30
const MOST_FOR_POPULARITY = 20
/** A word for the same ability counts less than the word itself. */
const SYNONYM_SHARE = 0.4

function scoreOf(thing: RankableCard, wanted: string[]): number {
  const scores = wanted.map((word) => scoreMeaning(thing, word))
  if (scores.length === 0 || scores.includes(0)) return 0
  const words = scores.reduce((sum, score) => sum + score, 0) / scores.length
  const { here, all } = thing.popularity
  const used = Math.min(MOST_FOR_POPULARITY, 3 * Math.log2(1 + all + 4 * here))
  const standing = (thing.curated ? CURATED : 0) + (thing.verified ? VERIFIED : 0) + (thing.deprecated ? DEPRECATED : 0)
  return Math.max(words + standing + used, 1)
}

function scoreMeaning(thing: RankableCard, word: string): number {
  const others = similarWordsFor(word).map((other) => scoreWord(thing, other, { typos: false }) * SYNONYM_SHARE)
  return Math.max(scoreWord(thing, word), ...others)
}

/** Words people use for the same ability; who types one also means the others. */
const SYNONYMS = [
  ['database', 'databases', 'db', 'sql', 'tables'],
  ['issue', 'issues', 'ticket', 'tickets', 'bug', 'bugs', 'task', 'tasks'],
  ['monitoring', 'metrics', 'observability', 'logs', 'dashboards', 'alerts'],
  ['incident', 'incidents', 'oncall', 'pager'],
  ['code', 'git', 'repository', 'repositories', 'repo', 'repos'],
  ['deploy', 'deployments', 'build', 'builds', 'pipelines', 'ci'],
  ['cloud', 'infrastructure', 'hosting'],
  ['chat', 'message', 'messages', 'messaging'],
  ['docs', 'documents', 'documentation', 'wiki', 'notes', 'pages'],
  ['file', 'files', 'folder', 'drive', 'storage'],
  ['browser', 'website', 'websites', 'scrape', 'scraping', 'crawl'],
  ['payment', 'payments', 'billing', 'invoice', 'invoices'],
  ['crm', 'sales', 'customers', 'contacts'],
  ['email', 'emails', 'mail', 'inbox'],
  ['calendar', 'meeting', 'meetings', 'appointments', 'scheduling'],
  ['security', 'vulnerabilities', 'secrets'],
  ['login', 'identity', 'sso', 'accounts'],
  ['map', 'maps', 'places', 'geocoding', 'location'],
  ['weather', 'forecast', 'temperature'],
  ['picture', 'pictures', 'image', 'images', 'photos'],
  ['translate', 'translation', 'language'],
  ['analytics', 'statistics', 'reports', 'charts'],
]

/** The other words for what a word means. */
export const similarWordsFor = (word: string): string[] =>
  SYNONYMS.filter((words) => words.includes(word)).flatMap((words) => words.filter((one) => one !== word))
