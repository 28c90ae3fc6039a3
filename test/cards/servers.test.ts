import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBuiltinServers } from '../../src/builtin/builtin-servers.ts'
import type { Card } from '../../src/cards/card.ts'
import { readCards } from '../../src/cards/read.ts'
import { createServerTargets } from '../../src/connect/server-targets.ts'
import { createEgress } from '../../src/egress/egress.ts'
import type { Target } from '../../src/mcp/protocol/server-target.ts'
import type { StoredTool } from '../../src/registry/connection.ts'
import { type McpHouse, PERSON, ROOT, startMcpHouse } from '../support/mcp-house.ts'
import { createTcpDatabase } from '../support/tcp-postgres.ts'

const cards = readCards('run-cards')
const cardOf = (name: string): Card => {
  const card = cards.find((one) => one.name === name)
  if (card === undefined) throw new Error(`no card ${name}`)
  return card
}
let house: McpHouse
let database: Awaited<ReturnType<typeof createTcpDatabase>>
beforeAll(async () => {
  database = await createTcpDatabase()
  const egress = { ...createEgress({ allow: ['127.0.0.1'] }), fetch: emptyProject }
  house = await startMcpHouse({ root: ROOT, builtin: createBuiltinServers({ egress }) })
})
afterAll(async () => {
  await house[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

/** As a person would connect it, but without the check that needs the vendor's own service. */
async function toolsOf(
  name: string,
  secrets: Record<string, string> = {},
  inputs: Record<string, string> = {},
): Promise<StoredTool[]> {
  const targets = createServerTargets(cards, house.folder)
  const target: Target = { ...targets.target({ ...PERSON, name, card: name, inputs }), checks: [] }
  return (await house.mcp.probe(target, secrets, new AbortController().signal)).tools
}

const checksOf = ({ server }: Card) => (server.kind === 'builtin' ? (server.otherwise?.checks ?? []) : server.checks)

/** Those of the server of our own beside the package. */
const projectTools = () =>
  toolsOf(
    'supabase',
    { key: 'sb_secret_0123456789' },
    { url: 'https://a.example', features: 'database, auth, storage' },
  )

/** A project with nothing in it but the function for SQL. */
const emptyProject: typeof fetch = async () =>
  Response.json({ swagger: '2.0', paths: { '/rpc/patchbay_execute_sql': {} }, definitions: {} })

// The mysql card's server has the tools of postgres', and no MySQL is here.
describe.each([
  { name: 'everything', server: 'everything', secrets: {} },
  { name: 'filesystem', server: 'filesystem', secrets: {} },
  { name: 'memory', server: 'memory', secrets: {} },
  { name: 'demo-database', server: 'demo-database', secrets: {} },
  { name: 'postgres', server: 'postgres', secrets: {} },
  { name: 'mysql', server: 'demo-database', secrets: {} },
  { name: 'supabase', server: 'supabase', secrets: { token: 'sbp_0123456789abcdef' } },
])('the card $name', ({ name, server, secrets }) => {
  const card = cardOf(name)

  it('names only tools its server has, and calls none read that the server calls a write', async () => {
    const tools = [
      ...(await toolsOf(server, server === 'postgres' ? { dsn: database.dsn } : secrets)),
      ...(name === 'supabase' ? await projectTools() : []),
    ]
    const listed = new Map(tools.map((tool) => [tool.name, tool]))
    expect(Object.keys(card.tools).filter((tool) => !listed.has(tool))).toEqual([])
    const bold = Object.entries(card.tools).filter(
      ([tool, word]) =>
        word.class === 'read' && word.sql === undefined && listed.get(tool)?.annotations?.readOnlyHint === false,
    )
    expect(bold).toEqual([])
    for (const [tool, { sql }] of Object.entries(card.tools))
      if (sql !== undefined)
        expect(Object.keys(Object(listed.get(tool)?.inputSchema.properties))).toContain(sql.argument)
    for (const check of checksOf(card)) expect([...listed.keys()]).toContain(check.tool)
  })
})

describe('cards of a package that comes with the app', () => {
  it('pin the version that is installed', async () => {
    const { default: manifest } = await import('../../package.json', { with: { type: 'json' } })
    const installed: Record<string, string | undefined> = manifest.dependencies
    const pinned = cards.flatMap(({ name, server: first }) => {
      const server = first.kind === 'builtin' ? (first.otherwise ?? first) : first
      const version = server.kind === 'stdio' ? installed[server.package] : undefined
      return server.kind === 'stdio' && version !== undefined ? [[name, server.version, version]] : []
    })
    expect(pinned.map(([name]) => name)).toEqual(expect.arrayContaining(['filesystem', 'memory', 'supabase']))
    expect(pinned.filter(([, card, version]) => card !== version)).toEqual([])
  })
})
