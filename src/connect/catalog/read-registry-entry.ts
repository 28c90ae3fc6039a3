import type { NewCatalogueRow } from '../../registry/catalogue.ts'
import type { RegistryEntry } from '../../registry/entry.ts'
import { type RegistryRemote, readRemote, toPlainLine } from './read-remote.ts'
import { ListedServer, ServerJson } from './server-json.ts'

/** One item of a registry's list: a row for each address, or why there is none; `name` is known where an earlier row must go. */
export type RegistryItem =
  | { kind: 'rows'; name: string; rows: NewCatalogueRow[] }
  | { kind: 'left_out'; name: string | undefined; why: string }

/** Why an item is left out that says nothing of an entry: they are no loss. */
export const NO_LOSS = new Set(['an older version', 'deleted'])

/**
 * Reads an item that a stranger wrote (server.json 2025-12-11 in the registry's list, API v0.1). Of an entry with several
 * versions only the latest counts; one without a remote that we could connect to is as good as gone.
 */
export function readRegistryItem(item: unknown, usable: (url: string) => boolean): RegistryItem {
  const listed = ListedServer.safeParse(item)
  if (!listed.success) return { kind: 'left_out', name: undefined, why: 'no name, or one that no registry gives' }
  const { server, official } = listed.data
  const { name } = server
  const { status, isLatest, updatedAt } = official
  if (isLatest === false) return { kind: 'left_out', name: undefined, why: 'an older version' }
  if (status === 'deleted') return { kind: 'left_out', name, why: 'deleted' }
  const entries = entriesOf(name, server, usable)
  if (!Array.isArray(entries)) return { kind: 'left_out', name, why: entries.why }
  const rows = entries.map((entry) => ({
    entry,
    status,
    verified: leadsHome(entry),
    searchText: `${entry.title} ${entry.name} ${entry.description}`.toLowerCase(),
    updatedAt: new Date(updatedAt ?? 0),
  }))
  return { kind: 'rows', name, rows }
}

function entriesOf(
  name: string,
  written: unknown,
  usable: (url: string) => boolean,
): RegistryEntry[] | { why: string } {
  const server = ServerJson.safeParse(written)
  if (!server.success) return { why: 'a version that cannot be read' }
  const { version, title, description = '', websiteUrl, repository, remotes } = server.data
  if (remotes.length === 0) return { why: 'nothing on the web, only packages' }
  const read = remotes.map((remote) => readRemote(remote, usable))
  const [first, ...others] = addressesIn(read.filter((one) => 'url' in one))
  if (first === undefined) return { why: read.flatMap((one) => ('why' in one ? [one.why] : []))[0] ?? 'no address' }
  const docs = pageOf(websiteUrl) ?? pageOf(repository?.url)
  const base = titleOf(title ?? '')
  const called = isGenericName(base) ? serviceNameOf(name) : base
  const parts = distinctPartsOf([first, ...others].map(({ url }) => url))
  return [first, ...others].map(({ url, headers, inputs }, at) => ({
    // The first keeps the registry's name; a third part tells the others apart.
    name: at === 0 ? name : `${name}/${parts[at]}`,
    version,
    title:
      others.length === 0 ? called : titleOf(`${called.slice(0, 30).trimEnd()}: ${parts[at]?.replaceAll('-', ' ')}`),
    description: toPlainLine(description, 200),
    ...(docs !== undefined && { docs }),
    url,
    headers,
    inputs,
  }))
}

/** One remote per address; where a server offers both transports, the newer one. */
function addressesIn(remotes: RegistryRemote[]): RegistryRemote[] {
  const streamableFirst = remotes.toSorted((a, b) => Number(a.sse) - Number(b.sse))
  const placeOf = ({ url }: RegistryRemote): string => url.toLowerCase().replace(/\/(?:mcp|sse)?\/?$/, '')
  const first = new Map(streamableFirst.toReversed().map((remote) => [placeOf(remote), remote]))
  return streamableFirst.filter((remote) => first.get(placeOf(remote)) === remote)
}

/** What tells each address from the others, as letters, digits and dashes; never the same twice. */
function distinctPartsOf(urls: string[]): string[] {
  const words = urls.map((url) =>
    url
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .filter((word) => word !== ''),
  )
  const common = new Set(words[0]?.filter((word) => words.every((each) => each.includes(word))))
  const parts = words.map((each) =>
    each
      .filter((word) => !common.has(word))
      .join('-')
      .slice(0, 40),
  )
  return parts.map((part, at) => (part === '' || parts.indexOf(part) !== at ? `${part || 'address'}-${at + 1}` : part))
}

/** Titles are shown in bold and inside sentences, so characters that end either are removed. */
const titleOf = (text: string): string => toPlainLine(text.replace(/[*_~`<>|]/g, ' '), 48)

const GENERIC_WORDS = new Set([
  'mcp',
  'server',
  'servers',
  'remote',
  'api',
  'app',
  'main',
  'http',
  'https',
  'sse',
  'the',
  'www',
  'public',
  'official',
])

/** A name that says only what all of them are: "mcp", "mcp-server", "Remote MCP". */
const isGenericName = (name: string): boolean =>
  name
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .every((word) => word === '' || GENERIC_WORDS.has(word))

/** The name that an entry has of itself, or, where that is a general word, its publisher's: "Webflow" for `com.webflow/mcp`. */
export function serviceNameOf(entryName: string): string {
  const [namespace = '', own = ''] = entryName.split('/')
  const title = titleOf(own)
  if (!isGenericName(title)) return title
  const [, ...labels] = namespace.split('.')
  const publisher = labels.findLast((label) => !isGenericName(label)) ?? namespace
  return titleOf(publisher.charAt(0).toUpperCase() + publisher.slice(1))
}

function pageOf(text: string | undefined): string | undefined {
  const url = text === undefined || text.length > 300 ? null : URL.parse(text)
  return url?.protocol === 'https:' && url.username === '' ? url.href.replaceAll('|', '%7C') : undefined
}

/** The registry gives a namespace to whoever proves its domain; this says whether the server is at that domain too. */
function leadsHome({ name, url }: RegistryEntry): boolean {
  const domain = name.split('/', 1).join().split('.').toReversed().join('.').toLowerCase()
  const host = entryHostOf(url).replace(/:\d+$/, '')
  return domain.includes('.') && (host === domain || host.endsWith(`.${domain}`))
}

/** Where an entry's address leads, with the parts that a person fills in left open. */
export const entryHostOf = (url: string): string =>
  (/^[a-z]+:\/\/([^/?#]+)/i.exec(url)?.[1] ?? '').replace(/\{\w+\}/g, '…').toLowerCase()
