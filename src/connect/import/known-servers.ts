import type { Card } from '../../cards/card.ts'
import type { ConfiguredServer } from './configured-server.ts'
import { describeProgram } from './read-program.ts'

/** Packages and images of services that our cards connect by another way. */
const CARD_BY_PACKAGE: Record<string, string> = {
  '@modelcontextprotocol/server-github': 'github',
  'ghcr.io/github/github-mcp-server': 'github',
  'github-mcp-server': 'github',
  '@modelcontextprotocol/server-gitlab': 'gitlab',
  '@zereight/mcp-gitlab': 'gitlab',
  '@modelcontextprotocol/server-postgres': 'postgres',
  'mcp/postgres': 'postgres',
  '@benborla29/mcp-server-mysql': 'mysql',
  '@modelcontextprotocol/server-slack': 'slack',
  '@modelcontextprotocol/server-gdrive': 'google-drive',
  '@notionhq/notion-mcp-server': 'notion',
  'mcp/notion': 'notion',
  '@sentry/mcp-server': 'sentry',
  'mcp-server-sentry': 'sentry',
  '@stripe/mcp': 'stripe',
  'mcp-atlassian': 'atlassian',
  'ghcr.io/sooperset/mcp-atlassian': 'atlassian',
  'mcp-grafana': 'grafana',
  'grafana/mcp-grafana': 'grafana',
  'mcp/grafana': 'grafana',
  'linear-mcp-server': 'linear',
  'mongodb/mongodb-mcp-server': 'mongodb',
}

/** One package may serve several cards; which, its data source says. */
const SEVERAL_CARDS = new Set(['@bytebase/dbhub'])
const CARD_BY_SCHEME: [RegExp, string][] = [
  [/^postgres(?:ql)?:\/\//i, 'postgres'],
  [/^(?:mysql|mariadb):\/\//i, 'mysql'],
]

/** The card of ours that connects what a configuration names by its package or address. */
export function findKnownCard(server: ConfiguredServer, cards: Card[]): string | undefined {
  if (server.url !== undefined) return cards.find((card) => leadsTo(card, server.url ?? ''))?.name
  const pack = server.program && describeProgram(server.program).package?.toLowerCase()
  if (pack === undefined) return undefined
  if (SEVERAL_CARDS.has(pack)) return cardByScheme(server, cards)
  const own = cards.find((card) => packageOf(card) === pack)
  const name = own?.name ?? (Object.hasOwn(CARD_BY_PACKAGE, pack) ? CARD_BY_PACKAGE[pack] : undefined)
  return cards.find((card) => card.name === name)?.name
}

/** The package that a card starts, also where it does so only for want of another way. */
function packageOf({ server }: Card): string | undefined {
  const started = server.kind === 'builtin' ? server.otherwise : server
  return started?.kind === 'stdio' ? started.package : undefined
}

function cardByScheme({ program = [], env }: ConfiguredServer, cards: Card[]): string | undefined {
  const values = [...program.map((word) => word.replace(/^--?[\w-]+=/, '')), ...Object.values(env)]
  const [, name] = CARD_BY_SCHEME.find(([scheme]) => values.some((value) => scheme.test(value))) ?? []
  return cards.find((card) => card.name === name)?.name
}

function leadsTo({ server }: Card, url: string): boolean {
  return server.kind === 'http' && !server.url.includes('{') && placeOf(server.url) === placeOf(url)
}

/** Host and path without what only tells the transports apart. */
const placeOf = (url: string): string =>
  url
    .toLowerCase()
    .replace(/[?#].*$/, '')
    .replace(/\/(?:mcp|sse|v1\/sse|v1\/mcp)?\/?$/, '')
