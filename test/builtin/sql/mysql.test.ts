import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createBuiltinServers } from '../../../src/builtin/builtin-servers.ts'
import { createEgress } from '../../../src/egress/egress.ts'
import type { BuiltinTarget } from '../../../src/mcp/protocol/server-target.ts'
import { loadSqlReader } from '../../../src/policy/sql/read-sql.ts'
import type { Connection } from '../../../src/registry/connection.ts'
import { CA, CLIENT, CLIENT_KEY, OLD } from '../../fixtures/certificates.ts'
import { eventually } from '../../support/eventually.ts'
import { hasMariadb, startMariadb } from '../../support/mariadb.ts'
import { type McpHouse, startMcpHouse, textOf } from '../../support/mcp-house.ts'
import { ROOT } from '../../support/paths.ts'

const TARGET: BuiltinTarget = {
  kind: 'builtin',
  title: 'MySQL',
  server: 'mysql',
  settings: { dsn: '{dsn}', seconds: '2' },
  values: {},
  checks: [],
}

if (hasMariadb) {
  const resources = new AsyncDisposableStack()
  let database: Awaited<ReturnType<typeof startMariadb>>
  let house: McpHouse
  let connection: Connection
  beforeAll(async () => {
    database = resources.use(await startMariadb())
    await database.asRoot(
      `USE shop; CREATE TABLE item (id bigint PRIMARY KEY, name varchar(20) NOT NULL, at datetime); INSERT INTO item VALUES (1, 'a', null), (2, 'b', '2026-01-02 03:04:05')`,
    )
    const egress = resources.use(createEgress({ allow: ['127.0.0.1'] }))
    house = resources.use(await startMcpHouse({ builtin: createBuiltinServers({ egress }) }))
    connection = await house.connected(TARGET, { dsn: database.dsn })
  }, 60_000)
  afterAll(() => resources.disposeAsync())

  const say = async (sql: string, signal?: AbortSignal) =>
    textOf(await house.call(connection, 'execute_sql', { sql }, signal))
  const answerTo = async (sql: string) => {
    const said = await say(sql)
    return said.startsWith('{') ? JSON.parse(said).statements : said
  }
  const running = async (part: string) =>
    (
      await database.asRoot(
        `SELECT id FROM information_schema.processlist WHERE info LIKE '%${part}%' AND id <> connection_id()`,
      )
    ).length

  test('statements are answered one by one, with their rows and how many they changed', async () => {
    expect(
      await answerTo(
        `INSERT INTO item VALUES (9007199254740993, 'a;b', null); SELECT id, name, at FROM item ORDER BY id DESC LIMIT 2; UPDATE item SET name = 'c' WHERE id > 2; DELETE FROM item WHERE id > 2`,
      ),
    ).toMatchObject([
      { rows: [], count: 1 },
      {
        rows: [
          { id: '9007199254740993', name: 'a;b', at: null },
          { id: 2, name: 'b', at: '2026-01-02 03:04:05' },
        ],
        count: 2,
      },
      { rows: [], count: 1 },
      { rows: [], count: 1 },
    ])
  })

  test('what the database refuses is said in its words, and those before it stay done', async () => {
    expect(await say('SELECT * FROM nowhere')).toMatch(/^The database says: Table 'shop.nowhere' doesn't exist\.$/)
    expect(await say('SELECT * FROM mysql.user')).toMatch(/^The database says: .*denied/)
  })

  test('what was set for a session is not there for the next call', async () => {
    await say(`SET max_statement_time = 0; SET @a = 1; CREATE TEMPORARY TABLE mine (a int); BEGIN; DELETE FROM item`)
    expect(await answerTo('SELECT @@max_statement_time + 0 AS t, @a AS a, count(*) AS n FROM item')).toMatchObject([
      { rows: [{ t: 2, a: null, n: 2 }] },
    ])
    expect(await say('SELECT * FROM mine')).toMatch(/doesn't exist/)
  })

  test.each([
    'SELECT SLEEP(60)',
    'SELECT sum(a.ordinal_position * b.ordinal_position) FROM information_schema.columns a, information_schema.columns b, information_schema.columns c',
    'UPDATE item SET name = SLEEP(60)',
  ])('what takes long is ended by the database: %s', async (sql) => {
    expect(await say(sql)).toBe('The database stopped it: it took longer than 2 s. Ask for less.')
    await eventually(async () => expect(await running('SLEEP(60)')).toBe(0))
  })

  test('at Stop nothing that follows is done', async () => {
    const patient = await house.connected(
      { ...TARGET, settings: { dsn: '{dsn}', seconds: '60' } },
      { dsn: database.dsn },
    )
    const stop = new AbortController()
    // MariaDB ends this function without an error, and goes on.
    const sql = `SELECT BENCHMARK(100000000000, SHA2(1, 512)); INSERT INTO item VALUES (77, 'after', null)`
    const call = house.call(patient, 'execute_sql', { sql }, stop.signal)
    await eventually(async () => expect(await running('BENCHMARK(')).toBe(1))
    stop.abort()
    expect(await call).toMatchObject({ kind: 'failed', why: 'cancelled' })
    await eventually(async () => expect(await running('BENCHMARK(')).toBe(0), 5_000)
    expect(await database.asRoot('SELECT id FROM shop.item WHERE id = 77')).toEqual([])
  })

  test('no file of ours is sent to a server that asks for it', async () => {
    await say('CREATE TABLE taken (line text)')
    const file = join(ROOT, 'package.json')
    expect(await say(`LOAD DATA LOCAL INFILE '${file}' INTO TABLE taken`)).toMatch(/^The database says|ended/)
    expect(await answerTo('SELECT count(*) AS n FROM taken')).toMatchObject([{ rows: [{ n: 0 }] }])
  })

  test('what counts as a read changes nothing', async () => {
    const readSql = await loadSqlReader()
    const tables = `CHECKSUM TABLE shop.item, mysql.user, mysql.db, mysql.proc, mysql.event, mysql.global_priv, mysql.plugin, mysql.servers`
    const settings = 'SHOW GLOBAL VARIABLES'
    const objects =
      'SELECT table_schema, table_name FROM information_schema.tables UNION SELECT routine_schema, routine_name FROM information_schema.routines'
    const state = async () => [
      await database.asRoot(tables),
      await database.asRoot(settings),
      await database.asRoot(objects),
    ]
    const lines = readFileSync(join(ROOT, 'test', 'fixtures', 'sql-statements.txt'), 'utf8').split('\n')
    const texts = lines
      .filter((line) => line.startsWith('mysql '))
      .map((line): string => JSON.parse(line.slice(line.indexOf('"'))))
    const reads = texts.filter((sql) => readSql(sql, 'mysql').risk === 'read')
    expect(reads.length).toBeGreaterThan(30)
    const before = await state()
    for (const sql of reads) {
      // With all rights, so that only what it does can keep it from changing something.
      await database.asRoot(`USE shop; ${sql}`).catch(() => undefined)
    }
    expect(await state()).toEqual(before)
  })

  test('it tells what there is', async () => {
    const search = async (args: Record<string, string>) =>
      JSON.parse(textOf(await house.call(connection, 'search_objects', args))).results
    expect(await search({ object_type: 'table', pattern: 'item', detail_level: 'full' })).toMatchObject([
      {
        name: 'item',
        schema: 'shop',
        columns: [{ name: 'id' }, { name: 'name' }, { name: 'at' }],
        indexes: [{ primary: true }],
      },
    ])
  })

  test.each([
    ['a wrong password', (dsn: string) => dsn.replace('hunter2222', 'wrong'), /Access denied/],
    ['a wrong database', (dsn: string) => dsn.replace('/shop', '/nothing'), /denied|Unknown database/],
    ['a certificate of an unknown CA', (dsn: string) => `${dsn}?sslmode=verify-full`, /its certificate/],
  ])('%s is said', async (_what, dsn, words) => {
    const signal = new AbortController().signal
    await expect(house.mcp.probe(TARGET, { dsn: dsn(database.dsn) }, signal)).rejects.toThrow(words)
  })

  test.each<[string, Record<string, string>, RegExp | undefined]>([
    ['its certificate', { cert: CLIENT, key: CLIENT_KEY, ca: CA }, undefined],
    ['no certificate', { ca: CA }, /Access denied/],
    ['another CA', { cert: CLIENT, key: CLIENT_KEY, ca: CLIENT }, /its certificate/],
    [
      'an old certificate',
      { cert: OLD, key: CLIENT_KEY, ca: CA },
      /did not accept the client certificate|Access denied/,
    ],
  ])('who must show a certificate is let in with it alone: %s', async (_what, own, words) => {
    const settings = { ...TARGET.settings, cert: '{cert}', key: '{key}', ca: '{ca}' }
    const secrets = { dsn: database.secureDsn, ...own }
    const probe = house.mcp.probe({ ...TARGET, settings }, secrets, new AbortController().signal)
    if (words === undefined) expect((await probe).tools).toHaveLength(2)
    else await expect(probe).rejects.toThrow(words)
  })
}
