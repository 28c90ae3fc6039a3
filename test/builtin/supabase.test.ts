import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBuiltinServers } from '../../src/builtin/builtin-servers.ts'
import { createEgress } from '../../src/egress/egress.ts'
import type { JsonObject } from '../../src/json.ts'
import type { BuiltinTarget } from '../../src/mcp/protocol/server-target.ts'
import type { Connection } from '../../src/registry/connection.ts'
import { query } from '../support/database.ts'
import { type McpHouse, startMcpHouse, textOf } from '../support/mcp-house.ts'
import { startSupabaseProject } from '../support/supabase-project.ts'

const resources = new AsyncDisposableStack()
let project: Awaited<ReturnType<typeof startSupabaseProject>>
let house: McpHouse
let connection: Connection

beforeAll(async () => {
  project = resources.use(await startSupabaseProject())
  const egress = resources.use(createEgress({ allow: [project.host] }))
  house = resources.use(await startMcpHouse({ builtin: createBuiltinServers({ egress }) }))
  connection = await house.connected(target({ features: 'database, auth, storage' }), { key: project.key })
})
afterAll(() => resources.disposeAsync())

const target = (values: Record<string, string> = {}): BuiltinTarget => ({
  kind: 'builtin',
  title: 'Supabase',
  docs: 'https://example.com/keys',
  server: 'supabase',
  settings: { url: '{url}', key: '{key}', features: '{features}' },
  values: { url: project.url, features: 'database', ...values },
  checks: [],
})

async function rowsOf(tool: string, args: JsonObject): Promise<unknown> {
  const outcome = await house.call(connection, tool, args)
  if (outcome.kind !== 'ok') throw new Error(textOf(outcome))
  return Object(outcome.structured).rows
}
const said = async (tool: string, args: JsonObject) => textOf(await house.call(connection, tool, args))

const DATABASE_TOOLS = [
  'list_tables',
  'get_schema',
  'select_rows',
  'execute_sql',
  'insert_data',
  'update_data',
  'delete_data',
  'call_function',
]

