import { createClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Db } from '../../src/db/call.ts'
import { checkSchema } from '../../src/db/migrate.ts'
import { connectPostgres } from '../../src/db/postgres.ts'
import { connectSupabase } from '../../src/db/supabase.ts'
import { createConnectionId, createRunId, Principal, UserId, WorkspaceId } from '../../src/ids.ts'
import { createRules } from '../../src/policy/rules.ts'
import { createCatalogue, type NewCatalogueRow } from '../../src/registry/catalogue.ts'
import type { NewConnection } from '../../src/registry/connection.ts'
import type { RegistryEntry } from '../../src/registry/entry.ts'
import { createInstallationRows, type Installation } from '../../src/registry/installations.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { createTestDatabase } from '../support/database.ts'
import { memoryLog } from '../support/log.ts'
import { MIGRATIONS } from '../support/paths.ts'
import { KEYS, startSupabaseLite } from '../support/supabase-lite.ts'

const resources = new AsyncDisposableStack()
const drivers: Record<string, Db> = {}
let lite: Awaited<ReturnType<typeof startSupabaseLite>>

beforeAll(async () => {
  const database = resources.use(await createTestDatabase())
  lite = resources.use(await startSupabaseLite(database.url))
  drivers.pg = resources.use(connectPostgres(database.url, memoryLog().log))
  drivers['supabase-js'] = resources.use(
    connectSupabase({ url: lite.url, secretKey: KEYS.secret_key, fetch: lite.fetch }),
  )
})
afterAll(() => resources.disposeAsync())

const person = (user: string): Principal => Principal.parse({ workspace: 'TTEST', user })

const connection = (who: Principal, name: string): NewConnection => ({
  id: createConnectionId(),
  ...who,
  name,
  card: 'filesystem',
  inputs: { folder: 'ümläut "quotes" \\ and \n lines' },
  credential: undefined,
  tools: [
    {
      name: 'list',
      description: 'lists',
      inputSchema: { type: 'object', properties: {} },
      annotations: { readOnlyHint: true },
    },
  ],
  era: { kind: 'legacy' },
})

