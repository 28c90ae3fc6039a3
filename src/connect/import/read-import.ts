import type { Card } from '../../cards/card.ts'
import type { RegistryEntry } from '../../registry/entry.ts'
import { entryHostOf } from '../catalog/read-registry-entry.ts'
import { toPlainLine } from '../catalog/read-remote.ts'
import { type ConfiguredServer, isFieldObject, textFieldsIn } from './configured-server.ts'
import { findServers } from './find-servers.ts'
import { headerInputsOf } from './header-inputs.ts'
import { readImportedAddress } from './imported-address.ts'
import { findKnownCard } from './known-servers.ts'
import { parseConfigurations } from './parse-configuration.ts'
import { readCommandLines } from './read-command-lines.ts'
import { readInstallLinks } from './read-install-links.ts'
import { describeProgram } from './read-program.ts'
import { readServerFields } from './read-server-fields.ts'
import { addressPattern } from './words.ts'

/** What a server's form is made of. No value that could be a secret is in it. */
export type ImportedRemote = Pick<RegistryEntry, 'title' | 'url' | 'headers' | 'inputs'> & { slug: string }

/** A server of a configuration, and what can be done with it. */
export type ImportedServer = {
  /** What it is called there. */
  called: string
  /** The project it is for there. */
  folder?: string | undefined
  /** It is switched off there. */
  off: boolean
  /** Headers and parameters that were not taken over. */
  leftOut: string[]
} & (
  | { kind: 'remote'; remote: ImportedRemote; host: string }
  /** One of our own cards does it. */
  | { kind: 'card'; card: string }
  | { kind: 'refused'; why: string }
)

/** `problem` says why nothing could be read, without quoting any of it. */
export type ImportReading = { servers: ImportedServer[] } | { problem: string }

const NOTHING_READ =
  'I cannot read this. Paste a whole configuration (JSON or TOML), an install link, or a line such as: claude mcp add --transport http NAME ADDRESS'
const NO_SERVER =
  'I can read this, but there is no MCP server in it. I look for a list called mcpServers, servers, context_servers or mcp_servers.'
const NO_LINK = 'I cannot decode this install link. Copy it again, or paste the configuration it stands for.'

/** Reads what clients write about their servers: files, links that install, command lines. Pure: nothing is opened, run or looked up. */
export function readImport(text: string, cards: Card[]): ImportReading {
  const links = readInstallLinks(text)
  const lines = links.servers.length > 0 ? links.servers : readCommandLines(text)
  if (lines.length > 0) return { servers: describeServers(lines, {}, cards) }
  if (links.undecoded > 0) return { problem: NO_LINK }
  const url = text.trim()
  if (addressPattern.test(url)) return { servers: describeServers([readServerFields('', { url })], {}, cards) }
  return readConfiguration(text, cards)
}

function readConfiguration(text: string, cards: Card[]): ImportReading {
  let parsed = false
  for (const config of parseConfigurations(text)) {
    parsed = true
    const servers = findServers(config) ?? []
    if (servers.length > 0) return { servers: describeServers(servers, inputHintsIn(config), cards) }
  }
  return { problem: parsed ? NO_SERVER : NOTHING_READ }
}

/** VS Code describes what it asks for beside the servers. */
function inputHintsIn(config: unknown): Record<string, string> {
  const places = isFieldObject(config) ? [config, config.mcp].filter(isFieldObject) : []
  const inputs = places.flatMap(({ inputs }) => (Array.isArray(inputs) ? inputs : [])).map(textFieldsIn)
  return Object.fromEntries(
    inputs.flatMap(({ id, description }) => (id === undefined || description === undefined ? [] : [[id, description]])),
  )
}

function describeServers(servers: ConfiguredServer[], hints: Record<string, string>, cards: Card[]): ImportedServer[] {
  const slugs = new Set<string>()
  const once = new Map(servers.toReversed().map((server) => [identityOf(server), server]))
  return servers
    .filter((server) => once.get(identityOf(server)) === server)
    .map((server) => describeServer(server, { hints, cards, slugs }))
}

const identityOf = ({ called, url, program, headers }: ConfiguredServer): string =>
  JSON.stringify(url === undefined && program === undefined ? called : [url, program, Object.keys(headers)])

type Surroundings = { hints: Record<string, string>; cards: Card[]; slugs: Set<string> }

function describeServer(server: ConfiguredServer, { hints, cards, slugs }: Surroundings): ImportedServer {
  const named = toPlainLine(server.called, 60)
  const called = named || (server.url === undefined ? 'server' : entryHostOf(server.url)) || 'server'
  const shown = { called, folder: server.folder && toPlainLine(server.folder, 60), off: server.off, leftOut: [] }
  const card = findKnownCard(server, cards)
  if (card !== undefined) return { ...shown, leftOut: argumentsIn(server) ? ['arguments'] : [], kind: 'card', card }
  if (server.url === undefined) return { ...shown, kind: 'refused', why: refusalOf(server) }
  const address = readImportedAddress(server.url)
  if ('why' in address) return { ...shown, kind: 'refused', why: address.why }
  const { headers, inputs, leftOut } = headerInputsOf(server.headers, hints)
  const host = entryHostOf(address.url)
  const title = toPlainLine(called.replace(/[*_~`<>|]/g, ' '), 48) || host
  const remote = {
    slug: freeSlug(named || host, slugs),
    title,
    url: address.url,
    headers,
    inputs: [...address.inputs, ...inputs],
  }
  return { ...shown, leftOut: [...address.leftOut, ...leftOut], kind: 'remote', remote, host }
}

/** Whether a program was given more than its package, such as a folder. */
function argumentsIn({ program = [] }: ConfiguredServer): boolean {
  const { package: pack } = describeProgram(program)
  const at = program.findIndex((word) => pack !== undefined && word.toLowerCase().startsWith(pack.toLowerCase()))
  return at >= 0 && at < program.length - 1
}

function refusalOf({ program }: ConfiguredServer): string {
  if (program === undefined) return 'It names neither an address nor a program.'
  const { command, package: pack } = describeProgram(program)
  const what = pack === undefined ? `the program ${command}` : `${pack} with ${command}`
  return `It starts ${what} on your own computer, and I connect only servers that have an address.`
}

const MAX_NAME_CHARS = 32

/** A name in small letters, digits and dashes. */
export const slugOf = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_NAME_CHARS)
    .replace(/^-+|-+$/g, '') || 'server'

/** A slug that is not taken yet; it is taken then. */
function freeSlug(called: string, taken: Set<string>): string {
  const base = slugOf(called)
  for (let count = 1; ; count++) {
    const suffix = count === 1 ? '' : `-${count}`
    const slug = `${base.slice(0, MAX_NAME_CHARS - suffix.length).replace(/-+$/, '')}${suffix}`
    if (taken.has(slug)) continue
    taken.add(slug)
    return slug
  }
}
