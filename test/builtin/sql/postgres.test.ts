import { createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { createBuiltinServers } from '../../../src/builtin/builtin-servers.ts'
import { createEgress } from '../../../src/egress/egress.ts'
import type { BuiltinTarget } from '../../../src/mcp/protocol/server-target.ts'
import type { Connection } from '../../../src/registry/connection.ts'
import { query } from '../../support/database.ts'
import { eventually } from '../../support/eventually.ts'
import { type McpHouse, startMcpHouse, textOf } from '../../support/mcp-house.ts'
import { createTcpDatabase } from '../../support/tcp-postgres.ts'

const resources = new AsyncDisposableStack()
let database: Awaited<ReturnType<typeof createTcpDatabase>>
let house: McpHouse
let connection: Connection

const TARGET: BuiltinTarget = {
  kind: 'builtin',
  title: 'Postgres',
  server: 'postgres',
  settings: { dsn: '{dsn}', seconds: '2' },
  values: {},
  checks: [],
}

const PATIENT: BuiltinTarget = { ...TARGET, settings: { dsn: '{dsn}', seconds: '60' } }

beforeAll(async () => {
  database = resources.use(await createTcpDatabase())
  await query(
    database.url,
    `CREATE TABLE public.shop (id bigint PRIMARY KEY, name text NOT NULL DEFAULT 'x', at timestamptz); COMMENT ON TABLE public.shop IS 'What is sold';
     CREATE FUNCTION public.price(shop bigint) RETURNS int LANGUAGE sql AS 'SELECT 1'`,
  )
  const egress = resources.use(createEgress({ allow: ['127.0.0.1', 'localhost'] }))
  house = resources.use(await startMcpHouse({ builtin: createBuiltinServers({ egress }) }))
  connection = await house.connected(TARGET, { dsn: database.dsn })
})
afterAll(() => resources.disposeAsync())

const say = async (sql: string) => textOf(await house.call(connection, 'execute_sql', { sql }))
const answerTo = async (sql: string) => {
  const said = await say(sql)
  return said.startsWith('{') ? JSON.parse(said).statements : said
}

test('statements are answered one by one, with their rows and how many they changed', async () => {
  expect(
    await answerTo(
      `INSERT INTO public.shop VALUES (9007199254740993, 'a;b', '2026-01-02 03:04:05+00'), (2, $$c;d$$, null); SELECT id, name, at FROM public.shop ORDER BY id DESC -- all;\n; UPDATE public.shop SET name = 'e'`,
    ),
  ).toEqual([
    { sql: expect.stringMatching(/^INSERT/), rows: [], count: 2 },
    {
      sql: expect.stringMatching(/^SELECT/),
      rows: [
        { id: '9007199254740993', name: 'a;b', at: expect.stringMatching(/^2026-01-02 0\d:04:05/) },
        { id: '2', name: 'c;d', at: null },
      ],
      count: 2,
    },
    { sql: expect.stringMatching(/^UPDATE/), rows: [], count: 2 },
  ])
})

test('what fails changes nothing, and says what in words', async () => {
  expect(await say(`DELETE FROM public.shop; SELECT * FROM nowhere`)).toBe(
    'The database says: relation "nowhere" does not exist.',
  )
  expect(await say(`INSERT INTO public.shop (id) VALUES (2)`)).toBe(
    'The database says: duplicate key value violates unique constraint "shop_pkey". Key (id)=(2) already exists.',
  )
  expect(await say('BEGIN; DELETE FROM public.shop')).toMatch(/left open, so it was rolled back/)
  expect(await answerTo('SELECT count(*)::int AS n FROM public.shop')).toMatchObject([{ rows: [{ n: 2 }] }])
})

test('what was set for a session is not there for the next call', async () => {
  await say(`SET statement_timeout = 0; SET search_path = pg_catalog; CREATE TEMP TABLE mine (a int)`)
  expect(await answerTo(`SELECT current_setting('statement_timeout') AS t`)).toMatchObject([{ rows: [{ t: '2s' }] }])
  expect(await say('SELECT * FROM mine')).toMatch(/does not exist/)
})

test('rows beyond the limit are counted and left out', async () => {
  const [{ rows, ...rest }] = await answerTo('SELECT n FROM generate_series(1, 12000) n')
  expect(rows).toHaveLength(10_000)
  expect(rest).toMatchObject({ count: 12_000, truncated: true })
})

test('an answer of any size does not fill the memory', async () => {
  const patient = await house.connected(PATIENT, { dsn: database.dsn })
  for (const sql of [
    `SELECT repeat('x', 100000000) AS a`,
    `SELECT repeat('x', 100000) FROM generate_series(1, 100000)`,
  ])
    expect(textOf(await house.call(patient, 'execute_sql', { sql }))).toMatch(
      /more than 64 MB for this call, so I hung up/,
    )
  const writing = `select count(*)::int as many from pg_stat_activity where datname = current_database() and wait_event = 'ClientWrite'`
  await eventually(async () => expect(await query(database.url, writing)).toEqual([{ many: 0 }]))
  expect(await answerTo('SELECT 1 AS a')).toMatchObject([{ rows: [{ a: 1 }] }])
})

describe('what takes long', () => {
  const BURNS = 'SELECT count(*) FROM generate_series(1, 100000000000) burns'
  const burning = async () =>
    (await query(database.url, `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%) burns'`))
      .length

  it('is ended by the database', async () => {
    expect(await say(BURNS)).toBe('The database stopped it: it took longer than 2 s. Ask for less.')
    // Its backend says so a moment after its answer.
    await eventually(async () => expect(await burning()).toBe(0), 2_000)
  })

  it('ends at Stop, at the database too', async () => {
    const slow = await house.connected(PATIENT, { dsn: database.dsn })
    const stop = new AbortController()
    const call = house.call(slow, 'execute_sql', { sql: BURNS }, stop.signal)
    await eventually(async () => expect(await burning()).toBe(1))
    stop.abort()
    expect(await call).toMatchObject({ kind: 'failed' })
    await eventually(async () => expect(await burning()).toBe(0), 2_000)
    expect(textOf(await house.call(slow, 'execute_sql', { sql: 'SELECT 1 AS a' }))).toContain('"a":1')
  })
})

test('a session that the server ended is replaced', async () => {
  const [{ rows }] = await answerTo('SELECT pg_backend_pid() AS pid')
  await query(database.url, 'SELECT pg_terminate_backend($1)', [rows[0].pid])
  await sleep(100)
  expect(await answerTo('SELECT 1 AS a')).toMatchObject([{ rows: [{ a: 1 }] }])
  expect(await say('SELECT pg_terminate_backend(pg_backend_pid())')).toMatch(
    /terminating connection|ended the connection/,
  )
  expect(await answerTo('SELECT 1 AS a')).toMatchObject([{ rows: [{ a: 1 }] }])
})

test('it tells what there is', async () => {
  const search = async (args: Record<string, string>) =>
    JSON.parse(textOf(await house.call(connection, 'search_objects', args))).results
  expect(await search({ object_type: 'table', pattern: 'shop', detail_level: 'full' })).toEqual([
    {
      name: 'shop',
      schema: 'public',
      column_count: 3,
      row_count: null,
      comment: 'What is sold',
      columns: [
        { name: 'id', type: 'bigint', nullable: false },
        { name: 'name', type: 'text', nullable: false, default: `'x'::text` },
        { name: 'at', type: 'timestamp with time zone', nullable: true },
      ],
      indexes: [{ name: 'shop_pkey', columns: ['id'], unique: true, primary: true }],
    },
  ])
  expect(await search({ object_type: 'function', schema: 'public', detail_level: 'summary' })).toMatchObject([
    { name: 'price', type: 'function', language: 'sql', return_type: 'integer' },
  ])
  expect(await search({ object_type: 'schema' })).toEqual(
    expect.arrayContaining([{ name: 'patchbay' }, { name: 'public' }]),
  )
})

const probe = (dsn: string, more: Partial<BuiltinTarget> = {}) =>
  house.mcp.probe({ ...TARGET, ...more }, { dsn }, new AbortController().signal)

describe('how it is reached', () => {
  it.each([
    ['a wrong database', (dsn: string) => dsn.replace(/\/[^/?]+\?/, '/nothing?'), /database "nothing" does not exist/],
    ['a port where nothing listens', (dsn: string) => dsn.replace(/:\d+\//, ':1/'), /nothing listens there/],
    [
      'TLS that is wanted and not there',
      (dsn: string) => dsn.replace('disable', 'require'),
      /does not offer a secure connection/,
    ],
    [
      'TLS that must be checked',
      (dsn: string) => dsn.replace('disable', 'verify-full'),
      /does not offer a secure connection/,
    ],
    ['another mode', (dsn: string) => dsn.replace('disable', 'sometimes'), /sslmode is "sometimes"/],
    ['an address inside', () => 'postgres://u:p@10.0.0.1:5432/d', /inside a private network/],
    ['the cloud that gives credentials', () => 'postgres://u:p@169.254.169.254:5432/d', /never reachable/],
  ])('%s', async (_what, dsn, words) => {
    await expect(probe(dsn(database.dsn))).rejects.toThrow(words)
  })

  it('TLS where it is offered: no mode', async () => {
    expect((await probe(database.dsn.replace('?sslmode=disable', ''))).tools).toHaveLength(2)
  })
})

test('F15: a name whose second look-up leads inside is not connected to', async () => {
  const reached: Socket[] = []
  const server = createServer((socket) => void reached.push(socket.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const asked: string[] = []
  using turning = createEgress({
    allow: [],
    resolve: async (host) => {
      asked.push(host)
      return [{ address: asked.length === 1 ? '93.184.215.14' : '127.0.0.1', family: 4 }]
    },
  })
  await using own = await startMcpHouse({ builtin: createBuiltinServers({ egress: turning }) })
  const dsn = `postgres://u:p@turns.example:${port}/d?sslmode=disable`
  await turning.check(dsn)
  await expect(own.mcp.probe(TARGET, { dsn }, new AbortController().signal)).rejects.toThrow(/inside a private network/)
  expect(asked).toEqual(['turns.example', 'turns.example'])
  expect(reached).toEqual([])
  server.close()
})

/** What a server of somebody's own may send: none of it may end this process. */
const FRAMES: [string, Buffer][] = [
  ['noise', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['a row before a query', Buffer.from([0x44, 0, 0, 0, 6, 0x7f, 0xff])],
  [
    'a row that ends too soon',
    Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49, 0x44, 0, 0, 0, 8, 0x7f, 0xff, 1, 1]),
  ],
  // The driver looks for the end of these for ever.
  ['an error without an end', Buffer.from([0x45, 0, 0, 0, 5, 0x53])],
  ['an error of nothing', Buffer.from([0x45, 0, 0, 0, 4])],
  ['a notice whose end is a value’s', Buffer.from([0x4e, 0, 0, 0, 6, 0x53, 0])],
  ['a sign-in without mechanisms', Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 10])],
  ['a length of nothing', Buffer.from([0x52, 0, 0, 0, 0, 0, 0, 0, 0])],
  ['nothing more', Buffer.alloc(0)],
]

test.each(FRAMES)('a server that sends %s is an error, and no more', async (_what, frame) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(frame))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  await expect(probe(`postgres://u:p@127.0.0.1:${port}/d?sslmode=disable`)).rejects.toThrow(/./)
  server.close()
})

test('no password is in what was logged', () => {
  expect(house.logged.join('\n')).not.toContain(':none@')
})
