import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { secretNameOf } from '../../src/credentials/store-error.ts'
import { UserId } from '../../src/ids.ts'
import type { Connection } from '../../src/registry/connection.ts'
import {
  type ConnectHouse,
  type ConnectHouseOptions,
  childrenOf,
  commandLines,
  openTcpTo,
  startConnectHouse,
} from '../support/connect-house.ts'
import { query } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { isAlive, noted, PERSON, ROOT, startServerProcess, textOf } from '../support/mcp-house.ts'

const OTHER = { ...PERSON, user: UserId.parse('UAPPROV1') }
const signal = new AbortController().signal
let house: ConnectHouse
const begin = async (o: ConnectHouseOptions = {}) => {
  house = await startConnectHouse(o)
  return house
}
afterEach(() => house[Symbol.asyncDispose]())

async function connected(
  card: string,
  inputs: Record<string, string> = {},
  name = card,
  who = PERSON,
): Promise<Connection> {
  const outcome = await house.connect.connect(who, { card, name, inputs }, signal)
  if (!outcome.ok) throw new Error(`${outcome.message} ${JSON.stringify(outcome.problems)}`)
  return outcome.connection
}

const nothingSaved = async () => {
  expect(await house.registry.connectionsOf(PERSON)).toEqual([])
  expect(house.secretsKept()).toBe(0)
}

const STRANGE = `
name: io.patchbay/strange
title: Strange
description: A server for tests
version: 1.0.0
packages:
  - registryType: npm
    identifier: strange-server
    version: 1.0.0
    transport: { type: stdio }
    environmentVariables:
      - { name: FIXTURE_MODE, value: "{mode}", variables: { mode: { default: wants-secret } } }
      - { name: FIXTURE_SECRET, value: "{key}", variables: { key: { isSecret: true, isRequired: true } } }
      - { name: FIXTURE_LOG, value: "{log}", variables: { log: {} } }
_meta:
  io.patchbay.card/v1:
    icon: ":test_tube:"
    category: Tests
    docs: https://example.com/keys
    own: { log: log }
    inputs: { key: { label: Key } }
    starters: [One, Two, Three]
`

