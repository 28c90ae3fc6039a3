import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, lstatSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { isAppError } from '../../../src/errors.ts'
import { restoreSymlinks } from '../../../src/local/database/binaries.ts'
import { isAlive } from '../../../src/local/database/data-folder.ts'
import { startLocalDatabase } from '../../../src/local/database/start-database.ts'
import { createLog } from '../../../src/log.ts'

const log = createLog('silent')
const folders: string[] = []

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'patchbay-db-'))
  folders.push(folder)
  return folder
}

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

async function query(url: string, sql: string): Promise<unknown[]> {
  const pool = new pg.Pool({ connectionString: url })
  pool.on('error', () => undefined)
  try {
    return (await pool.query(sql)).rows
  } finally {
    await pool.end()
  }
}

type Child = { process: ChildProcess; url: string; pid: number; leave(): Promise<void>; kill(): Promise<void> }

async function child(dataDir: string): Promise<Child> {
  const started = spawn(process.execPath, [path.join(import.meta.dirname, 'database-child.ts'), dataDir], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  started.stderr.pipe(process.stderr)
  const [line] = await once(started.stdout, 'data')
  const end = async (act: () => void) => {
    const exited = once(started, 'exit')
    act()
    await exited
  }
  return {
    process: started,
    ...z.object({ url: z.string(), pid: z.number() }).parse(JSON.parse(String(line))),
    leave: () => end(() => started.stdin.end()),
    kill: () => end(() => started.kill('SIGKILL')),
  }
}

test('starts on an empty folder, keeps what was written, and leaves no process', async () => {
  const dataDir = await newFolder()
  const first = await startLocalDatabase({ dataDir, log })
  await query(first.url, 'create table kept (n int); insert into kept values (7)')
  expect(await query(first.url, 'show fsync')).toEqual([{ fsync: 'on' }])
  await first[Symbol.asyncDispose]()
  expect(isAlive(first.pid)).toBe(false)

  await using second = await startLocalDatabase({ dataDir, log })
  expect(second.url).toBe(first.url)
  expect(await query(second.url, 'select n from kept')).toEqual([{ n: 7 }])
})

test('uses the server that a killed process left behind, and stops it', async () => {
  const dataDir = await newFolder()
  const killed = await child(dataDir)
  await query(killed.url, 'create table kept (n int)')
  await killed.kill()
  expect(isAlive(killed.pid)).toBe(true)

  const next = await startLocalDatabase({ dataDir, log })
  expect(next.pid).toBe(killed.pid)
  expect(await query(next.url, 'select count(*)::int as rows from kept')).toEqual([{ rows: 0 }])
  await next[Symbol.asyncDispose]()
  expect(isAlive(next.pid)).toBe(false)
})

test('three processes at once on a new folder share one server; the last to leave stops it', async () => {
  const dataDir = await newFolder()
  const all = await Promise.all([child(dataDir), child(dataDir), child(dataDir)])
  expect(new Set(all.map((one) => one.pid)).size).toBe(1)
  const [first, second, third] = all
  await first?.leave()
  await second?.leave()
  expect(await query(third?.url ?? '', 'select 1 as one')).toEqual([{ one: 1 }])
  await third?.leave()
  expect(isAlive(third?.pid ?? 0)).toBe(false)
  expect(await readdir(path.join(dataDir, 'db-users'))).toEqual([])
})

test('comes back under the same url with every acknowledged row when the server is killed', async () => {
  await using database = await startLocalDatabase({ dataDir: await newFolder(), log })
  await query(database.url, 'create table kept (n int)')
  for (let n = 0; n < 20; n += 1) await query(database.url, `insert into kept values (${n})`)
  process.kill(database.pid, 'SIGKILL')
  const rows = await until(() => query(database.url, 'select count(*)::int as rows from kept'))
  expect(rows).toEqual([{ rows: 20 }])
})

async function until<T>(act: () => Promise<T>): Promise<T> {
  for (let left = 100; ; left -= 1) {
    try {
      return await act()
    } catch (error) {
      if (left === 0) throw error
      await sleep(100)
    }
  }
}

test('a long, odd folder path works through a short private socket folder', async () => {
  const dataDir = path.join(await newFolder(), 'a folder with 100% of "odd" ünïcode & signs'.repeat(3), 'deep')
  await mkdir(dataDir, { recursive: true })
  await using database = await startLocalDatabase({ dataDir, log })
  expect(await query(database.url, 'select current_database() as name')).toEqual([{ name: 'patchbay' }])
  const socket = new URL(database.url).searchParams.get('host') ?? ''
  folders.push(socket)
  expect(lstatSync(socket).mode & 0o777).toBe(0o700)
})

test('a number in postmaster.pid that is another process by now does not keep it from starting', async () => {
  const dataDir = await newFolder()
  const before = await startLocalDatabase({ dataDir, log })
  await before[Symbol.asyncDispose]()
  const file = path.join(dataDir, 'db', 'postmaster.pid')
  // Not ourselves: Postgres overlooks the number of its own parent.
  const other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] })
  await writeFile(file, `${other.pid}\n${dataDir}/db\n1\n5432\n${dataDir}/db\n\n  1 1\nready\n`)
  await using database = await startLocalDatabase({ dataDir, log })
  expect(database.pid).not.toBe(other.pid)
  other.kill()
})

