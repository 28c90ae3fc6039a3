import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { migrate } from '../../src/db/migrate.ts'
import { openDatabase } from '../../src/db/open-database.ts'
import { connectPostgres } from '../../src/db/postgres.ts'
import { createEmptyDatabase, createTestDatabase, query } from '../support/database.ts'
import { memoryLog } from '../support/log.ts'
import { MIGRATIONS } from '../support/paths.ts'
import { pgbouncer, startPgbouncer } from '../support/pgbouncer.ts'
import { says } from '../support/scripted-model.ts'
import { startWorld } from '../support/world.ts'

const resources = new AsyncDisposableStack()
let database: Awaited<ReturnType<typeof createTestDatabase>>
beforeAll(async () => {
  database = resources.use(await createTestDatabase())
})
afterAll(() => resources.disposeAsync())

/** What the app has prepared, as the server's own connections tell it. */
const PREPARED = `create or replace function patchbay.prepared() returns jsonb language sql as
  $$ select coalesce(jsonb_agg(jsonb_build_object('name', name, 'text', statement)), '[]') from pg_prepared_statements $$`
const Prepared = z.array(z.object({ name: z.string(), text: z.string() }))

/** A function that changes what its connection has prepared. */
const change = (signature: string, sql: string) =>
  `create or replace function patchbay.${signature} returns jsonb language plpgsql as $$ begin execute '${sql}'; return '{}'; end $$`

const CALLS: [string, Record<string, unknown>][] = [
  ['schema_version', {}],
  ['audit_workspaces', {}],
  ['audit_check', { workspace: 'TPOOL', after: 0, most: 10 }],
]

/** Many at once, by several instances, so that statements of one meet the connections of another. */
async function callAtOnce(url: string): Promise<void> {
  await using first = connectPostgres(url, memoryLog().log)
  await using second = connectPostgres(url, memoryLog().log)
  for (let round = 0; round < 5; round++)
    await Promise.all(
      Array.from({ length: 24 }, (_, at) => {
        const [fn, args] = CALLS[at % CALLS.length] ?? ['schema_version', {}]
        return (at % 2 ? first : second).call(fn, args, z.unknown())
      }),
    )
}

if (pgbouncer !== undefined) {
  const program = pgbouncer
  describe.each([
    ['transaction', 'default_pool_size = 2'],
    ['transaction', 'default_pool_size = 1'],
    ['transaction', 'default_pool_size = 5\nserver_lifetime = 0'],
    ['session', 'default_pool_size = 14'],
    ['session', 'default_pool_size = 14\nserver_check_delay = 0'],
  ])('through a pooler in %s mode (%s)', (mode, settings) => {
    const start = (url: string) => startPgbouncer(program, url, [`pool_mode = ${mode}`, settings])

    test('no statement is refused, and none has a name', async () => {
      await query(database.url, PREPARED)
      await using pooler = await start(database.url)
      await callAtOnce(pooler.url)
      await using db = connectPostgres(pooler.url, memoryLog().log)
      for (let at = 0; at < 3; at++) expect(await db.call('prepared', {}, Prepared)).toEqual([])
    })

    test('an empty database is brought up by several at once, and keeps no lock', async () => {
      await using empty = await createEmptyDatabase()
      await using pooler = await start(empty.url)
      const applied = await Promise.all([1, 2, 3].map(() => migrate(pooler.url, MIGRATIONS, memoryLog().log)))
      const all = applied.flat()
      expect(all.length).toBeGreaterThan(5)
      expect(new Set(all).size).toBe(all.length)
      const locks = await query(
        empty.url,
        "select * from pg_locks l join pg_database d on d.oid = l.database where locktype = 'advisory' and d.datname = current_database()",
      )
      expect(locks).toEqual([])
    })
  })

  test('a request is answered through it; health and readiness tell when it goes away', async () => {
    const pooler = await startPgbouncer(program, database.url, ['pool_mode = transaction', 'default_pool_size = 2'])
    await using stopping = new AsyncDisposableStack()
    stopping.use(pooler)
    await using world = await startWorld({
      model: [says('Hello through a pooler.')],
      change: (settings) => ({
        ...settings,
        database: { kind: 'postgres', url: sameDatabase(pooler.url, settings.database.url) },
      }),
    })
    const member = world.as('member')
    await member.see(await member.dm('hello'), /Hello through a pooler/)
    expect(await ask(world.port, 'healthz')).toMatchObject({ status: 200, database: { state: 'ok' } })
    expect(await ask(world.port, 'readyz')).toMatchObject({ status: 200, ready: true })
    expect(world.log()).not.toMatch(/prepared statement/)
    await stopping.disposeAsync()
    expect(await ask(world.port, 'readyz')).toMatchObject({ status: 503, ready: false })
    expect(await ask(world.port, 'healthz')).toMatchObject({
      status: 200,
      database: { state: 'failed', kind: 'refused', message: expect.stringContaining('DATABASE_URL') },
    })
  })

  test.each([
    [
      'a wrong password',
      ['auth_type = md5', 'auth_file = /dev/null'],
      /user or password in DATABASE_URL is wrong|user in DATABASE_URL is not known/,
    ],
    ['no connection left', ['max_client_conn = 0'], /no free connection left/],
    ['a parameter that it does not take', [], /refuses a parameter.*DATABASE_URL/],
  ])('%s is said', async (_what, settings, words) => {
    await using pooler = await startPgbouncer(program, database.url, settings)
    const url = `${pooler.url.replace('anybody@', 'anybody:hunter2@')}${settings.length === 0 ? '?options=-c%20jit%3Doff' : ''}`
    const { log, text } = memoryLog()
    const error: unknown = await openDatabase({ kind: 'postgres', url }, MIGRATIONS, log).catch(
      (caught: unknown) => caught,
    )
    expect(error).toMatchObject({ message: expect.stringMatching(words) })
    expect(`${error}${text()}`).not.toContain('hunter2')
  })
}