describe('the cards that need no account', () => {
  it('connect, with their tools and three questions', async () => {
    await begin()
    for (const card of ['everything', 'filesystem', 'memory', 'demo-database']) {
      const outcome = await house.connect.connect(PERSON, { card, name: card, inputs: {} }, signal)
      expect(outcome).toMatchObject({
        ok: true,
        connection: { name: card, card, status: 'connected', credential: undefined },
      })
      expect(outcome.ok && outcome.starters.length).toBe(3)
      expect(outcome.ok && outcome.connection.tools.length).toBeGreaterThan(1)
    }
    expect((await house.registry.connectionsOf(PERSON)).map((one) => one.name)).toHaveLength(4)
  })

  it('give each person, and each connection, files of their own', async () => {
    await begin()
    const [mine, second, theirs] = [
      await connected('filesystem'),
      await connected('filesystem', {}, 'more-files'),
      await connected('filesystem', {}, 'filesystem', OTHER),
    ]
    const home = join(house.dataDir, 'files', PERSON.workspace, PERSON.user, 'filesystem', 'filesystem')
    const path = join(home, 'hello.txt')
    expect(await house.call(mine, 'write_file', { path, content: 'Hello' })).toMatchObject({ kind: 'ok' })
    expect(readFileSync(path, 'utf8')).toBe('Hello')
    expect(textOf(await house.call(mine, 'read_text_file', { path }))).toBe('Hello')
    expect(await house.call(theirs, 'read_text_file', { path })).toMatchObject({ kind: 'tool_error' })
    expect(await house.call(second, 'read_text_file', { path })).toMatchObject({ kind: 'tool_error' })
    await house.connect.disconnect(PERSON, mine.id)
    expect(textOf(await house.call(await connected('filesystem'), 'read_text_file', { path }))).toBe('Hello')
  })

  it('say no path of this machine, and work with those they say', async () => {
    await begin()
    const files = await connected('filesystem')
    const ask = async (tool: string, args = {}) => textOf(await house.call(files, tool, args))
    const allowed = await ask('list_allowed_directories')
    const path = allowed.split('\n')[1] ?? ''
    expect(path).toBe('.')
    await ask('create_directory', { path: `${path}/notes` })
    await ask('write_file', { path: 'notes/hello.txt', content: 'Hello' })
    expect(await ask('read_text_file', { path: `${path}/notes/hello.txt` })).toBe('Hello')
    expect(await ask('list_directory', { path })).toBe('[DIR] notes')
    expect(await ask('search_files', { path, pattern: '**/*.txt' })).toBe('notes/hello.txt')
    expect(await ask('read_text_file', { path: 'none.txt' })).toMatch(/ENOENT.*'none\.txt'/)
    expect(await ask('read_text_file', { path: '../other/x' })).toBe(
      'Access denied - path outside allowed directories: … not in .',
    )
    const tree = await Promise.all(['directory_tree', 'list_directory_with_sizes'].map((tool) => ask(tool, { path })))
    expect([allowed, ...tree, JSON.stringify(files.tools)].join('\n')).not.toContain(house.folder)
  })

  it('remember apart', async () => {
    await begin()
    const [mine, theirs] = [await connected('memory'), await connected('memory', {}, 'memory', OTHER)]
    const entities = [{ name: 'Ada', entityType: 'person', observations: ['likes tea'] }]
    await house.call(mine, 'create_entities', { entities })
    expect(textOf(await house.call(mine, 'read_graph'))).toContain('likes tea')
    expect(textOf(await house.call(theirs, 'read_graph'))).not.toContain('Ada')
  })

  it('ask the demo database', async () => {
    await begin()
    const database = await connected('demo-database')
    const answer = await house.call(database, 'execute_sql', { sql: 'select count(*) as n from employee' })
    expect(textOf(answer)).toMatch(/"n":\s*\d+/)
  })
})

describe('the postgres card', () => {
  const secret = 'planted-pässword'

  it('asks the database, and its password is nowhere but in the store', async () => {
    await using tcp = await openTcpTo(inject('databaseUrl'))
    await begin({ allow: [`127.0.0.1:${tcp.port}`] })
    const dsn = `postgres://postgres:${encodeURIComponent(secret)}@127.0.0.1:${tcp.port}/postgres?sslmode=disable`
    const connection = await connected('postgres', { dsn })
    expect(connection).toMatchObject({
      inputs: {},
      credential: expect.stringContaining(`connection/${connection.id}/`),
    })
    expect(textOf(await house.call(connection, 'execute_sql', { sql: 'select 6 * 7 as answer' }))).toContain('42')
    const echoed = await house.call(connection, 'execute_sql', { sql: `select '${secret}' as a, '${dsn}' as b` })
    await eventually(async () =>
      expect((await house.registry.get(connection.id, PERSON.workspace))?.era).toMatchObject({ kind: 'legacy' }),
    )
    const everywhere = [
      textOf(echoed),
      house.logged.join(''),
      await house.everythingInTheDatabase(),
      commandLines(),
    ].join('\n')
    expect(everywhere).toContain(connection.id)
    expect(everywhere).not.toContain(secret)
    expect(everywhere).not.toContain(encodeURIComponent(secret))
    expect(await house.credentials.get(connection.credential ?? '')).toContain(encodeURIComponent(secret))
  })

  it('says why not, without the password, and saves nothing', async () => {
    await using tcp = await openTcpTo(inject('databaseUrl'))
    await begin({ allow: [`127.0.0.1:${tcp.port}`, '127.0.0.1:1'] })
    const attempt = (dsn: string) =>
      house.connect.connect(PERSON, { card: 'postgres', name: 'db', inputs: { dsn } }, signal)
    const failures = [
      await attempt(`postgres://postgres:${secret}@127.0.0.1:${tcp.port}/no_such_database?sslmode=disable`),
      await attempt(`postgres://postgres:${secret}@127.0.0.1:1/postgres`),
      await attempt(`postgres://postgres:${secret}@127.0.0.1:2/postgres`),
      await attempt(`postgres://postgres:${secret}@%2Ftmp/postgres`),
    ]
    expect(failures).toMatchObject([
      { ok: false, message: expect.stringMatching(/no_such_database.*does not exist/) },
      { ok: false, message: expect.stringMatching(/127\.0\.0\.1: nothing listens there/) },
      { ok: false, message: expect.stringContaining('EGRESS_ALLOW=127.0.0.1:2') },
      { ok: false, message: expect.stringContaining('not an address on a network') },
    ])
    expect(JSON.stringify(failures) + house.logged.join('')).not.toContain(secret)
    await nothingSaved()
  })
})

