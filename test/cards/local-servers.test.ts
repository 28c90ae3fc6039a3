import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import type { StdioServer } from '../../src/cards/card.ts'
import { readCards } from '../../src/cards/read.ts'
import { createServerTargets } from '../../src/connect/server-targets.ts'
import type { JsonObject } from '../../src/json.ts'
import { hostile } from '../support/hostile-server.ts'
import { type McpHouse, PERSON, startMcpHouse, textOf } from '../support/mcp-house.ts'
import { hasSandboxTools } from '../support/sandbox-tools.ts'

const cards = readCards('run-cards')
const installed: Record<string, string | undefined> = manifest.dependencies

const local = cards.flatMap(({ name, server, limits }) => {
  const started = server.kind === 'builtin' ? server.otherwise : server
  return started?.kind === 'stdio' ? [{ name, server: started, limits }] : []
})

const OTHERS_FILE = '/tmp/patchbay-other-person/diary.txt'

/** What a server tries in the sandbox of its card, with which arguments, and what it gets. */
type Attempt = [attack: string, args: JsonObject, gets: RegExp]

const NOWHERE = /^no: /
const leavesFor = (url: string): Attempt => ['fetch', { url }, NOWHERE]
const FULL: Attempt = ['fill', { path: '.', mb: 4_000 }, /was ended because its folder is full: it may hold 256 MB/]
const ROOMLESS: Attempt = ['fill', { path: '.', mb: 512 }, /^(?:56|64) MB, no: ENOSPC$/]

/**
 * What a card's server can do that its arguments do not show, and what stops it: each is tried by a server that does just that, started in
 * the card's place with what the card gives it.
 */
const POWERS: Record<
  string,
  { network: string[]; memoryMb: number; does: string; stopped: string; attempts: [Attempt, ...Attempt[]] }
> = {
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
    attempts: [
      leavesFor('https://evil.example/'),
      leavesFor('https://evilazurecr.io/'),
      leavesFor('https://management.azure.com:8443/'),
      ROOMLESS,
    ],
  },
  circleci: {
    network: ['circleci.com', 'app.circleci.com', 'runner.circleci.com'],
    memoryMb: 384,
    does: 'two usage tools write and read files by a path given in the call',
    stopped: 'they ask, and see its own folder alone, of which nothing is kept',
    attempts: [
      ['read', { path: OTHERS_FILE }, /^no: ENOENT$/],
      ['write', { path: '/usr/planted' }, /^no: EROFS$/],
      leavesFor('https://evilcircleci.com/'),
      ROOMLESS,
    ],
  },
  everything: {
    network: ['raw.githubusercontent.com'],
    memoryMb: 256,
    does: 'fetches an address given in the call; shows its environment',
    stopped: 'the host; its environment is its own, and get-env asks',
    attempts: [
      leavesFor('https://gist.githubusercontent.com/'),
      leavesFor('https://169.254.169.254/'),
      ['environments', {}, /^(?![\s\S]*planted-app-secret)[\s\S]*GZIP_ALLOWED_DOMAINS=/],
      ROOMLESS,
    ],
  },
  filesystem: {
    network: [],
    memoryMb: 256,
    does: 'follows links; writes files, without end',
    stopped: 'nothing but its own folder is there; 256 MB in all',
    attempts: [['read', { path: 'link' }, /^no: ENOENT$/], leavesFor('https://evil.example/'), FULL],
  },
  hubspot: {
    network: ['api.hubapi.com'],
    memoryMb: 384,
    does: 'sends what it is given to its account',
    stopped: 'the host; writes ask',
    attempts: [leavesFor('https://api.hubapi.com.evil.example/'), ROOMLESS],
  },
  memory: {
    network: [],
    memoryMb: 256,
    does: 'keeps all it is told in one file',
    stopped: 'its own folder; 256 MB in all',
    attempts: [['read', { path: OTHERS_FILE }, /^no: ENOENT$/], leavesFor('https://evil.example/'), FULL],
  },
  mongodb: {
    network: ['{uri}'],
    memoryMb: 256,
    does: 'opens the hosts that its database names; has tools for other addresses and for writing files',
    stopped: 'the one host and port that were entered; these tools are off',
    attempts: [
      ['connect', { host: '127.0.0.1', port: 27_018 }, /^no: ECONNREFUSED$/],
      ['connect', { host: '169.254.169.254', port: 80 }, /^no: ENETUNREACH$/],
      leavesFor('https://cloud.mongodb.com/'),
      ROOMLESS,
    ],
  },
  supabase: {
    network: ['api.supabase.com'],
    memoryMb: 256,
    does: 'reaches every project of the account',
    stopped: 'the host; writes ask',
    attempts: [leavesFor('https://evil.supabase.com/'), leavesFor('https://abc.supabase.co/'), ROOMLESS],
  },
}

const networkOf = ({ hosts, reaches }: StdioServer): string[] => [...hosts, ...reaches]

describe('cards whose server runs here', () => {
  it('have a line in the table, each', () => {
    expect(Object.keys(POWERS)).toEqual(local.map(({ name }) => name).toSorted())
  })

  it.each(local)('$name reaches what the table says, and no more', (card) => {
    const power = POWERS[card.name]
    expect(networkOf(card.server)).toEqual(power?.network)
    expect(card.limits.memoryMb ?? 256).toBe(power?.memoryMb)
  })

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

if (hasSandboxTools)
  describe('a server in the place of the card', () => {
    const open = new AsyncDisposableStack()
    let house: McpHouse
    beforeAll(async () => {
      process.env.PLANTED_APP_SECRET = 'planted-app-secret'
      mkdirSync(dirname(OTHERS_FILE), { recursive: true })
      writeFileSync(OTHERS_FILE, 'dear diary')
      open.defer(() => rmSync(dirname(OTHERS_FILE), { recursive: true, force: true }))
      house = open.use(await startMcpHouse({ sandbox: 'required', allow: ['localhost:27017'] }))
    })
    afterAll(() => open.disposeAsync())

    it.each(local)('$name gets no further than the table says', async ({ name }) => {
      const { attempts } = POWERS[name] ?? { attempts: [] }
      const targets = createServerTargets(cards, house.folder)
      const card = targets.target({ ...PERSON, name, card: name, inputs: {} })
      if (card.kind !== 'stdio') throw new Error(`${name} is not started here`)
      const { title, package: own, version } = hostile(house)
      const target = { ...card, title, package: own, version, source: undefined, bin: undefined, checks: [] }
      const [home] = target.folders
      mkdirSync(home, { recursive: true })
      symlinkSync(OTHERS_FILE, join(home, 'link'))
      const secrets = { token: 'secret-0123456789', uri: 'mongodb://user:secret-0123456789@localhost:27017/' }
      const connection = await house.connected(target, secrets)
      for (const [attack, args, gets] of attempts)
        expect([attack, args, textOf(await house.call(connection, attack, args))]).toEqual([
          attack,
          args,
          expect.stringMatching(gets),
        ])
    })
  })
