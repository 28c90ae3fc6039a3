import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StdioTarget } from '../../src/mcp/protocol/server-target.ts'
import type { Connection } from '../../src/registry/connection.ts'
import type { NetworkDestination } from '../../src/sandbox/relay.ts'
import { openSandbox, type SandboxSetting } from '../../src/sandbox/sandbox.ts'
import { eventually } from '../support/eventually.ts'
import { memoryLog } from '../support/log.ts'
import { type McpHouse, ROOT, startMcpHouse, strange, textOf } from '../support/mcp-house.ts'
import { childrenOf } from '../support/processes.ts'
import { hasSandboxTools } from '../support/sandbox-tools.ts'

const FIXTURE = join(ROOT, 'test', 'fixtures', 'mcp-servers', 'hostile.js')

/** A server on the loopback of the app's machine, which counts who comes. */
async function startListener(where: { port: number; host: string } | { path: string }) {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.end('hello from the host')
  })
  await new Promise<void>((resolve) => server.listen(where, resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    connections: () => connections,
    [Symbol.dispose]: () => void server.close(),
  }
}

const hostile = (house: McpHouse, more: Partial<StdioTarget> = {}): StdioTarget =>
  strange(house, {}, { title: 'Hostile', package: 'hostile-server', env: {}, ...more })

function installHostile({ folder }: McpHouse): void {
  const pack = join(folder, 'node_modules', 'hostile-server')
  mkdirSync(pack, { recursive: true })
  writeFileSync(
    join(pack, 'package.json'),
    JSON.stringify({ version: '1.0.0', type: 'module', bin: { hostile: 'main.js' } }),
  )
  copyFileSync(FIXTURE, join(pack, 'main.js'))
}