describe('the custom card', () => {
  const withToken = async (token: string) => {
    await begin({ allow: ['127.0.0.1'] })
    writeFileSync(join(house.folder, 'token'), token)
    return startServerProcess('http-old.ts', ['0'], {
      TOKEN_FILE: join(house.folder, 'token'),
      FIXTURE_LOG: join(house.folder, 'log'),
    })
  }

  it('adds "Bearer" to a key without a scheme, and not to a saved one', async () => {
    await using server = await withToken('planted-token')
    const url = `http://127.0.0.1:${server.port}/mcp`
    const { id } = await connected('custom', { url, value: 'planted-token' })
    expect(await house.connect.reconnect(PERSON, id, { url }, signal)).toMatchObject({ ok: true })
    expect(await house.everythingInTheDatabase()).not.toContain('planted-token')
  })

  it('says that a server which only answers 401 wants a key', async () => {
    await using server = await withToken('planted-token')
    const inputs = { url: `http://127.0.0.1:${server.port}/mcp` }
    const outcome = await house.connect.connect(PERSON, { card: 'custom', name: 'mine', inputs }, signal)
    expect(outcome).toMatchObject({ ok: false, message: 'This server wants a key. Paste it in "Key".' })
    await nothingSaved()
  })

  it('asks for the header of a value that has none', async () => {
    await begin()
    const draft = { card: 'custom', name: 'mine', inputs: { url: 'https://example.com/mcp', value2: 'x' } }
    expect(await house.connect.check(PERSON, draft)).toEqual([
      { field: 'header2', message: 'Name the header that this value is for.' },
    ])
  })

  it.each([
    ['https://mcp.example.com/mcp', 'example'],
    ['https://example.co.uk/', 'example'],
    ['https://eu.acme.example.com/mcp', 'acme-example'],
    ['http://localhost:4350/mcp', 'localhost'],
    ['https://127.0.0.1/mcp', 'custom'],
    ['no address', 'custom'],
  ])('proposes a name for %s', async (url, name) => {
    await begin()
    expect(await house.connect.defaultName(PERSON, 'custom', url)).toBe(name)
  })

  it('connects with its header; the value is kept as a secret', async () => {
    await using server = await withToken('planted-token')
    const url = `http://127.0.0.1:${server.port}/mcp`
    const connection = await connected('custom', { url, value: ' Bearer planted-token ' })
    expect(connection.inputs).toEqual({ url, header: 'Authorization' })
    expect(textOf(await house.call(connection, 'echo', { text: 'I know planted-token' }))).toBe('I know [secret]')
    expect(await house.everythingInTheDatabase()).not.toContain('planted-token')
    expect(house.logged.join('')).not.toContain('planted-token')
  })

  it('with a wrong token says so and saves nothing', async () => {
    await using server = await withToken('right-token')
    const inputs = { url: `http://127.0.0.1:${server.port}/mcp`, value: 'Bearer wrong-token' }
    const outcome = await house.connect.connect(PERSON, { card: 'custom', name: 'mine', inputs }, signal)
    expect(outcome).toMatchObject({ ok: false, message: expect.stringContaining('refused this key (401)') })
    expect(JSON.stringify(outcome)).not.toContain('wrong-token')
    await nothingSaved()
  })

  it.each([
    ['https://127.0.0.1/mcp', /private network/],
    ['http://example.com/mcp', /not an https address/],
    ['http://localhost:4350/mcp', /EGRESS_ALLOW=localhost:4350\. Then http works, too/],
    ['http://10.1.2.3/mcp', /EGRESS_ALLOW=10\.1\.2\.3:80/],
    ['http://tools.internal/mcp', /EGRESS_ALLOW=tools\.internal:80/],
    ['https://169.254.169.254/mcp', /never reachable/],
    ['https://example.com/mcp?api_key=planted', /^Put the key in its own field, where it is kept as a secret/],
    ['https://example.com/mcp?x=1&accessToken=planted', /its own field/],
    ['https://example.com/mcp?sig=planted', /its own field/],
  ])('says at the field what is wrong with %s', async (url, message) => {
    await begin()
    const draft = { card: 'custom', name: 'mine', inputs: { url } }
    const problems = await house.connect.check(PERSON, draft)
    expect(problems).toEqual([{ field: 'url', message: expect.stringMatching(message) }])
    expect(JSON.stringify(problems)).not.toContain('planted')
    expect(await house.connect.connect(PERSON, draft, signal)).toMatchObject({ ok: false, problems })
    await nothingSaved()
  })

  it('lets other queries be, and http where it is allowed', async () => {
    await begin({ allow: ['127.0.0.1:8080'] })
    for (const url of ['https://example.com/mcp?keyword=tea&design=x', 'http://127.0.0.1:8080/mcp'])
      expect(await house.connect.check(PERSON, { card: 'custom', name: 'mine', inputs: { url } })).toEqual([])
  })

  it.each([[{ url: 'https://no-such-host.invalid/mcp' }, /no host "no-such-host.invalid"/]])(
    'says why not: %o',
    async (inputs, message) => {
      await begin()
      const outcome = await house.connect.connect(PERSON, { card: 'custom', name: 'mine', inputs }, signal)
      expect(outcome).toMatchObject({ ok: false, message: expect.stringMatching(message) })
      await nothingSaved()
    },
  )
})

