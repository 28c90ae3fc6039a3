import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { startLocalDatabase } from '../../../src/local/database/start-database.ts'
import { createLog } from '../../../src/log.ts'
import { query } from '../../support/database.ts'

const log = createLog('silent')
const CHILD = join(import.meta.dirname, 'database-child.ts')
const Left = z.object({ url: z.string(), pid: z.number() })

/** A process that starts the database of a folder and is killed: what it leaves behind. */
async function leftBehind(dataDir: string): Promise<z.infer<typeof Left>> {
  const child = spawn(process.execPath, [CHILD, dataDir], { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stderr.pipe(process.stderr)
  const ended = once(child, 'exit')
  const [line] = await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await ended
  return Left.parse(JSON.parse(String(line)))
}

async function folders() {
  const root = await mkdtemp(join(tmpdir(), 'patchbay-takeover-'))
  await mkdir(join(root, 'real'))
  await symlink(join(root, 'real'), join(root, 'link'))
  return {
    real: join(root, 'real'),
    link: join(root, 'link'),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  }
}

test.each([
  ['real', 'real'],
  ['link', 'link'],
  ['real', 'link'],
  ['link', 'real'],
] as const)('a server left behind under the %s name is used again under the %s one', async (before, after) => {
  await using at = await folders()
  const left = await leftBehind(at[before])
  await using taken = await startLocalDatabase({ dataDir: at[after], log })
  expect(taken.pid).toBe(left.pid)
  expect(await query(taken.url, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a server killed while a statement is at work is replaced as soon as its last process has ended', async () => {
  await using at = await folders()
  const left = await leftBehind(at.real)
  const busy = query(left.url, 'select count(*) from generate_series(1, 3000000) g where md5(g::text) = $1', ['x'])
  const cut = busy.catch(() => undefined)
  await query(left.url, 'select pg_sleep(0.3)')
  process.kill(left.pid, 'SIGKILL')
  await using taken = await startLocalDatabase({ dataDir: at.real, log })
  expect(taken.pid).not.toBe(left.pid)
  expect(readFileSync(join(at.real, 'db', 'postmaster.pid'), 'utf8')).toContain(String(taken.pid))
  await cut
})

test.each(['SIGTERM', 'SIGINT'] as const)('a server that is still shutting down (%s) is waited for', async (signal) => {
  await using at = await folders()
  const left = await leftBehind(at.real)
  const busy = query(left.url, 'select pg_sleep(1.5)').catch(() => undefined)
  await query(left.url, 'select pg_sleep(0.2)')
  process.kill(left.pid, signal)
  await using taken = await startLocalDatabase({ dataDir: at.real, log })
  expect(taken.pid).not.toBe(left.pid)
  expect(await query(taken.url, 'select 1 as one')).toEqual([{ one: 1 }])
  await busy
})
