import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Connection } from '../../src/registry/connection.ts'
import type { NetworkDestination } from '../../src/sandbox/relay.ts'
import { openSandbox, type SandboxSetting } from '../../src/sandbox/sandbox.ts'
import { eventually } from '../support/eventually.ts'
import { HOSTILE_SERVER, hostile, startListener } from '../support/hostile-server.ts'
import { memoryLog } from '../support/log.ts'
import { type McpHouse, ROOT, startMcpHouse, textOf } from '../support/mcp-house.ts'
import { childrenOf } from '../support/processes.ts'
import { hasSandboxTools } from '../support/sandbox-tools.ts'

if (hasSandboxTools) {
  const open = new AsyncDisposableStack()
  let house: McpHouse
  let connection: Connection
  beforeAll(async () => {
    house = open.use(await startMcpHouse({ sandbox: 'required', toolTimeoutSeconds: 20 }))
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
      expect(readFileSync(pack, 'utf8')).toBe(readFileSync(HOSTILE_SERVER, 'utf8'))
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

    it.each(['/', '/dev', '/etc', '/run', '/usr', '/proc'])(
      'finds no room in %s, which is no place of its own',
      async (path) => {
        expect(await attack('fill', { path, mb: 8 })).toMatch(/^0 MB, no: (?:EROFS|EACCES|ENOENT)$/)
      },
    )

    it.each(['/tmp', '/dev/shm'])('finds 64 MB in %s, and they are gone with it', async (path) => {
      expect(await attack('fill', { path, mb: 512 })).toMatch(/^(?:56|64) MB, no: ENOSPC$/)
    })

    it('finds no more in a folder of which nothing is kept', async () => {
      const one = await house.connected(hostile(house, { keeps: false }))
      const fill = async () => textOf(await house.call(one, 'fill', { path: '.', mb: 512 }))
      expect(await fill()).toMatch(/^(?:56|64) MB, no: ENOSPC$/)
      expect(readdirSync(join(house.folder, 'home')).filter((name) => name.startsWith('fill'))).toEqual([])
    })

    it('by filling its folder is ended, may make room, and is closed at twice the size', async () => {
      const folders: [string] = [join(house.folder, 'full')]
      const one = await house.connected(hostile(house, { diskMb: 32, folders }))
      const call = async (name: string, args: Record<string, string | number> = {}) =>
        textOf(await house.call(one, name, args))
      expect(await call('fill', { path: '.', mb: 4_000 })).toBe(
        'failed: gone: Hostile was ended because its folder is full: it may hold 32 MB, so something there must be deleted or shortened first. Ask for less at once.',
      )
      const names = readdirSync(folders[0]).filter((name) => name.startsWith('fill'))
      for (const name of names.filter((one) => Number(one.slice(5)) > 32)) rmSync(join(folders[0], name))
      // 40 MB are left, which are too many, but no more than there were.
      expect(await call('write', { path: 'fill-0' })).toBe('written')
      await sleep(1_500)
      expect(await call('list', { path: '.' })).toContain('fill-8')
      for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(folders[0], name), Buffer.alloc(9 * 1024 * 1024))
      await eventually(
        async () => expect(await call('list', { path: '.' })).toMatch(/holds more than 64 MB, so it is not started/),
        5_000,
      )
    })

    it('by files without a name is ended as one that takes memory', async () => {
      expect(await attack('fill', { path: '.', mb: 4_000, hidden: 1 })).toMatch(/used more than 256 MB of memory/)
    })

    it('by work without end is ended after the call was given up; its neighbour goes on', async () => {
      await using busy = await startMcpHouse({ sandbox: 'required', toolTimeoutSeconds: 4 })
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
      hostile(inside)
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
      const where = { home, keeps: true, readable: [], tcp: [] }
      const request = { command: process.execPath, args, env: {}, ...where, memoryMb: 256, diskMb: 256 }
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