describe('check', () => {
  it('finds what is wrong at each field, without connecting', async () => {
    await begin({ maxPerUser: 2 })
    const check = (card: string, name: string, inputs = {}) => house.connect.check(PERSON, { card, name, inputs })
    expect(await check('supabase', 'sb')).toMatchObject([
      { field: 'url', message: expect.stringContaining('is needed.') },
      { field: 'key', message: expect.stringContaining('is needed.') },
    ])
    expect(await check('github', 'gh'), 'or a sign-in').toEqual([])
    const wrong = await check('github', 'gh', { token: 'planted-nonsense' })
    expect(wrong).toMatchObject([{ field: 'token', message: expect.stringContaining('github_pat_') }])
    expect(JSON.stringify(wrong)).not.toContain('planted')
    expect(await check('custom', 'c', { url: 'ftp://x' })).toMatchObject([{ field: 'url' }])
    for (const name of ['', 'with space', '-a', 'a-', 'ä', 'x'.repeat(33), '../up'])
      expect(await check('memory', name), name).toMatchObject([{ field: 'name' }])
    expect(await check('memory', ' My-Memory ')).toEqual([])
    await connected('memory')
    expect(await check('memory', 'Memory')).toMatchObject([
      { field: 'name', message: expect.stringContaining('already') },
    ])
    await connected('everything')
    expect(await check('memory', 'third')).toMatchObject([
      { field: 'name', message: expect.stringContaining('2 connections') },
    ])
    expect(await house.connect.check(OTHER, { card: 'memory', name: 'memory', inputs: {} })).toEqual([])
    await expect(check('teapot', 'x')).rejects.toMatchObject({ code: 'card_unknown' })
  })

  it('offers a free name', async () => {
    await begin()
    expect(await house.connect.defaultName(PERSON, 'memory')).toBe('memory')
    await connected('memory')
    expect(await house.connect.defaultName(PERSON, 'memory')).toBe('memory-2')
  })

  it('of two at once with one name, one is saved and the other takes its secret back', async () => {
    await begin({ strangeCard: STRANGE })
    const draft = { card: 'strange', name: 'one', inputs: { key: 'right-secret' } }
    const both = await Promise.all([1, 2].map(() => house.connect.connect(PERSON, draft, signal)))
    expect(both.map((outcome) => outcome.ok).toSorted()).toEqual([false, true])
    expect(both.find((outcome) => !outcome.ok)).toMatchObject({ problems: [{ field: 'name' }] })
    expect(await house.registry.connectionsOf(PERSON)).toHaveLength(1)
    expect(house.secretsKept()).toBe(1)
  })

  it('values set for this machine fill what is left empty, and are not shown', async () => {
    await begin({ strangeCard: STRANGE, prefills: { strange: { key: 'right-secret' } } })
    const info = house.connect.card('strange')
    expect(info?.inputs.find((input) => input.name === 'key')).toMatchObject({ required: false })
    expect(JSON.stringify(house.connect.cards())).not.toContain('right-secret')
    await connected('strange', { key: '' })
    expect(house.secretsKept()).toBe(1)
  })
})