test('nobody gets in without the password, also where an earlier version let everybody in', async () => {
  const dataDir = await newFolder()
  const made = await startLocalDatabase({ dataDir, log })
  await query(made.url, 'create table kept (n int)')
  const strangers = (url: string) => {
    const { search } = new URL(url)
    const users = ['postgres', 'postgres:postgres', 'patchbay_app', 'patchbay_app:guess']
    return users.map((user) => `postgres://${user}@localhost:5432/patchbay${search}`)
  }
  for (const url of strangers(made.url))
    await expect(query(url, 'select 1'), url).rejects.toThrow(/password|authentication|not permitted/)
  await made[Symbol.asyncDispose]()
  expect(statSync(path.join(dataDir, 'db-password')).mode & 0o777).toBe(0o600)

  // As version 0.1 made it: no role of ours, and trust.
  await writeFile(path.join(dataDir, 'db', 'pg_hba.conf'), 'local all all trust\n')
  await rm(path.join(dataDir, 'db-password'))
  await using next = await startLocalDatabase({ dataDir, log })
  expect(await query(next.url, 'select count(*)::int as rows from kept')).toEqual([{ rows: 0 }])
  for (const url of strangers(next.url))
    await expect(query(url, 'select 1'), url).rejects.toThrow(/password|authentication|not permitted/)
})

test('a draft that a killed start left is cleared away', async () => {
  const dataDir = await newFolder()
  const draft = path.join(dataDir, 'db.new-999999999')
  await mkdir(draft)
  await using _database = await startLocalDatabase({ dataDir, log })
  expect(existsSync(draft)).toBe(false)
})

test('a folder that is broken says why', async () => {
  const dataDir = await newFolder()
  await mkdir(path.join(dataDir, 'db'))
  await writeFile(path.join(dataDir, 'db', 'PG_VERSION'), '9\n')
  const error = await startLocalDatabase({ dataDir, log }).catch((caught: unknown) => caught)
  expect(isAppError(error, 'database_unavailable') && error.message).toContain('db.log')
})

test('links that a skipped install script left out are made again', async () => {
  const folder = await newFolder()
  const lib = path.join(folder, 'native', 'lib')
  await mkdir(lib, { recursive: true })
  await writeFile(path.join(lib, 'libpq.so.5.18'), 'library')
  const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }]
  await writeFile(path.join(folder, 'native', 'pg-symlinks.json'), JSON.stringify(links))
  await restoreSymlinks(folder)
  await restoreSymlinks(folder)
  expect(lstatSync(path.join(lib, 'libpq.so.5')).isSymbolicLink()).toBe(true)
  expect(existsSync(path.join(lib, 'libpq.so.5'))).toBe(true)
})
