import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import manifest from '../package.json' with { type: 'json' }
import type { Card } from '../src/cards/card.ts'
import { readCards } from '../src/cards/read.ts'
import { createServerTargets } from '../src/connect/server-targets.ts'
import type { StdioTarget } from '../src/mcp/protocol/server-target.ts'
import type { StoredTool } from '../src/registry/connection.ts'
import { PERSON, ROOT, startMcpHouse, strange } from '../test/support/mcp-house.ts'

type Server = Pick<StdioTarget, 'package' | 'version'> &
  Partial<Pick<StdioTarget, 'args' | 'env' | 'values' | 'reaches' | 'checks'>>

const KUBECONFIG = {
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'none', cluster: { server: 'https://127.0.0.1:1' } }],
  users: [{ name: 'none', user: { token: 'none' } }],
  contexts: [{ name: 'none', context: { cluster: 'none', user: 'none' } }],
  'current-context': 'none',
}

/** Servers that a card reaches by address and that can be started here too, at the version given. */
const elsewhere = (root: string): Record<string, Server> => ({
  kubernetes: {
    package: 'kubernetes-mcp-server',
    version: '0.0.67',
    args: [`--kubeconfig=${join(root, 'kubeconfig')}`, '--log-file=/dev/null'],
  },
  playwright: { package: '@playwright/mcp', version: '0.0.83', args: ['--headless'] },
  sentry: { package: '@sentry/mcp-server', version: '0.39.0', env: { SENTRY_ACCESS_TOKEN: 'none' } },
})

const FIXTURES = join(ROOT, 'test', 'fixtures', 'tool-lists')
const MAX_DESCRIPTION_CHARS = 400

/** The card's own server as a person would start it, with the examples for what they would fill in. */
function serverOf(card: Card, root: string): Server | undefined {
  if (card.server.kind !== 'stdio') return elsewhere(root)[card.name]
  const values = Object.fromEntries(card.inputs.map((input) => [input.name, input.example ?? 'none']))
  const target = createServerTargets([card], root).target({
    ...PERSON,
    name: card.name,
    card: card.name,
    inputs: values,
  })
  return target.kind === 'stdio' ? { ...target, reaches: [], checks: [] } : undefined
}

async function listed(server: Server, root: string): Promise<StoredTool[]> {
  await using house = await startMcpHouse({ root })
  const target = strange(house, {}, { args: [], env: {}, ...server })
  return (await house.mcp.probe(target, {}, AbortSignal.timeout(120_000))).tools
}

/** As the tests need it: what a tool is called, says it does and claims, and the names of its arguments. */
function trimmed({ name, description, annotations, inputSchema }: StoredTool) {
  const properties = Object.keys(Object(inputSchema.properties)).map((one) => [one, {}])
  return {
    name,
    description: description.slice(0, MAX_DESCRIPTION_CHARS),
    ...(annotations && { annotations }),
    inputSchema: { type: 'object', properties: Object.fromEntries(properties) },
  }
}

async function save(card: Card): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'patchbay-tools-'))
  try {
    const server = serverOf(card, root)
    if (server === undefined) return
    writeFileSync(join(root, 'kubeconfig'), JSON.stringify(KUBECONFIG))
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefix', root, `${server.package}@${server.version}`])
    const tools = await listed(server, root)
    writeFileSync(join(FIXTURES, `${card.name}.json`), `${JSON.stringify(tools.map(trimmed), null, 2)}\n`)
    process.stdout.write(`${card.name}: ${tools.length} tools of ${server.package}@${server.version}\n`)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** Saves the real tool lists of the cards' servers that are not installed with the app: `npm run tool-lists [card…]`. */
// scripts/run.js imports what it runs, so import.meta.main would be false.
if (process.argv[1] === import.meta.filename) {
  const wanted = process.argv.slice(2)
  const installed: Record<string, string> = manifest.dependencies
  for (const card of readCards(join(ROOT, 'run-cards'))) {
    const here = card.server.kind === 'stdio' && card.server.package in installed
    if (!here && (wanted.length === 0 || wanted.includes(card.name))) await save(card)
  }
}