describe('a failed connect', () => {
  it("says the server's last line without the secret, and saves nothing", async () => {
    await begin({ strangeCard: STRANGE })
    const draft = { card: 'strange', name: 'one', inputs: { key: 'planted-wrong' } }
    const outcome = await house.connect.connect(PERSON, draft, signal)
    expect(outcome).toMatchObject({
      ok: false,
      message: 'Strange could not start: it says "bad key [secret]". Check what you filled in and try again.',
    })
    await nothingSaved()
    expect(house.logged.join('') + (await house.everythingInTheDatabase())).not.toContain('planted-wrong')
  })

  it('given up by the caller saves nothing and leaves no process', async () => {
    await begin({ strangeCard: STRANGE })
    const inputs = { key: 'right-secret', mode: 'silent-at-discover' }
    const outcome = await house.connect.connect(
      PERSON,
      { card: 'strange', name: 'one', inputs },
      AbortSignal.timeout(500),
    )
    expect(outcome).toMatchObject({ ok: false, message: expect.stringContaining('too long') })
    await nothingSaved()
    const home = join(house.dataDir, 'files', PERSON.workspace, PERSON.user, 'strange', 'one')
    const [pid] = noted({ folder: home }).map((line) => Number(line.replace('started ', '')))
    await eventually(() => expect(isAlive(pid ?? 0)).toBe(false))
  })
})

describe('the end of the app', () => {
  it('does not wait for a call under way', async () => {
    await begin()
    const everything = await connected('everything')
    const call = house.call(everything, 'trigger-long-running-operation', { duration: 60, steps: 60 })
    await house.call(everything, 'echo', { message: 'up' })
    const pids = childrenOf(process.pid, 'server-everything')
    expect(pids).toHaveLength(1)
    const began = Date.now()
    await house.mcp[Symbol.asyncDispose]()
    expect(Date.now() - began).toBeLessThan(2_000)
    expect(await call).toMatchObject({ kind: 'failed', why: 'cancelled' })
    expect(pids.filter(isAlive)).toEqual([])
  })
})

