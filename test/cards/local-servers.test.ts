import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import type { StdioServer } from '../../src/cards/card.ts'
import { readCards } from '../../src/cards/read.ts'

const cards = readCards('run-cards')
const installed: Record<string, string | undefined> = manifest.dependencies

const local = cards.flatMap(({ name, server, limits }) => {
  const started = server.kind === 'builtin' ? server.otherwise : server
  return started?.kind === 'stdio' ? [{ name, server: started, limits }] : []
})

/**
 * What a card's server can do that its arguments do not show, and what stops it. All run in the sandbox: files are those of its own folder, there
 * is no other process to see, and memory and processes are counted. What is left is written here.
 */
const POWERS: Record<string, { network: string[]; memoryMb: number; does: string; stopped: string }> = {
  azure: {
    network: [
      'login.microsoftonline.com',
      'management.azure.com',
      'api.loganalytics.io',
      'prices.azure.com',
      '*.metrics.monitor.azure.com',
      '*.azurecr.io',
      '*.blob.core.windows.net',
      '*.servicebus.windows.net',
    ],
    memoryMb: 768,
    does: 'other tools of its own send messages and open addresses given in the call',
    stopped: '--read-only and one --tool each; the hosts; a role of Reader',
  },
  circleci: {
    network: ['circleci.com', 'app.circleci.com', 'runner.circleci.com'],
    memoryMb: 384,
    does: 'two usage tools write and read files by a path given in the call',
    stopped: 'they ask, and see its own folder alone',
  },
  everything: {
    network: ['raw.githubusercontent.com'],
    memoryMb: 256,
    does: 'fetches an address given in the call; shows its environment',
    stopped: 'the host; its environment is its own, and get-env asks',
  },
  filesystem: {
    network: [],
    memoryMb: 256,
    does: 'writes files, without end',
    stopped: 'its own folder; 256 MB a file',
  },
  hubspot: {
    network: ['api.hubapi.com'],
    memoryMb: 384,
    does: 'sends what it is given to its account',
    stopped: 'the host; writes ask',
  },
  memory: {
    network: [],
    memoryMb: 256,
    does: 'keeps all it is told in one file',
    stopped: 'its own folder; 256 MB a file',
  },
  supabase: {
    network: ['api.supabase.com'],
    memoryMb: 256,
    does: 'reaches every project of the account',
    stopped: 'the host; writes ask',
  },
}
const NOT_HERE = ['demo-database', 'mongodb', 'mysql', 'postgres']

const networkOf = ({ hosts, reaches }: StdioServer): string[] => [...hosts, ...reaches]

describe('cards whose server runs here', () => {
  it.each(local.filter(({ name }) => !NOT_HERE.includes(name)))(
    '$name reaches what the table says, and no more',
    (card) => {
      const power = POWERS[card.name]
      expect(networkOf(card.server)).toEqual(power?.network)
      expect(card.limits.memoryMb ?? 256).toBe(power?.memoryMb)
    },
  )

  it('name no host that anybody could have', () => {
    const open = local.flatMap(({ name, server }) =>
      server.hosts
        .filter((host) => /^\*\.[^.]+\.?[^.]*$/.test(host) && host.split('.').length < 4)
        .map((host) => [name, host]),
    )
    expect(open).toEqual([['azure', '*.azurecr.io']])
  })

  it.each(local.filter(({ server }) => server.from === 'npm' && !(server.package in installed)))(
    '$name has a lock with the hash of each package, at the version of the card',
    ({ server }) => {
      const { packages }: { packages: Record<string, { version?: string; integrity?: string }> } = JSON.parse(
        readFileSync(server.lock, 'utf8'),
      )
      expect(packages[`node_modules/${server.package}`]?.version).toBe(server.version)
      const loose = Object.entries(packages).filter(
        ([path, { integrity }]) => path !== '' && !integrity?.startsWith('sha512-'),
      )
      expect(loose.map(([path]) => path)).toEqual([])
    },
  )
})