describe('what a project offers', () => {
  const probe = (values: Record<string, string>, key = project.key) =>
    house.mcp.probe(target(values), { key }, new AbortController().signal)

  it('is eight tools, and more with more features', async () => {
    const names = async (features: string) => (await probe({ features })).tools.map((tool) => tool.name)
    expect(await names('database')).toEqual(DATABASE_TOOLS)
    expect(await names('database, auth')).toEqual([...DATABASE_TOOLS, 'list_users', 'get_user'])
    expect(await names('database, storage')).toEqual([
      ...DATABASE_TOOLS,
      'list_buckets',
      'list_files',
      'read_file',
      'upload_file',
    ])
  })

  it('is seven of eight without the function for SQL, until that is there', async () => {
    await using bare = await startSupabaseProject({ withFunction: false })
    using egress = createEgress({ allow: [bare.host] })
    await using own = await startMcpHouse({ builtin: createBuiltinServers({ egress }) })
    const probe = () => own.mcp.probe(target({ url: bare.url }), { key: bare.key }, new AbortController().signal)
    const before = await probe()
    expect(before.tools.map((tool) => tool.name)).toEqual(DATABASE_TOOLS.filter((name) => name !== 'execute_sql'))
    expect(before.unusableTools).toEqual([{ tool: 'execute_sql', why: 'needs one function in the database' }])
    await bare.install()
    expect(await probe()).toMatchObject({ unusableTools: [], tools: { length: 8 } })
  })

  it.each([
    ['a publishable key', () => project.publishableKey, /publishable key, which sees only what everybody may/],
    ['a key of the role anon', () => jwt({ role: 'anon' }), /the key of the role "anon"/],
    ['an access token', () => `sbp_${'0a'.repeat(20)}`, /an access token, not a project's key/],
    ['a key that is wrong', () => `sb_secret_${'1'.repeat(22)}_${'1'.repeat(8)}`, /Supabase refused this key/],
  ])('is not told to %s', async (_, key, message) => {
    await expect(probe({}, key())).rejects.toMatchObject({ message: expect.stringMatching(message), field: 'key' })
  })

  it.each([
    ['https://supabase.com/dashboard/projects', /not a project’s address/],
    ['https://10.0.0.1', /10\.0\.0\.1/],
    ['http://169.254.169.254', /not an https address/],
  ])('is not asked of %s', async (url, message) => {
    await expect(probe({ url })).rejects.toThrow(message)
  })

  it('is not asked of what is no project', async () => {
    await expect(probe({ url: `${project.url}/`.replace('127.0.0.1', 'localhost') })).rejects.toThrow(/localhost/)
  })
})

const jwt = (claims: JsonObject) =>
  ['{"alg":"HS256"}', JSON.stringify(claims), 'x'].map((part) => Buffer.from(part).toString('base64url')).join('.')

describe('reading', () => {
  it('lists tables, views and columns', async () => {
    expect(await rowsOf('list_tables', {})).toContainEqual({
      name: 'users',
      object_type: 'table',
      columns: 'id, name, email, plan, born, created_at',
      description: 'Who has an account',
    })
    expect(await rowsOf('list_tables', {})).toContainEqual(
      expect.objectContaining({ name: 'spending', object_type: 'view' }),
    )
    expect(await rowsOf('get_schema', { table: 'orders' })).toContainEqual({
      table: 'orders',
      name: 'user_id',
      type: 'bigint',
      required: true,
      key: false,
      references: 'users.id',
      default: null,
      description: null,
    })
    expect(await said('get_schema', {})).toContain('total_of(person bigint)')
  })

  it.each<[string, JsonObject[], string[]]>([
    ['eq', [{ column: 'plan', operator: 'eq', value: 'pro' }], ['Ada', 'Barbara']],
    ['neq', [{ column: 'plan', operator: 'neq', value: 'free' }], ['Ada', 'Barbara']],
    [
      'gt and lte',
      [
        { column: 'id', operator: 'gt', value: 1 },
        { column: 'id', operator: 'lte', value: 2 },
      ],
      ['Grace'],
    ],
    [
      'gte and lt',
      [
        { column: 'id', operator: 'gte', value: 4 },
        { column: 'id', operator: 'lt', value: 5 },
      ],
      ['Barbara'],
    ],
    ['like', [{ column: 'name', operator: 'like', value: 'A%' }], ['Ada', 'Alan']],
    ['ilike', [{ column: 'name', operator: 'ilike', value: 'a%' }], ['Ada', 'Alan']],
    [
      'in, with commas and quotes',
      [{ column: 'name', operator: 'in', value: ['Alan', 'Edsger, "E.W."'] }],
      ['Edsger, "E.W."', 'Alan'],
    ],
    ['is null', [{ column: 'born', operator: 'is', value: null }], ['Grace', 'Alan']],
  ])('filters by %s', async (_, filters, names) => {
    const rows = await rowsOf('select_rows', { table: 'users', columns: ['name'], filters, order: [{ column: 'id' }] })
    expect(rows).toEqual(names.map((name) => ({ name })))
  })

  it('says that there is more, and goes on where it ended', async () => {
    const outcome = await house.call(connection, 'select_rows', {
      table: 'ledger',
      order: [{ column: 'id' }],
      limit: 2,
    })
    expect(outcome).toMatchObject({ kind: 'ok', structured: { rows: [{ id: 1 }, { id: 2 }] } })
    expect(textOf(outcome)).toBe('Only the first 2 rows; there are more. Ask on with offset, or filter.')
    expect(await rowsOf('select_rows', { table: 'ledger', order: [{ column: 'id' }], limit: 1, offset: 2 })).toEqual([
      { id: 3, n: 3 },
    ])
    expect(await said('execute_sql', { query: 'select * from ledger' })).toMatch(
      /^Only the first 500 rows; there are more/,
    )
    expect(await said('select_rows', { table: 'users', filters: [{ column: 'id', operator: 'eq', value: 77 }] })).toBe(
      'No rows.',
    )
  })

  it('keeps keys that are longer than JavaScript counts', async () => {
    const answer = '[{"id":9007199254740993,"n":1,"note":"9007199254740993, and \\"9007199254740993"}]'
    const document = { swagger: '2.0', definitions: { ledger: {} } }
    const fetch = async (input: unknown) =>
      new Response(String(input).endsWith('/rest/v1/') ? JSON.stringify(document) : answer, {
        headers: { 'content-type': 'application/json; charset=utf-8' },
      })
    await using own = await startMcpHouse({
      builtin: createBuiltinServers({ egress: { ...createEgress({ allow: [] }), fetch } }),
    })
    const outcome = await own.call(await own.connected(target(), { key: project.key }), 'select_rows', {
      table: 'ledger',
    })
    expect(outcome).toMatchObject({
      structured: { rows: [{ id: '9007199254740993', n: 1, note: '9007199254740993, and "9007199254740993' }] },
    })
  })

  it.each<[string, JsonObject, RegExp]>([
    ['select_rows', { table: 'user' }, /no table "user"\. There are .*users/],
    ['select_rows', { table: 'users', columns: ['surname'] }, /no column "surname"\. It has id, name, email/],
    ['select_rows', { table: 'orders', filters: [{ column: 'order', operator: 'eq', value: 1 }] }, /Use execute_sql/],
    [
      'select_rows',
      { table: 'users', filters: [{ column: 'born', operator: 'eq', value: null }] },
      /no row equals: use "is"/,
    ],
    ['select_rows', { table: 'users', filters: [{ column: 'id', operator: 'in', value: 1 }] }, /needs a list/],
    [
      'select_rows',
      { table: 'users', filters: [{ column: 'id', operator: 'eq', value: 'x' }] },
      /invalid input syntax.*get_schema/,
    ],
    ['execute_sql', { query: 'select nothing from users' }, /"nothing" does not exist.*get_schema/],
    ['call_function', { function: 'no_such' }, /no function "no_such"\. There are total_of\./],
    ['call_function', { function: 'x/../patchbay_execute_sql', arguments: { query: 'select 1' } }, /no function "x/],
    ['call_function', { function: 'patchbay_execute_sql', arguments: { query: 'select 1' } }, /call execute_sql/],
  ])('says what is wrong in words: %s %j', async (tool, args, words) => {
    const outcome = await house.call(connection, tool, args)
    expect(outcome.kind).toBe('tool_error')
    expect(textOf(outcome)).toMatch(words)
  })

  it('calls a function', async () => {
    expect(await said('call_function', { function: 'total_of', arguments: { person: 1 } })).toMatch(/^14\.50?$/)
  })
})

describe('SQL', () => {
  it.each([
    ['select name from users where id = 1;', [{ name: 'Ada' }]],
    ['with one as (select 1 as b, 2 as a) select * from one -- a comment', [{ b: 1, a: 2 }]],
    [
      "values (1, 'a'), (2, 'b')",
      [
        { column1: 1, column2: 'a' },
        { column1: 2, column2: 'b' },
      ],
    ],
    ['insert into ledger values (-1, 0) returning id', [{ id: -1 }]],
    ['delete from ledger where id < 0 returning id', [{ id: -1 }]],
  ])('gives the rows of %s', async (sql, rows) => {
    expect(await rowsOf('execute_sql', { query: sql })).toEqual(rows)
  })

  it('keeps the order of the columns', async () => {
    const [row] = Object(await rowsOf('execute_sql', { query: 'select 1 as zebra, 2 as apple' }))
    expect(Object.keys(row)).toEqual(['zebra', 'apple'])
  })

  it('says how many rows a change without rows changed, and does it once', async () => {
    expect(await said('execute_sql', { query: 'update ledger set n = n + 1 where id = 5' })).toBe(
      'Done: 1 row changed.',
    )
    expect(await rowsOf('execute_sql', { query: 'select n from ledger where id = 5' })).toEqual([{ n: 6 }])
  })

  it.each(['anon', 'authenticated'])('is not for %s', async (role) => {
    const [row] = await query(
      project.databaseUrl,
      `select has_function_privilege('${role}', 'public.patchbay_execute_sql(text, integer)', 'execute') as may`,
    )
    expect(row?.may).toBe(false)
  })

  it('has the rights of the key and no more', async () => {
    await query(
      project.databaseUrl,
      'create table public.private (n int); revoke all on public.private from service_role',
    )
    const asService = "set role service_role; select public.patchbay_execute_sql('select * from private')"
    await expect(query(project.databaseUrl, asService)).rejects.toThrow('permission denied for table private')
  })
})

describe('changing', () => {
  it('inserts, updates and deletes, and tells what it did', async () => {
    expect(await said('insert_data', { table: 'users', rows: [{ name: 'Tim', email: 'tim@example.org' }] })).toBe(
      'Inserted 1 row.',
    )
    const filters = [{ column: 'name', operator: 'eq', value: 'Tim' }]
    expect(await rowsOf('update_data', { table: 'users', values: { plan: 'pro' }, filters })).toMatchObject([
      { plan: 'pro' },
    ])
    expect(await said('delete_data', { table: 'users', filters })).toBe('Deleted 1 row.')
    expect(await said('delete_data', { table: 'users', filters })).toBe('Deleted 0 rows.')
  })

  it.each<[string, JsonObject]>([
    ['update_data', { table: 'users', values: { plan: 'none' }, filters: [] }],
    ['delete_data', { table: 'users', filters: [] }],
    // The API would read it as its own parameter, and delete all.
    ['delete_data', { table: 'users', filters: [{ column: 'select', operator: 'eq', value: '*' }] }],
    ['delete_data', { table: 'orders', filters: [{ column: 'order', operator: 'gt', value: 0 }] }],
    [
      'update_data',
      { table: 'users', values: { plan: 'none' }, filters: [{ column: 'and', operator: 'eq', value: '(id.gt.0)' }] },
    ],
    ['delete_data', { table: 'users', filters: [{ column: 'id', operator: 'in', value: [] }] }],
  ])('refuses what would reach every row, and sends nothing: %s %j', async (tool, args) => {
    const before = project.asked.length
    expect((await house.call(connection, tool, args)).kind).toBe('tool_error')
    expect(project.asked.slice(before).filter((line) => !line.startsWith('GET /rest/v1/'))).toEqual([])
    expect(await rowsOf('execute_sql', { query: 'select count(*) as n from users' })).toEqual([{ n: 5 }])
  })

  it.each<[JsonObject, RegExp]>([
    [{ name: 'Ada', email: 'ada@example.org' }, /duplicate key.*such a row already/],
    [{ name: 'Nobody' }, /null value in column "email".*Give that column a value/],
  ])('says why a row cannot be inserted: %j', async (row, words) => {
    expect(await said('insert_data', { table: 'users', rows: [row] })).toMatch(words)
  })
})

describe('users and files', () => {
  it('lists the people who signed up, and tells of one', async () => {
    const rows = await rowsOf('list_users', {})
    const id = '6f0f8f3e-1111-4222-8333-444455556666'
    expect(rows).toEqual([
      expect.objectContaining({ id, email: 'ada@example.org', confirmed: true, phone: null, provider: 'email' }),
      expect.objectContaining({ email: null, confirmed: false, phone: '4912345' }),
    ])
    expect(await house.call(connection, 'get_user', { id })).toMatchObject({
      kind: 'ok',
      structured: { email: 'ada@example.org', user_metadata: { plan: 'pro' } },
    })
    const nobody = await house.call(connection, 'get_user', { id: '00000000-0000-4000-8000-000000000000' })
    expect(nobody.kind).toBe('tool_error')
    expect(textOf(nobody)).toBe('User not found.')
  })

  it('uploads, lists and reads files, and writes over none', async () => {
    expect(await rowsOf('list_buckets', {})).toEqual([expect.objectContaining({ name: 'reports', public: false })])
    const file = { bucket: 'reports', path: 'q1/sums.csv', content: 'a,b\n1,2\n', type: 'text/csv' }
    expect(await said('upload_file', file)).toBe('Uploaded q1/sums.csv to reports: 8 bytes.')
    expect(await said('upload_file', file)).toMatch(/already exists/)
    expect(await rowsOf('list_files', { bucket: 'reports' })).toEqual([expect.objectContaining({ name: 'q1/' })])
    expect(await rowsOf('list_files', { bucket: 'reports', folder: 'q1' })).toEqual([
      expect.objectContaining({ name: 'sums.csv', bytes: 8, type: 'text/csv' }),
    ])
    expect(await house.call(connection, 'read_file', { bucket: 'reports', path: 'q1/sums.csv' })).toMatchObject({
      content: [{ type: 'resource', mimeType: 'text/csv', text: 'a,b\n1,2\n' }],
    })
    const picture = {
      bucket: 'reports',
      path: 'dot.png',
      content: 'iVBORw0KGgo=',
      encoding: 'base64',
      type: 'image/png',
    }
    await house.call(connection, 'upload_file', picture)
    expect(await house.call(connection, 'read_file', { bucket: 'reports', path: 'dot.png' })).toMatchObject({
      content: [{ type: 'resource', mimeType: 'image/png', data: 'iVBORw0KGgo=' }],
    })
    expect(await said('read_file', { bucket: 'reports', path: 'none.txt' })).toMatch(/not found/i)
    const odd = { bucket: 'reports', path: 'a?b#c %.txt' }
    await house.call(connection, 'upload_file', { ...odd, content: 'odd' })
    expect(await house.call(connection, 'read_file', odd)).toMatchObject({ content: [{ text: 'odd' }] })
  })

  it.each<[string, JsonObject]>([
    ['read_file', { bucket: '../../../auth/v1/admin', path: 'users' }],
    ['read_file', { bucket: 'reports', path: '../../../../auth/v1/admin/users' }],
    ['list_files', { bucket: '..' }],
    [
      'upload_file',
      {
        bucket: '../../../rest/v1/rpc',
        path: 'patchbay_execute_sql',
        content: '{"query":"select 1"}',
        type: 'text/json',
      },
    ],
  ])('leads to no other service of the project: %s %j', async (tool, args) => {
    const before = project.asked.length
    expect(await said(tool, args)).toMatch(/names nothing in the storage/)
    expect(project.asked.slice(before)).toEqual([])
  })
})

it('ends a request that is stopped', async () => {
  const asked: string[] = []
  const fetch = (input: unknown, init?: RequestInit) => {
    if (String(input).endsWith('/rest/v1/'))
      return Promise.resolve(Response.json({ swagger: '2.0', definitions: { ledger: {} } }))
    asked.push('begun')
    return new Promise<Response>((_, reject) =>
      init?.signal?.addEventListener('abort', () => {
        asked.push('ended')
        reject(new Error('aborted'))
      }),
    )
  }
  await using own = await startMcpHouse({
    builtin: createBuiltinServers({ egress: { ...createEgress({ allow: [] }), fetch } }),
  })
  const stop = new AbortController()
  const connected = await own.connected(target(), { key: project.key })
  const calling = own.call(connected, 'select_rows', { table: 'ledger' }, stop.signal)
  await expect.poll(() => asked).toEqual(['begun'])
  stop.abort()
  expect(await calling).toMatchObject({ kind: 'failed', why: 'cancelled' })
  await expect.poll(() => asked).toEqual(['begun', 'ended'])
})

it('keeps the key to itself', async () => {
  const outcome = await house.call(connection, 'execute_sql', { query: `select '${project.key}' as k` })
  expect(JSON.stringify(outcome)).not.toContain(project.key)
  expect(house.logged.join('\n')).not.toContain(project.key)
})