describe('reconnect', () => {
  it('keeps a secret left empty, takes a new one, and changes nothing when it fails', async () => {
    await begin({ strangeCard: STRANGE })
    const { id } = await connected('strange', { key: 'right-secret' })
    const kept = async () => house.credentials.get((await house.registry.get(id, PERSON.workspace))?.credential ?? '')
    expect(await house.connect.reconnect(PERSON, id, { key: '' }, signal)).toMatchObject({ ok: true })
    const failed = await house.connect.reconnect(PERSON, id, { key: 'planted-wrong' }, signal)
    expect(failed).toMatchObject({ ok: false, message: expect.stringContaining('[secret]') })
    expect(await kept()).toContain('right-secret')
    const free = await house.connect.reconnect(PERSON, id, { mode: 'free', key: 'another-secret' }, signal)
    expect(free).toMatchObject({ ok: true, connection: { id, inputs: { mode: 'free' }, status: 'connected' } })
    expect(await kept()).toContain('another-secret')
    expect(house.secretsKept()).toBe(1)
    const opened = await query(house.databaseUrl, `select details from audit_events where action = 'credential_opened'`)
    expect(opened, 'each reconnect looked for what is kept').toEqual(Array(3).fill({ details: { connection: id } }))
  })

  it('is the way out for a secret that was damaged', async () => {
    await begin({ strangeCard: STRANGE })
    const { id, credential } = await connected('strange', { key: 'right-secret' })
    writeFileSync(
      join(house.dataDir, 'credentials', `${secretNameOf(String(credential))}.sealed`),
      'not what was sealed',
    )
    const words = expect.stringContaining('is damaged. Press Reconnect')
    expect(await house.connect.test(PERSON, id, signal)).toMatchObject({ ok: false, message: words })
    expect(await house.connect.reconnect(PERSON, id, { key: 'right-secret' }, signal)).toMatchObject({ ok: true })
    expect(await house.connect.test(PERSON, id, signal)).toMatchObject({ ok: true })
  })

  it('ends the old session, so that the next call uses the new credential', async () => {
    await begin({ strangeCard: STRANGE })
    const connection = await connected('strange', { key: 'right-secret' })
    const keyOf = async () => textOf(await house.call(connection, 'refuse'))
    expect(await keyOf()).toContain('no: [secret]')
    await house.connect.reconnect(PERSON, connection.id, { mode: 'free', key: 'newer-secret' }, signal)
    const now = await house.registry.get(connection.id, PERSON.workspace)
    expect(textOf(await house.call(now ?? connection, 'env'))).not.toContain('right-secret')
    expect(textOf(await house.call(now ?? connection, 'env'))).toContain('"FIXTURE_SECRET":"[secret]"')
  })

  it('does not send a saved secret to another address', async () => {
    await begin({ allow: ['127.0.0.1'] })
    await using first = await startServerProcess('http-old.ts', ['0'])
    await using second = await startServerProcess('http-old.ts', ['0'])
    const url = (port: number) => `http://127.0.0.1:${port}/mcp`
    const { id } = await connected('custom', { url: url(first.port), value: 'Bearer planted' })
    const moved = await house.connect.reconnect(PERSON, id, { url: url(second.port), value: '' }, signal)
    expect(moved).toMatchObject({ ok: true, connection: { credential: undefined } })
    expect(house.secretsKept()).toBe(0)
  })

  it('is not for others', async () => {
    await begin()
    const { id } = await connected('memory')
    expect(await house.connect.reconnect(OTHER, id, {}, signal)).toMatchObject({ ok: false })
    expect(await house.connect.test(OTHER, id, signal)).toMatchObject({ ok: false })
    expect(await house.connect.disconnect(OTHER, id)).toBeUndefined()
    expect(await house.registry.get(id, PERSON.workspace)).toBeDefined()
  })
})

