import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Connection } from '../../src/registry/connection.ts'
import { openSandbox } from '../../src/sandbox/sandbox.ts'
import { uidFor } from '../../src/sandbox/separate-user.ts'
import { findProcessesOf } from '../../src/sandbox/watch-processes.ts'
import { eventually } from '../support/eventually.ts'
import { hostile, startListener } from '../support/hostile-server.ts'
import { memoryLog } from '../support/log.ts'
import { type McpHouse, startMcpHouse, textOf } from '../support/mcp-house.ts'
import { hasSeparateUsers } from '../support/sandbox-tools.ts'

if (hasSeparateUsers) {
  const open = new AsyncDisposableStack()
  let house: McpHouse
  let connection: Connection
  let project: string
  let programs: string

  beforeAll(async () => {
    const root = mkdtempSync(join(tmpdir(), 'patchbay-user-'))
    open.defer(() => rmSync(root, { recursive: true, force: true }))
    // As a clone is: all may look into it.
    chmodSync(root, 0o755)
    for (const folder of [root, join(root, 'app'), join(root, 'app', 'src'), join(root, 'bin')])
      mkdirSync(folder, { recursive: true, mode: 0o755 })
    project = join(root, 'app')
    for (const name of ['.env', 'package.json', join('src', 'app.ts')]) writeFileSync(join(project, name), 'KEY=1')
    programs = join(root, 'bin')
    symlinkSync('/usr/bin/setpriv', join(programs, 'setpriv'))
    house = open.use(await startMcpHouse({ sandbox: 'auto', programs, project }))
    connection = await house.connected(hostile(house, { env: { KEY: '{key}' }, keeps: false }), { key: 'hunter2222' })
  }, 30_000)
  afterAll(() => open.disposeAsync())

  const attack = async (name: string, args: Record<string, string | number | string[]> = {}) =>
    textOf(await house.call(connection, name, args))
  const home = () => join(house.folder, 'home')

  it('is another user than ours, without a way back', async () => {
    expect(await attack('run', { command: '/usr/bin/id', args: ['-u'] })).toBe(`${uidFor(home())}\n`)
    expect(await attack('run', { command: '/usr/bin/id', args: ['-G'] })).toBe(`${uidFor(home())}\n`)
    expect(await attack('read', { path: '/proc/self/status' })).toMatch(
      /CapEff:\s+0+\n[\s\S]*CapBnd:\s+0+\n[\s\S]*NoNewPrivs:\s+1/,
    )
    expect(await attack('run', { command: '/bin/kill', args: ['-0', String(process.pid)] })).toMatch(/^no: /)
  })

  it('finds no environment but its own', async () => {
    const seen = (await attack('environments')).split('\n').filter((line) => line !== 'no: EACCES')
    expect(seen.join()).toContain('KEY=[secret]')
    expect(seen.join()).not.toMatch(/VITEST|PGHOST|npm_/)
  })

  it('reads no file of the app, of its data or of another person', async () => {
    const other = join(house.folder, 'files', 'TLOCAL01', 'UOTHER')
    mkdirSync(other, { recursive: true, mode: 0o700 })
    writeFileSync(join(other, 'diary.txt'), 'dear diary')
    for (const path of [
      join(project, '.env'),
      join(project, 'package.json'),
      join(project, 'src', 'app.ts'),
      join(house.folder, 'credentials', 'key'),
      join(other, 'diary.txt'),
      '/etc/shadow',
      `/proc/${process.pid}/environ`,
    ])
      expect([path, await attack('read', { path })]).toEqual([path, 'no: EACCES'])
    for (const path of [house.folder, join(house.folder, 'credentials')])
      expect(await attack('list', { path })).toBe('no: EACCES')
  })

  it('writes into its own folder', async () => {
    expect(await attack('write', { path: 'own.txt' })).toBe('written')
    expect(statSync(join(home(), 'own.txt')).uid).toBe(uidFor(home()))
    for (const path of [join(project, 'planted'), join(house.folder, 'planted'), '/usr/planted', '/etc/planted'])
      expect(await attack('write', { path })).toBe('no: EACCES')
  })

  it('reaches the network, so it counts as no sandbox, and that is said', async () => {
    using listener = await startListener({ port: 0, host: '127.0.0.1' })
    expect(await attack('connect', { host: '127.0.0.1', port: listener.port })).toBe('connected')
    const target = hostile(house)
    const { sandbox } = await house.mcp.probe(target, {}, new AbortController().signal)
    expect(sandbox).toBe(
      'without a sandbox (bubblewrap is not installed), each with a user of its own, the whole network and /tmp',
    )
    await expect(
      house.mcp.probe({ ...target, from: 'machine', package: 'sh' }, {}, new AbortController().signal),
    ).rejects.toThrow(/only started in a sandbox, and there is none here/)
  })

  it.each([
    ['buffers', {}, /was ended because it used more than 256 MB of memory/],
    ['fork', { times: 80 }, /was ended because it started more than 64 processes/],
    ['fill', { path: '.', mb: 4_000 }, /was ended because its folder is full: it may hold 256 MB/],
  ])(
    'by %s is ended',
    async (name, args, said) => {
      expect(await attack(name, args)).toMatch(said)
      for (const file of readdirSync(home()).filter((one) => one.startsWith('fill'))) rmSync(join(home(), file))
      expect(await attack('write', { path: 'again.txt' })).toBe('written')
    },
    30_000,
  )

  it('leaves nothing behind, also what left its parents', async () => {
    await using own = await startMcpHouse({ sandbox: 'auto', programs, project })
    const folders: [string] = [join(own.folder, 'left')]
    const uid = uidFor(folders[0])
    const one = await own.connected(hostile(own, { folders }))
    await own.call(one, 'run', { command: '/bin/sh', args: ['-c', 'setsid sleep 300 >/dev/null 2>&1 &'] })
    const before = findProcessesOf(uid, 64).length
    expect(before).toBe(2)
    await own.mcp.close(one.id)
    await eventually(() => expect(findProcessesOf(uid, 64)).toEqual([]), 10_000)
  })

  it.each([
    ['auto', false],
    ['required', true],
  ] as const)('is not started with MCP_SANDBOX=%s where people are local: %s', async (setting, isLocal) => {
    const { refusal, isWhole } = await openSandbox({
      ...{ setting, isLocal, programs, projectRoot: project, dataDir: house.folder, log: memoryLog().log },
      connect: () => Promise.reject(new Error('not here')),
    })
    expect([isWhole, refusal]).toEqual([false, expect.stringContaining('no sandbox to keep them in')])
  })
}