describe.each(['pg', 'supabase-js'])('db.call through %s', (name) => {
  const db = (): Db => {
    const found = drivers[name]
    if (!found) throw new Error(`${name} was not started`)
    return found
  }
  const user = `U${name.toUpperCase().replace(/\W/g, '')}`

  test('the schema is the one this version wants', async () => {
    await expect(checkSchema(db(), MIGRATIONS)).resolves.toBeUndefined()
  })

  test('a connection comes back as it was saved', async () => {
    const registry = createRegistry(db())
    const given = connection(person(`${user}1`), 'files')
    const saved = await registry.add(given, 10)
    expect(saved).toMatchObject({ ...given, status: 'connected', usageCount: 0, lastUsed: undefined })
    expect(saved.createdAt).toBeInstanceOf(Date)
    expect(await registry.find(person(`${user}1`), 'FILES')).toEqual(saved)
    expect(await registry.get(given.id, given.workspace)).toEqual(saved)
    expect(await registry.connectionsOf(person(`${user}1`))).toEqual([saved])
    expect(await registry.connectionsOf(person('UNOBODY'))).toEqual([])
  })

  test('a taken name and a full house are told apart', async () => {
    const registry = createRegistry(db())
    const who = person(`${user}2`)
    await registry.add(connection(who, 'one'), 2)
    await expect(registry.add(connection(who, 'ONE'), 2)).rejects.toMatchObject({
      code: 'name_taken',
      message: expect.stringContaining('"ONE"'),
    })
    await registry.add(connection(who, 'two'), 2)
    await expect(registry.add(connection(who, 'three'), 2)).rejects.toMatchObject({
      code: 'limit_reached',
      message: expect.stringContaining('2 connections'),
    })
  })

  test('two submits at once do not both find the last place', async () => {
    const registry = createRegistry(db())
    const who = person(`${user}3`)
    const outcomes = await Promise.allSettled(
      ['a', 'b', 'c', 'd'].map((each) => registry.add(connection(who, each), 1)),
    )
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1)
  })

  test('what is changed and removed is only the owner’s', async () => {
    const registry = createRegistry(db())
    const who = person(`${user}4`)
    const made = await registry.add(connection(who, 'mine'), 10)
    const { id, workspace } = made
    await registry.setStatus(made, 'failing', 'it does not answer')
    expect(await registry.get(id, workspace)).toMatchObject({ status: 'failing', statusReason: 'it does not answer' })
    await registry.replace(made, { inputs: { a: 'b' }, credential: `connection/${id}`, tools: [], era: {} })
    expect(await registry.get(id, workspace)).toMatchObject({
      status: 'connected',
      statusReason: undefined,
      inputs: { a: 'b' },
      credential: `connection/${id}`,
    })
    expect(await registry.remove(person('UOTHER'), id)).toBeUndefined()
    expect(await registry.remove(who, id)).toMatchObject({ id })
    expect(await registry.remove(who, id)).toBeUndefined()
    await expect(
      registry.replace(made, { inputs: {}, credential: undefined, tools: [], era: {} }),
    ).rejects.toMatchObject({ code: 'not_found' })
  })

  test('a registry is read by one at a time, and its entries are found by words and by letters', async () => {
    const catalogue = createCatalogue(db(), `https://registry.${user.toLowerCase()}.dev`)
    if (catalogue === undefined) throw new Error('there is no catalogue')
    const entry: RegistryEntry = {
      name: `dev.${user.toLowerCase()}/weather`,
      version: '1.0.0',
      title: 'Weather “ümläut”',
      description: 'Forecasts',
      url: 'https://mcp.acme.dev/mcp',
      headers: {},
      inputs: [],
    }
    const searchText = `weather ${entry.name} forecasts`
    const row: NewCatalogueRow = {
      entry,
      status: 'active',
      verified: true,
      searchText,
      updatedAt: new Date(),
    }
    expect(await catalogue.claim('one', 60_000)).toEqual({ since: undefined, fullAgeMs: undefined, failures: 0 })
    expect(await catalogue.claim('two', 60_000), 'another has it').toBeUndefined()
    expect(await catalogue.savePage('two', 60_000, { rows: [row], gone: [] })).toBe(false)
    expect(await catalogue.savePage('one', 60_000, { rows: [row], gone: ['a/b'] })).toBe(true)
    const since = new Date('2026-11-25T10:00:00Z')
    await catalogue.finishSync('one', { since, full: true, againMs: 0 })
    expect(await catalogue.claim('two', 60_000)).toMatchObject({ since, fullAgeMs: expect.any(Number) })
    await catalogue.postpone('two', { failures: 3, againMs: 60_000 })
    expect(await catalogue.claim('one', 60_000), 'not due').toBeUndefined()
    expect(await catalogue.get(entry.name)).toEqual({ entry, status: 'active', verified: true, popularity: 0 })
    expect(await catalogue.get('no/such')).toBeUndefined()
    const who = person(`${user}9`)
    const made = await createRegistry(db()).add({ ...connection(who, 'sky'), card: entry.name, entry }, 10)
    const changed = { inputs: {}, credential: undefined, tools: [], era: {} }
    expect(await createRegistry(db()).replace(made, changed)).toMatchObject({ entry, inputs: {} })
    const byWords = await catalogue.find(who.workspace, {
      patterns: [user.toLowerCase(), 'rain|forecasts'],
      words: [],
      limit: 9,
    })
    expect(byWords.rows).toEqual([{ entry, status: 'active', verified: true, popularity: 1 }])
    expect(byWords).toMatchObject({ inWorkspace: { [entry.name]: 1 }, synced: true })
    const byLetters = await catalogue.find(who.workspace, { patterns: ['wheater'], words: ['wheater'], limit: 9 })
    expect(byLetters.rows.map((one) => one.entry.title)).toContain(entry.title)
    expect((await catalogue.find(who.workspace, { patterns: ['snow'], words: ['snow'], limit: 9 })).rows).toEqual([])
  })

  test('an installation is replaced, and removed only by the credential it has', async () => {
    const rows = createInstallationRows(db())
    const by = UserId.parse(user)
    const given: Installation = {
      workspace: WorkspaceId.parse(`T${user}`),
      name: 'Ümläut & Söhne',
      enterprise: false,
      bot: 'B1',
      botUser: UserId.parse('UBOT'),
      by,
      credential: 'slack/1',
    }
    expect(await rows.of(given.workspace)).toBeUndefined()
    expect(await rows.save(given)).toBeUndefined()
    expect(await rows.of(given.workspace)).toEqual(given)
    const next = { ...given, name: 'Söhne', enterprise: true, credential: 'slack/2' }
    expect(await rows.save(next)).toBe('slack/1')
    expect(await rows.remove(given), 'it was installed anew').toBe(false)
    expect(await rows.of(given.workspace)).toEqual(next)
    expect(await rows.remove(next)).toBe(true)
    expect(await rows.remove(next)).toBe(false)
    expect(await rows.of(given.workspace)).toBeUndefined()
  })

  test('everything a workspace connected is forgotten, and nothing of others', async () => {
    const registry = createRegistry(db())
    const left = { workspace: WorkspaceId.parse(`TLEFT${user}`), user: UserId.parse(user) }
    const mine = await registry.add(connection(left, 'one'), 10)
    const also = await registry.add(connection({ ...left, user: UserId.parse('UALSO') }, 'two'), 10)
    const other = await registry.add(connection(person(`${user}7`), 'three'), 10)
    expect(await registry.connectionsIn(left.workspace)).toEqual([mine, also])
    const gone = await registry.forgetAll(left)
    expect(gone.map(({ id }) => id).sort()).toEqual([mine.id, also.id].sort())
    expect(await registry.forgetAll(left)).toEqual([])
    expect(await registry.get(mine.id, mine.workspace)).toBeUndefined()
    expect(await registry.get(other.id, other.workspace)).toEqual(other)
  })

  test('all open runs of a workspace are stopped at once, or those of some teams', async () => {
    const workspace = `TOPEN${user}`
    const start = (id: string, teamId: string) =>
      db().call(
        'run_start',
        {
          id,
          workspace,
          user,
          conversation: `${workspace} ${id}`,
          dedupe_key: `${workspace} ${id}`,
          events: [{ type: 'started', origin: { teamId } }],
          instance: 'one',
          lease_ms: 30_000,
        },
        z.object({ run: z.string() }),
      )
    const [ended, ofTeam, other] = [createRunId(), createRunId(), createRunId()]
    await start(ended, 'TTEAM')
    await start(ofTeam, 'TTEAM')
    await start(other, 'TOTHER')
    const event = { type: 'stopped', by: user, at: '2026-01-01T00:00:00Z' }
    const stop = (of: string, teams: string[] | null) =>
      db().call('runs_stop', { workspace: of, teams, event }, z.array(z.string()))
    await db().call('run_stop', { workspace, run: ended, event, instance: 'one', lease_ms: 1_000 }, z.unknown())
    expect(await stop('TNOBODY', null)).toEqual([])
    expect(await stop(workspace, ['TTEAM'])).toEqual([ofTeam])
    expect(await stop(workspace, null)).toEqual([other])
    expect(await stop(workspace, null)).toEqual([])
  })

  test('rules: always, once per tool, and revoked', async () => {
    const rules = createRules(db())
    const who = person(`${user}5`)
    const { id } = await createRegistry(db()).add(connection(who, 'ruled'), 10)
    const reach = { place: 'dm', arguments: [{ name: 'path', value: 'notes/', inFolder: true as const }] }
    const narrow = { connection: id, tool: 'write', reach }
    const first = await rules.addAlways(who, { ...narrow, definition: 'd1' })
    const second = await rules.addAlways(who, { ...narrow, definition: 'd2' })
    const other = await rules.addAlways(who, { ...narrow, definition: 'd2', reach: { place: 'COPS', arguments: [] } })
    expect(second.reach).toEqual(reach)
    expect(await rules.revoke(who, other.id)).toMatchObject({ reach: { place: 'COPS' } })
    expect(second).toMatchObject({ id: first.id, definition: 'd2', connectionName: 'ruled', verdict: 'allow' })
    expect((await rules.rulesFor(who)).filter((rule) => rule.scope === 'person')).toEqual([second])
    expect((await rules.policyFor(who)).rules.filter((rule) => rule.scope === 'person')).toEqual([second])
    expect(await rules.revoke(person('UOTHER'), first.id)).toBeUndefined()
    expect(await rules.revoke(who, first.id)).toMatchObject({ id: first.id })
    await expect(rules.addAlways(person('UOTHER'), { ...narrow, definition: 'd' })).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  test('approvers', async () => {
    const rules = createRules(db())
    const boss = person(`${user}6`)
    await rules.setApprovers(boss.workspace, boss.user, [boss.user])
    expect(await rules.approversOf(boss.workspace)).toEqual([boss.user])
    expect((await rules.policyFor(boss)).approvers).toEqual([boss.user])
    await rules.setApprovers(boss.workspace, boss.user, [])
    expect(await rules.approversOf(boss.workspace)).toEqual([])
  })

  test('one run per message, fenced appends, one settled approval', async () => {
    const run = createRunId()
    const started = { type: 'started', note: `it's "quoted" \\ ${name}` }
    const start = (id: string) =>
      db().call(
        'run_start',
        {
          id,
          workspace: 'TTEST',
          user,
          conversation: `conversation ${name}`,
          dedupe_key: `dedupe ${name}`,
          events: [started],
          instance: 'one',
          lease_ms: 30_000,
        },
        z.object({ run: z.string(), fresh: z.boolean(), fence: z.number().nullable() }),
      )
    expect(await start(run)).toEqual({ run, fresh: true, fence: 1 })
    expect(await start(createRunId())).toMatchObject({ run, fresh: false, fence: null })
    const append = (fence: number, seq: number, events: unknown[]) =>
      db().call('run_append', { run, fence, seq, events, lease_ms: 1_000 }, z.unknown())
    expect(await append(1, 1, [{ type: 'a' }])).toEqual({ kind: 'appended', seq: 2 })
    expect(await append(1, 1, [{ type: 'a' }]), 'the same append, whose answer was lost').toEqual({
      kind: 'appended',
      seq: 2,
    })
    expect(await append(1, 1, [{ type: 'b' }])).toEqual({ kind: 'taken', seq: 2 })
    expect(await append(0, 2, [{ type: 'b' }])).toEqual({ kind: 'lost' })
    const judged = {
      type: 'judged',
      call: 'c',
      hash: 'h',
      approval: { id: `approval-${name}`, approvers: ['UA'], fourEyes: false, expiresAt: '2999-01-01T00:00:00Z' },
    }
    await append(1, 2, [judged])
    const decide = (by: string, status: string) =>
      db().call(
        'approval_decide',
        {
          workspace: 'TTEST',
          id: `approval-${name}`,
          status,
          by,
          event: { type: 'answered', call: 'c', decision: status, at: 'now' },
          instance: 'two',
          lease_ms: 1_000,
        },
        z.object({ kind: z.string(), decision: z.string(), by: z.string().nullable() }),
      )
    const outcomes = await Promise.all([decide('UA', 'approved'), decide('UB', 'denied'), decide('UC', 'approved')])
    expect(outcomes.filter((outcome) => outcome.kind === 'settled')).toHaveLength(1)
    expect(new Set(outcomes.map((outcome) => `${outcome.decision} ${outcome.by}`)).size).toBe(1)
    const read = await db().call(
      'run_read',
      { run, fence: 1, after: 0 },
      z.object({ events: z.array(z.looseObject({ type: z.string() })) }),
    )
    expect(read.events[0]).toEqual(started)
    expect(read.events.map((event) => event.type)).toEqual(['started', 'a', 'judged', 'answered'])
  })

  test('what is asked of a person settles once, and only by them', async () => {
    const run = createRunId()
    const started = { type: 'started', origin: {}, text: '' }
    const event = (input: string) => ({
      type: 'asked_input',
      call: 'c',
      input,
      person: 'UA',
      request: { kind: 'url' },
      resume: { how: 'answer' },
      expiresAt: input.startsWith('late') ? '2020-01-01T00:00:00Z' : '2999-01-01T00:00:00Z',
    })
    const named = (which: string) => `${which}-${name}`
    const input = {
      id: run,
      workspace: 'TTEST',
      user: 'UA',
      conversation: named('input conversation'),
      dedupe_key: named('input'),
    }
    const events = [started, ...['first', 'second', 'late', 'later'].map((which) => event(named(which)))]
    await db().call('run_start', { ...input, events, instance: 'one', lease_ms: 30_000 }, z.unknown())
    const give = (which: string, by: string, action: string, instance: string | null = 'two') => {
      const given = { type: 'given_input', call: 'c', input: named(which), action, at: 'now' }
      const args = { workspace: 'TTEST', id: named(which), run, by, action, event: given, instance, lease_ms: 1_000 }
      return db().call('input_answer', args, z.looseObject({ kind: z.string() }))
    }
    const open = async () =>
      (
        await db().call(
          'inputs_pending',
          { workspace: 'TTEST', user: 'UA' },
          z.array(z.looseObject({ input: z.string() })),
        )
      )
        .map((one) => one.input)
        .filter((one) => one.endsWith(name))
    expect(await open()).toEqual([named('first'), named('second')])
    expect(await give('first', 'UB', 'accept')).toEqual({ kind: 'not_yours', person: 'UA' })
    const outcomes = await Promise.all([give('first', 'UA', 'accept'), give('first', 'UA', 'decline')])
    expect(outcomes.map((outcome) => outcome.kind).sort()).toEqual(['already', 'settled'])
    expect(new Set(outcomes.map((outcome) => outcome.action)).size).toBe(1)
    expect(await give('late', 'UA', 'accept')).toMatchObject({ kind: 'already', action: 'expired', by: null })
    expect(await give('none', 'UA', 'accept')).toEqual({ kind: 'gone' })
    const expired = await db().call('input_expire', { at: 'now', skip: [] }, z.unknown())
    expect(expired).toEqual({ id: named('later'), failed: null })
    expect(await give('later', 'UA', 'accept')).toMatchObject({ kind: 'already', action: 'expired' })
    const stop = { type: 'stopped', by: 'UA', at: 'now' }
    await db().call('run_stop', { workspace: 'TTEST', run, event: stop, instance: 'two', lease_ms: 1_000 }, z.unknown())
    expect(await open()).toEqual([])
    expect(await give('second', 'UA', 'accept')).toMatchObject({ kind: 'already', action: 'over' })
  })

  test('an unknown function and an unexpected answer are errors of ours, not the person’s', async () => {
    await expect(db().call('no_such_function', {}, z.null())).rejects.toThrow(/database/i)
    await expect(db().call('schema_version', {}, z.number())).rejects.toMatchObject({ code: 'database_failed' })
  })
})

test('a caller with the publishable key gets nothing', async () => {
  const anonymous = createClient(lite.url, KEYS.publishable_key, {
    auth: { persistSession: false },
    global: { fetch: lite.fetch },
  })
  const rpc = await anonymous.schema('patchbay').rpc('connections_of', { p_workspace: 'TTEST', p_user: 'UPG1' })
  expect(rpc.error).not.toBeNull()
  expect(rpc.data).toBeNull()
  const rows = await anonymous.schema('patchbay').from('mcp_connections').select('*')
  expect(rows.data ?? []).toEqual([])
})

test('a Supabase project that does not offer our schema stops the start, and the message names the setting', async () => {
  await using database = await createTestDatabase()
  await using closed = await startSupabaseLite(database.url, ['public'])
  await using db = connectSupabase({ url: closed.url, secretKey: KEYS.secret_key, fetch: closed.fetch })
  await expect(checkSchema(db, MIGRATIONS)).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.stringMatching(/add patchbay to the exposed schemas/),
  })
})

test('a database that is away is told from a call that is wrong', async () => {
  await using away = connectPostgres('postgres://nobody@127.0.0.1:1/none', memoryLog().log)
  await expect(away.call('schema_version', {}, z.string())).rejects.toMatchObject({ code: 'database_unavailable' })
  await using gone = connectSupabase({ url: 'http://127.0.0.1:1', secretKey: KEYS.secret_key })
  await expect(gone.call('schema_version', {}, z.string())).rejects.toMatchObject({ code: 'database_unavailable' })
})