describe('test', () => {
  it('says how it went and notes it', async () => {
    await begin({ strangeCard: STRANGE })
    const { id, credential } = await connected('strange', { key: 'right-secret' })
    expect(await house.connect.test(PERSON, id, signal)).toMatchObject({
      ok: true,
      protocolVersion: '2025-06-18',
      tools: 16,
    })
    await house.credentials.set(credential ?? '', JSON.stringify({ key: 'planted-wrong' }))
    expect(await house.connect.test(PERSON, id, signal)).toMatchObject({
      ok: false,
      message: expect.stringContaining('could not start'),
    })
    expect(await house.registry.get(id, PERSON.workspace)).toMatchObject({
      status: 'failing',
      statusReason: expect.stringContaining('[secret]'),
    })
    await house.credentials.remove(credential ?? '')
    expect(await house.connect.test(PERSON, id, signal)).toMatchObject({
      ok: false,
      message: expect.stringContaining('Reconnect'),
    })
    expect(await house.registry.get(id, PERSON.workspace)).toMatchObject({ status: 'needs_sign_in' })
    await house.credentials.set(credential ?? '', JSON.stringify({ key: 'right-secret' }))
    expect(await house.connect.test(PERSON, id, signal)).toMatchObject({ ok: true })
    expect(await house.registry.get(id, PERSON.workspace)).toMatchObject({
      status: 'connected',
      statusReason: undefined,
    })
  })
})

describe('disconnect', () => {
  it('removes row, secret and process', async () => {
    await begin({ strangeCard: STRANGE })
    const connection = await connected('strange', { key: 'right-secret' })
    await house.call(connection, 'echo')
    const home = join(house.dataDir, 'files', PERSON.workspace, PERSON.user, 'strange', 'strange')
    const pids = noted({ folder: home })
      .filter((line) => line.startsWith('started'))
      .map((line) => Number(line.slice(8)))
    expect(pids.filter(isAlive)).toHaveLength(1)
    expect(await house.connect.disconnect(PERSON, connection.id)).toMatchObject({ name: 'strange' })
    expect(pids.filter(isAlive)).toEqual([])
    await nothingSaved()
    expect(await house.connect.disconnect(PERSON, connection.id)).toBeUndefined()
  })
})

describe('a connection whose card is gone', () => {
  it('fails with a word for it, and can be disconnected', async () => {
    await begin()
    const kept = await connected('memory')
    const orphan = { ...kept, card: 'gone' }
    expect(await house.call(orphan, 'read_graph')).toMatchObject({
      kind: 'failed',
      sent: false,
      message: expect.stringContaining('"gone"'),
    })
    await expect(house.mcp.refresh(orphan, signal)).rejects.toMatchObject({ code: 'card_unknown' })
    expect(await house.connect.disconnect(PERSON, kept.id)).toMatchObject({ id: kept.id })
  })
})

describe('what cards say', () => {
  it('of tools', async () => {
    await begin()
    const { classificationOf } = house.connect
    expect(classificationOf('filesystem', 'write_file')).toEqual({
      class: 'write',
      vouched: true,
      idempotent: true,
      replaces: { argument: 'path', seenWith: 'get_file_info', sign: 'isFile: true' },
    })
    expect(classificationOf('filesystem', 'read_file')).toEqual({ class: 'read', vouched: true, idempotent: true })
    expect(classificationOf('demo-database', 'execute_sql')).toEqual({
      class: 'write',
      vouched: true,
      idempotent: false,
      sql: { argument: 'sql', dialect: 'sqlite' },
    })
    expect(classificationOf('github', 'merge_pull_request')).toEqual({
      class: 'destructive',
      vouched: false,
      idempotent: false,
    })
    expect(classificationOf('everything', 'get-env')).toEqual({ vouched: false, idempotent: false })
    expect(classificationOf('filesystem', 'constructor')).toEqual({ vouched: false, idempotent: false })
    expect(classificationOf('gone', 'x')).toEqual({ vouched: false, idempotent: false })
  })
  it('to people, never how they are started', async () => {
    await begin()
    expect(house.connect.cards()).toHaveLength(globSync('*.yaml', { cwd: join(ROOT, 'run-cards') }).length)
    expect(house.connect.cards('postgres')[0]?.name).toBe('postgres')
    expect(Object.keys(house.connect.card('postgres') ?? {})).not.toContain('server')
  })
})