if (hasSandboxTools) {
  const open = new AsyncDisposableStack()
  let house: McpHouse
  let connection: Connection
  beforeAll(async () => {
    house = open.use(await startMcpHouse({ sandbox: 'required', toolTimeoutSeconds: 20 }))
    installHostile(house)
    connection = await house.connected(hostile(house, { env: { KEY: '{key}' } }), { key: 'hunter2222' })
  })
  afterAll(() => open.disposeAsync())
  const attack = async (name: string, args: Record<string, string | number | string[]> = {}) =>
    textOf(await house.call(connection, name, args))

  describe('a hostile server in the sandbox', () => {
    it('finds no environment but its own', async () => {
      process.env.PLANTED_APP_SECRET = 'planted-app-secret'
      const seen = await attack('environments')
      expect(seen).toContain('KEY=[secret]')
      expect(seen).not.toMatch(/planted-app-secret|PLANTED|VITEST|PGHOST/)
    })

    it('does not see the credentials, the project, another person, the home of the app, or processes of the app', async () => {
      const other = join(house.folder, 'TLOCAL01', 'UOTHER')
      mkdirSync(other, { recursive: true })
      writeFileSync(join(other, 'diary.txt'), 'dear diary')
      for (const path of [
        join(house.folder, 'credentials', 'key'),
        join(other, 'diary.txt'),
        join(ROOT, 'package.json'),
        join(ROOT, 'src', 'app.ts'),
        join(ROOT, '.env.example'),
        '/etc/shadow',
        `/proc/${process.pid}/environ`,
      ]) {
        expect(await attack('read', { path })).toBe('no: ENOENT')
      }
      expect(await attack('list', { path: house.folder })).toBe('home node_modules')
      expect(await attack('read', { path: '/etc/passwd' })).toBe('server:x:1000:1000::/:/bin/false\n')
      expect(await attack('run', { command: '/bin/sh', args: ['-c', 'ls /proc | grep -c "^[0-9]"'] })).toMatch(
        /^[1-9]\n$/,
      )
    })

    it('writes into its own folder and its own /tmp alone', async () => {
      const pack = join(house.folder, 'node_modules', 'hostile-server', 'main.js')
      expect(await attack('write', { path: 'own.txt' })).toBe('written')
      expect(existsSync(join(house.folder, 'home', 'own.txt'))).toBe(true)
      const planted = `/tmp/planted-${randomUUID()}`
      expect(await attack('write', { path: planted })).toBe('written')
      expect(existsSync(planted)).toBe(false)
      for (const path of [pack, '/usr/planted', '/etc/hosts'])
        expect(await attack('write', { path })).toMatch(/^no: (?:EROFS|EACCES)$/)
      expect(readFileSync(pack, 'utf8')).toBe(readFileSync(FIXTURE, 'utf8'))
      // A folder that is not in the sandbox can be made there, in memory; outside there is nothing of it.
      await attack('write', { path: join(house.folder, '.env') })
      expect(existsSync(join(house.folder, '.env'))).toBe(false)
    })

    it('reaches no port, no socket of a database and no name', async () => {
      const path = join(house.folder, '.s.PGSQL.5432')
      using port = await startListener({ port: 0, host: '127.0.0.1' })
      using socket = await startListener({ path })
      expect(await attack('connect', { host: '127.0.0.1', port: port.port })).toBe('no: ECONNREFUSED')
      expect(await attack('connect', { host: '169.254.169.254', port: 80 })).toBe('no: ENETUNREACH')
      expect(await attack('connect', { host: 'example.com', port: 443 })).toMatch(/^no: (?:EAI_AGAIN|ENOTFOUND)$/)
      expect(await attack('connect', { path })).toBe('no: ENOENT')
      expect([port.connections(), socket.connections()]).toEqual([0, 0])
    })

    it('cannot make namespaces of its own or become root', async () => {
      expect(await attack('run', { command: '/usr/bin/unshare', args: ['-Ur', 'id'] })).toMatch(/^no: /)
      expect(await attack('run', { command: '/bin/mount', args: ['-t', 'tmpfs', 'x', '/tmp'] })).toMatch(/^no: /)
    })
  })

  describe('a server that takes too much', () => {
    it.each([
      ['heap', {}, /^failed: gone: Hostile (?:was ended because it used more than 256 MB of memory|ended before)/],
      [
        'buffers',
        {},
        /^failed: gone: Hostile was ended because it used more than 256 MB of memory\. Ask for less at once\.$/,
      ],
      ['fork', { times: 80 }, /^failed: gone: Hostile was ended because it started more than 64 processes\./],
    ])('by %s is ended with all it started, and the next call works', async (name, args, said) => {
      expect(await attack(name, args)).toMatch(said)
      expect(await attack('write', { path: 'again.txt' })).toBe('written')
    })

    it('by work without end is ended after the call was given up; its neighbour goes on', async () => {
      await using busy = await startMcpHouse({ sandbox: 'required', toolTimeoutSeconds: 4 })
      installHostile(busy)
      const one = await busy.connected(hostile(busy))
      expect(textOf(await busy.call(one, 'write', { path: 'a' }))).toBe('written')
      expect(await busy.call(one, 'spin')).toMatchObject({ why: 'timeout', sent: true })
      await eventually(() => expect(childrenOf(process.pid).filter(isServerOf(busy))).toEqual([]), 20_000)
      expect(textOf(await busy.call(one, 'write', { path: 'b' }))).toBe('written')
    })
  })

  describe('the way out', () => {
    it('leads to the host and port a person entered, looked up by us, and nowhere else', async () => {
      using listener = await startListener({ port: 0, host: '127.0.0.1' })
      const target = hostile(house, { reaches: [`postgres://localhost:${listener.port}/x`] })
      await using inside = await startMcpHouse({ sandbox: 'required', allow: [`localhost:${listener.port}`] })
      installHostile(inside)
      const one = await inside.connected({ ...target, folders: [join(inside.folder, 'home')] })
      const call = async (args: Record<string, string | number>) => textOf(await inside.call(one, 'connect', args))
      expect(await call({ host: 'localhost', port: listener.port })).toBe('connected')
      expect(await call({ host: 'localhost', port: listener.port + 1 })).toBe('no: ECONNREFUSED')
      await eventually(() => expect(listener.connections()).toBe(1))
    })

    it('over HTTPS leads to the hosts of the card, and to no private address behind their names', async () => {
      const one = await house.connected(hostile(house, { hosts: ['localhost', '*.example.com'] }))
      const refused = [
        '169.254.169.254:443',
        'example.org:443',
        'evilexample.com:443',
        'localhost:8443',
        'localhost:443',
      ]
      for (const to of refused)
        expect(textOf(await house.call(one, 'fetch', { url: `https://${to}/` }))).toMatch(/^no: /)
      const log = house.logged.filter((line) => line.includes('kept from an address')).join('')
      for (const to of refused) expect(log).toContain(`"${to}"`)
      expect(log).toContain('inside a private network')
    })

    it('carries what Node fetches there, still sealed', async () => {
      const heard: string[] = []
      const server = createServer((socket) =>
        socket.once('data', (data) => heard.push(data.toString('latin1')) && socket.destroy()),
      )
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      const asked: NetworkDestination[] = []
      const sandbox = await opened('required', false, {
        programs: undefined,
        connect: async (to) => {
          asked.push(to)
          return connect(port, '127.0.0.1')
        },
      })
      const home = join(house.folder, 'home')
      const args = ['-e', 'setTimeout(() => fetch("https://api.example.com/x").catch(() => 0), 300)']
      const request = { command: process.execPath, args, env: {}, home, readable: [], tcp: [], memoryMb: 256 }
      await using prepared = await sandbox.prepare({ ...request, hosts: ['*.example.com'] })
      execFile(prepared.command, prepared.args, { env: prepared.env })
      await eventually(() => expect(heard.join('')).toContain('api.example.com'), 10_000)
      // A TLS handshake.
      expect(heard[0]?.startsWith('\u0016\u0003')).toBe(true)
      expect(asked).toEqual([{ host: 'api.example.com', port: 443 }])
      server.close()
    })
  })
}

const opened = (setting: SandboxSetting, isLocal: boolean, more: Partial<Parameters<typeof openSandbox>[0]> = {}) =>
  openSandbox({
    setting,
    isLocal,
    projectRoot: ROOT,
    dataDir: '/nowhere-patchbay',
    connect: () => Promise.reject(new Error('not here')),
    log: memoryLog().log,
    programs: '/nowhere',
    ...more,
  })

/** By the command line of the sandbox, which names the folder. */
const isServerOf =
  ({ folder }: McpHouse) =>
  (pid: number) => {
    const line = existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : ''
    return line.includes(join(folder, 'home'))
  }

describe('a machine without a sandbox', () => {
  it.each([
    ['auto', false, true],
    ['auto', true, false],
    ['required', false, true],
    ['required', true, true],
    ['off', false, false],
  ] as const)('with MCP_SANDBOX=%s, local people alone: %s, refuses: %s', async (setting, isLocal, refuses) => {
    const { refusal, isWhole, summary } = await opened(setting, isLocal)
    expect([refusal !== undefined, isWhole]).toEqual([refuses, false])
    expect(summary).toMatch(/sandbox/)
  })
})