const sameDatabase = (pooler: string, url: string): string => pooler.replace(/\/[^/]+$/, new URL(url).pathname)

async function ask(port: number, path: string): Promise<object> {
  const answer = await fetch(`http://127.0.0.1:${port}/${path}`)
  return { status: answer.status, ...z.record(z.string(), z.unknown()).parse(await answer.json()) }
}

describe('on a direct connection', () => {
  test('what is called again has a name, with a hash of its text', async () => {
    await query(database.url, PREPARED)
    await using db = connectPostgres(database.url, memoryLog().log)
    for (let at = 0; at < 3; at++) await db.call('prepared', {}, Prepared)
    const [found, ...more] = await db.call('prepared', {}, Prepared)
    expect(more).toEqual([])
    expect(found).toMatchObject({
      name: expect.stringMatching(/^prepared_[0-9a-f]{16}$/),
      text: 'select patchbay.prepared() as result',
    })
  })

  test('a server that has forgotten a name is asked again without one, and nobody hears of it', async () => {
    await query(database.url, PREPARED)
    await query(database.url, change('forget()', 'deallocate all'))
    const { log, text } = memoryLog()
    await using db = connectPostgres(database.url, log)
    for (let at = 0; at < 3; at++) await db.call('prepared', {}, Prepared)
    await db.call('forget', {}, z.unknown())
    for (let at = 0; at < 3; at++) expect(await db.call('prepared', {}, Prepared)).toEqual([])
    expect(text()).toBe('')
  })

  test('a name that somebody else has taken is not used, and nobody hears of it', async () => {
    await query(database.url, PREPARED)
    const { log, text } = memoryLog()
    await using first = connectPostgres(database.url, log)
    for (let at = 0; at < 2; at++) await first.call('prepared', {}, Prepared)
    const [found] = await first.call('prepared', {}, Prepared)
    await query(database.url, change('take_name()', `prepare ${found?.name} as select 1`))
    await using second = connectPostgres(database.url, log)
    await second.call('take_name', {}, z.unknown())
    for (let at = 0; at < 3; at++)
      expect(await second.call('prepared', {}, Prepared)).toMatchObject([{ name: found?.name }])
    expect(text()).toBe('')
  })

  test('a call that the function refuses keeps its connection', async () => {
    await query(
      database.url,
      `create or replace function patchbay.pid() returns jsonb language sql as 'select to_jsonb(pg_backend_pid())'`,
    )
    await query(
      database.url,
      `create or replace function patchbay.refuse() returns jsonb language plpgsql as $$ begin raise exception 'no' using errcode = 'PT409'; end $$`,
    )
    await using db = connectPostgres(database.url, memoryLog().log)
    const pid = await db.call('pid', {}, z.number())
    await expect(db.call('refuse', {}, z.unknown())).rejects.toMatchObject({ code: 'conflict' })
    expect(await db.call('pid', {}, z.number())).toBe(pid)
  })
})
