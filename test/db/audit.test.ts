import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { Db } from '../../src/db/call.ts'
import { connectPostgres } from '../../src/db/postgres.ts'
import { createConnectionId, createRunId, UserId, WorkspaceId } from '../../src/ids.ts'
import { createAuditCheck, findBrokenChains } from '../../src/policy/audit.ts'
import { createRules } from '../../src/policy/rules.ts'
import { createRegistry } from '../../src/registry/registry.ts'
import { createTestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { memoryLog } from '../support/log.ts'

const resources = new AsyncDisposableStack()
let db: Db
let client: Client
beforeAll(async () => {
  const database = resources.use(await createTestDatabase())
  db = resources.use(connectPostgres(database.url, memoryLog().log))
  client = new Client({ connectionString: database.url })
  await client.connect()
  resources.defer(() => client.end())
})
afterAll(() => resources.disposeAsync())

const person = { workspace: WorkspaceId.parse('TAUDIT'), user: UserId.parse('UONE') }

async function acts(...actions: string[]): Promise<unknown[]> {
  const { rows } = await client.query<{ actor: string; action: string; details: unknown }>(
    'select actor, action, details from audit_events where action = any ($1) order by id',
    [actions],
  )
  return rows
}

const start = async (dedupe: string, events: object[] = [{ type: 'started' }]) => {
  const id = createRunId()
  const args = { id, ...person, conversation: dedupe, dedupe_key: dedupe, events, instance: 'one', lease_ms: 30_000 }
  await db.call('run_start', args, z.unknown())
  return id
}

test('a repeat is a row that names what is repeated', async () => {
  const first = await start('TAUDIT:C:1')
  const run = await start(`again:${first}`)
  const call = await start(`again:${first}:call_7`)
  expect(await acts('run_repeated')).toEqual([
    { actor: 'UONE', action: 'run_repeated', details: { run, repeats: first } },
    { actor: 'UONE', action: 'run_repeated', details: { run: call, repeats: first, call: 'call_7' } },
  ])
})

test('a stop is a row, and so is each approval that ends with it', async () => {
  const approval = {
    id: 'stopped-with-its-run-0001',
    approvers: [],
    fourEyes: false,
    expiresAt: '2999-01-01T00:00:00Z',
  }
  const judged = { type: 'judged', call: 'c', hash: 'h', risk: 'write', approval }
  const run = await start('TAUDIT:C:2', [{ type: 'started' }, judged])
  const event = { type: 'stopped', by: 'UTWO', at: 'now' }
  await db.call('run_stop', { workspace: 'TAUDIT', run, event, instance: 'one', lease_ms: 1_000 }, z.unknown())
  expect(await acts('run_stopped', 'approval_stopped')).toEqual([
    {
      actor: 'UTWO',
      action: 'approval_stopped',
      details: { approval: approval.id, run, call: 'c', hash: 'h', requester: 'UONE' },
    },
    { actor: 'UTWO', action: 'run_stopped', details: { run, requester: 'UONE' } },
  ])
})

test('a rule that ends with its connection is named in the row', async () => {
  const registry = createRegistry(db)
  const given = { ...person, card: 'c', inputs: {}, credential: undefined, tools: [], era: {} }
  const { id } = await registry.add({ ...given, id: createConnectionId(), name: 'one' }, 5)
  const rule = await createRules(db).addAlways(person, {
    connection: id,
    tool: 'write',
    definition: 'd',
    reach: { place: 'dm', arguments: [] },
  })
  await registry.remove(person, id)
  expect(await acts('connection_removed')).toMatchObject([{ actor: 'UONE', details: { rules: [{ id: rule.id }] } }])
})

test('a row changed from outside is found, logged and told, whatever part of the chain it stands in', async () => {
  for (const word of ['one', 'two', 'three', 'four'])
    await db.call('audit_append', { workspace: 'TFORGED', actor: 'U1', action: word, details: {} }, z.null())
  const good = new Map<string, number>()
  expect(await findBrokenChains(db, good)).toEqual(new Map())
  expect(good.get('TFORGED')).toBeGreaterThan(0)
  const part = z.object({ last: z.number(), broken: z.number().nullable() })
  const second = await db.call('audit_check', { workspace: 'TFORGED', after: 0, most: 2 }, part)
  expect(await db.call('audit_check', { workspace: 'TFORGED', after: second.last, most: 2 }, part)).toMatchObject({
    broken: null,
  })
  await client.query('alter table audit_events disable trigger all')
  await client.query("update audit_events set details = '{\"a\": 1}' where action = 'three'")
  const { log, text } = memoryLog()
  await using check = createAuditCheck({ db, log })
  expect(check.state()).toBeUndefined()
  check.start()
  await eventually(async () => expect(check.state()).toBe('broken'))
  expect(text()).toContain('the audit was changed from outside')
  expect([...(await findBrokenChains(db)).keys()]).toEqual(['TFORGED'])
})
