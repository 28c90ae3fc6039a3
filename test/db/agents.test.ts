import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAgentId, createAgents } from '../../src/agents/create-agents.ts'
import type { Db } from '../../src/db/call.ts'
import { connectPostgres } from '../../src/db/postgres.ts'
import { connectSupabase } from '../../src/db/supabase.ts'
import { ChannelId, UserId, WorkspaceId } from '../../src/ids.ts'
import { createTestDatabase, query } from '../support/database.ts'
import { memoryLog } from '../support/log.ts'
import { KEYS, startSupabaseLite } from '../support/supabase-lite.ts'

const resources = new AsyncDisposableStack()
const drivers: Record<string, Db> = {}
let rows: (sql: string) => ReturnType<typeof query>

beforeAll(async () => {
  const { url } = resources.use(await createTestDatabase())
  const lite = resources.use(await startSupabaseLite(url))
  drivers.pg = resources.use(connectPostgres(url, memoryLog().log))
  drivers['supabase-js'] = resources.use(
    connectSupabase({ url: lite.url, secretKey: KEYS.secret_key, fetch: lite.fetch }),
  )
  rows = (sql) => query(url, sql)
})
afterAll(() => resources.disposeAsync())

const NOBODY = { people: [], app: 'Patchbay' }
const definitionOf = (name: string, instructions = '') => ({ name, purpose: `is ${name}`, instructions })

