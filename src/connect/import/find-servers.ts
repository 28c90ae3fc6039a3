import { basename } from 'node:path/posix'
import { type ConfigFields, type ConfiguredServer, firstTextIn, isFieldObject } from './configured-server.ts'
import { givenNameOf, isServerLike, readServerFields } from './read-server-fields.ts'

/** What clients call the list of servers; some write it behind a prefix and a dot. */
const LIST = /(?:^|\.)(?:mcpServers|mcp_servers|context_servers|contextServers|servers|mcp)$/
/** What only holds such a list, or an object that does. */
const WRAPPERS = new Set(['mcp', 'customizations', 'vscode', 'settings', 'config', 'amp'])

/** Every server of a parsed configuration; undefined where nothing in it is a list of servers or one. Nothing else of it is read. */
export function findServers(config: unknown): ConfiguredServer[] | undefined {
  if (Array.isArray(config)) return serversInList(config)
  if (!isFieldObject(config)) return undefined
  const named = [...serversUnder(config), ...projectServersIn(config), ...hostedServersIn(config)]
  if (named.length > 0) return named
  if (hasList(config)) return []
  if (isServerLike(config)) return [readServerFields(givenNameOf(config) ?? '', config)]
  const all = Object.entries(config)
  // A fragment of a README: servers by name, without the list around them.
  return all.length > 0 && all.every(([, value]) => isServerLike(value)) ? serversInRecord(config) : undefined
}

const hasList = (config: ConfigFields): boolean => Object.keys(config).some((name) => LIST.test(name) && name !== 'mcp')

function serversUnder(config: ConfigFields, folder?: string): ConfiguredServer[] {
  return Object.entries(config).flatMap(([name, value]) => serversOfField(name, value, folder))
}

function serversOfField(name: string, value: unknown, folder: string | undefined): ConfiguredServer[] {
  if (isFieldObject(value) && WRAPPERS.has(name) && !Object.values(value).some(isServerLike))
    return serversUnder(value, folder)
  if (!LIST.test(name)) return []
  if (Array.isArray(value)) return serversInList(value, folder) ?? []
  return isFieldObject(value) ? serversInRecord(value, folder) : []
}

/** What says neither an address nor a program is listed too, so that nobody misses it. */
function serversInRecord(servers: ConfigFields, folder?: string): ConfiguredServer[] {
  return Object.entries(servers).flatMap(([name, value]) =>
    isFieldObject(value) ? [readServerFields(calledIn(name, value), value, folder)] : [],
  )
}

/** Some clients give ids for names, and the name beside. */
const calledIn = (key: string, value: ConfigFields): string => firstTextIn([value], ['name']) ?? key

function serversInList(items: unknown[], folder?: string): ConfiguredServer[] | undefined {
  const servers = items.filter(isServerLike).map((one) => readServerFields(givenNameOf(one) ?? '', one, folder))
  return servers.length > 0 ? servers : undefined
}

/** Claude Code keeps servers for each folder that it was started in. */
function projectServersIn({ projects }: ConfigFields): ConfiguredServer[] {
  const folders = isFieldObject(projects) ? Object.entries(projects) : []
  return folders.flatMap(([path, project]) =>
    isFieldObject(project) ? serversUnder(project, basename(path.replaceAll('\\', '/')) || undefined) : [],
  )
}

/** The tools of a request to a model's API, of which some are servers. */
function hostedServersIn({ tools }: ConfigFields): ConfiguredServer[] {
  const items = Array.isArray(tools) ? tools.filter((one) => isFieldObject(one) && one.type === 'mcp') : []
  return serversInList(items) ?? []
}
