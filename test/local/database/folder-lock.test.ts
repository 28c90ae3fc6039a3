import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockFolder } from '../../../src/local/database/folder-lock.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'patchbay-lock-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const leave = (pid: number) =>
  writeFile(join(folder, 'running.json'), JSON.stringify({ pid, port: 3000, since: '2026-11-21T00:00:00Z' }))

test('a free folder is taken, and given back', async () => {
  const lock = await lockFolder(folder, { port: 3000 })
  expect(JSON.parse(await readFile(join(folder, 'running.json'), 'utf8'))).toMatchObject({ pid: process.pid })
  await lock[Symbol.asyncDispose]()
  await (await lockFolder(folder, { port: 3000 }))[Symbol.asyncDispose]()
})

test('a folder in use names its owner', async () => {
  const other = spawn('sleep', ['30'])
  await leave(other.pid ?? 0)
  await expect(lockFolder(folder, { port: 3001 })).rejects.toMatchObject({
    code: 'in_use',
    message: expect.stringContaining(`process ${other.pid} (port 3000`),
  })
  other.kill('SIGKILL')
})

test.each(['{"pid": 4194999, "port": 1, "since": "x"}', '{"pid": 12', ''])(
  'a lock left behind is taken over: %s',
  async (text) => {
    await writeFile(join(folder, 'running.json'), text)
    await (await lockFolder(folder, { port: 3000 }))[Symbol.asyncDispose]()
  },
)