describe.each(['pg', 'supabase-js'])('agents through %s', (driver) => {
  const suffix = driver === 'pg' ? 'P' : 'S'
  const person = (user: string, workspace = 'TTEST') => ({
    workspace: WorkspaceId.parse(`${workspace}${suffix}`),
    user: UserId.parse(user),
  })
  const [ANN, BEN, FAR] = [person('UANN'), person('UBEN'), person('UANN', 'TOTHER')]
  const open = (files = []) => {
    const db = drivers[driver]
    if (db === undefined) throw new Error(`${driver} was not started`)
    return createAgents(db, files, [])
  }
  const make = (by: typeof ANN, name: string, id = createAgentId()) =>
    open().save(by, { id, base: undefined, definition: definitionOf(name) }, NOBODY)
  const namesOf = async (by: typeof ANN) => (await open().usable(by)).map(({ name }) => name)

  test('an agent is its maker’s alone until it is shared, and never another workspace’s', async () => {
    const agents = open()
    const { id } = await make(ANN, 'Sharing')
    expect(await namesOf(ANN)).toContain('Sharing')
    expect(await namesOf(BEN)).not.toContain('Sharing')
    expect(await agents.share(BEN, id, true)).toBeUndefined()
    expect(await agents.share(FAR, id, true)).toBeUndefined()
    expect(await agents.share(ANN, id, true)).toMatchObject({ shared: true, owner: 'UANN' })
    expect(await namesOf(BEN)).toContain('Sharing')
    expect(await namesOf(FAR)).not.toContain('Sharing')
    await expect(
      agents.save(BEN, { id, base: 1, definition: definitionOf('Taken over') }, NOBODY),
    ).rejects.toMatchObject({ code: 'not_found' })
    expect(await agents.archive(BEN, id, false)).toBeUndefined()
    expect(await agents.archive(BEN, id, true)).toMatchObject({ name: 'Sharing' })
    expect(await namesOf(ANN)).not.toContain('Sharing')
  })

  test('each save is a version, one form sent twice is one, and an old window changes nothing', async () => {
    const agents = open()
    const { id } = await make(ANN, 'Versioned')
    const edit = { id, base: 1, definition: definitionOf('Versioned', 'anew') }
    expect(await agents.save(ANN, edit, NOBODY)).toMatchObject({ version: 2, instructions: 'anew' })
    expect(await agents.save(ANN, edit, NOBODY)).toMatchObject({ version: 2 })
    await expect(
      agents.save(ANN, { ...edit, definition: definitionOf('Versioned', 'late') }, NOBODY),
    ).rejects.toMatchObject({ code: 'conflict' })
    const versions = await agents.versionsOf(ANN, id)
    expect(versions.map(({ version, definition }) => [version, definition.instructions])).toEqual([
      [2, 'anew'],
      [1, ''],
    ])
    expect(await agents.versionsOf(BEN, id)).toEqual([])
    const [, first] = versions
    if (first) await agents.save(ANN, { id, base: 2, definition: first.definition }, NOBODY)
    expect(await agents.find(ANN, id)).toMatchObject({ version: 3, instructions: '' })
  })

  test('a name is free for a person where none of those they may use has one like it', async () => {
    const agents = open()
    const { id } = await make(ANN, 'Only one')
    await expect(make(ANN, 'only-ONE')).rejects.toMatchObject({ code: 'name_taken' })
    const other = await make(BEN, 'Only 0ne')
    await agents.share(ANN, id, true)
    await expect(make(BEN, 'Onlyone')).rejects.toMatchObject({ code: 'name_taken' })
    await expect(agents.share(BEN, other.id, true)).rejects.toMatchObject({ code: 'name_taken' })
    await agents.archive(ANN, id, false)
    expect(await agents.share(BEN, other.id, true)).toMatchObject({ shared: true })
    await expect(make(ANN, 'Approver')).rejects.toMatchObject({ code: 'input_invalid', field: 'name' })
  })

  test('what was chosen for a channel and by a person ends with the agent, and each channel is offered one once', async () => {
    const agents = open()
    const place = { channel: ChannelId.parse('CHERE'), thread: '1.0' }
    expect(await agents.claimOffer(ANN.workspace, place.channel)).toBe(true)
    expect(await agents.claimOffer(ANN.workspace, place.channel)).toBe(false)
    const agent = await make(ANN, 'Chosen')
    await agents.share(ANN, agent.id, true)
    await agents.setForChannel(BEN, place.channel, agent)
    await agents.setForPerson(BEN, agent.id)
    await agents.setForPerson(ANN, agent.id)
    expect(await agents.choices(BEN, place)).toMatchObject({ channel: agent.id, person: agent.id })
    await agents.share(ANN, agent.id, false)
    expect(await agents.choices(BEN, place)).toMatchObject({ channel: undefined, person: undefined })
    expect(await agents.choices(ANN, place)).toMatchObject({ channel: undefined, person: agent.id })
    await agents.setForPerson(ANN, undefined)
    expect(await agents.choices(ANN, place)).toMatchObject({ person: undefined })
    expect(await agents.claimOffer(ANN.workspace, place.channel)).toBe(false)
  })

  test('a thread goes on with the agent of its newest run', async () => {
    const place = { channel: ChannelId.parse('CTHREAD'), thread: '2.0' }
    expect(await open().choices(ANN, place)).toMatchObject({ thread: undefined, threadName: undefined })
    for (const [at, body] of [{ agent: { id: 'one', name: 'One' } }, { agent: { id: 'two', name: 'Two' } }].entries()) {
      await rows(`with made as (insert into runs (id, workspace_id, user_id, conversation, dedupe_key)
        values (gen_random_uuid(), '${ANN.workspace}', 'UANN', '${ANN.workspace}:CTHREAD:2.0', 'k${suffix}${at}') returning id)
        insert into run_events (run_id, seq, body) select id, 1, '${JSON.stringify({ type: 'started', ...body })}' from made`)
    }
    expect(await open().choices(ANN, place)).toMatchObject({ thread: 'two', threadName: 'Two' })
  })

  test('a thread is muted until somebody says otherwise', async () => {
    const agents = open()
    const place = { channel: ChannelId.parse('CMUTE'), thread: '3.0' }
    expect(await agents.isMuted(ANN.workspace, place)).toBe(false)
    await agents.mute(ANN.workspace, place, true)
    await agents.mute(ANN.workspace, place, true)
    expect(await agents.isMuted(ANN.workspace, place)).toBe(true)
    expect(await agents.isMuted(ANN.workspace, { ...place, thread: '4.0' })).toBe(false)
    await agents.mute(ANN.workspace, place, false)
    expect(await agents.isMuted(ANN.workspace, place)).toBe(false)
  })
})
