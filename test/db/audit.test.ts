import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { Db } from '../../src/db/call.ts'
import { connectPostgres } from '../../src/db/postgres.ts'
import { createConnectionId, createRunId, UserId, WorkspaceId } from '../../src/ids.ts'
import { createAuditCheck } from '../../src/policy/audit/audit-check.ts'
import { parseSeals } from '../../src/policy/audit/audit-seal.ts'
import { verifyAudit } from '../../src/policy/audit/verify-audit.ts'
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
    'select audit_named(workspace_id, to_jsonb(actor)) as actor, action, audit_named(workspace_id, details) as details from audit_events where action = any ($1) order by id',
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

test('every judged, begun and ended call is a row of the person it was done for, written with the event', async () => {
  const target = { connection: createConnectionId(), tool: 'read_file' }
  const judged = { type: 'judged', call: 'c1', target, hash: 'h1', risk: 'read', verdict: 'allow' }
  const called = { type: 'called', call: 'c1' }
  const returned = { type: 'returned', call: 'c1', outcome: 'ok', ms: 12, text: 'secret words', summary: 's' }
  const run = await start('TAUDIT:C:3', [{ type: 'started' }, judged, called, returned])
  const of = { run, call: 'c1', ...target }
  expect(await acts('call_allowed', 'call_made', 'call_returned')).toEqual([
    { actor: 'UONE', action: 'call_allowed', details: { ...of, hash: 'h1', risk: 'read' } },
    { actor: 'UONE', action: 'call_made', details: of },
    { actor: 'UONE', action: 'call_returned', details: { ...of, outcome: 'ok', ms: 12 } },
  ])
})

const append = async (workspace: string, ...words: string[]) => {
  for (const word of words)
    await db.call('audit_append', { workspace, actor: 'U1', action: word, details: {} }, z.null())
}
const rowOf = async (action: string): Promise<number> =>
  Number((await client.query('select id from audit_events where action = $1', [action])).rows[0]?.id)

/** What somebody does who owns the database, and leaves the triggers as they were. */
async function tamper(...statements: string[]): Promise<void> {
  for (const table of ['audit_events', 'audit_anchors']) await client.query(`alter table ${table} disable trigger all`)
  for (const statement of statements) await client.query(statement)
  await client.query('alter table audit_events enable trigger all')
}
/** Makes the hashes of a workspace follow again, as whoever reads the SQL can. */
const rehash = (workspace: string) => `do $$ declare one audit_events; before text := ''; begin
  for one in select * from audit_events where workspace_id = '${workspace}' order by id loop
    update audit_events set previous_hash = before, hash = audit_hash(before, one) where id = one.id returning hash into before;
  end loop; end $$`

test('rows that were changed, rewritten with their hashes, or cut off are found, and never sealed over', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'audit-'))
  resources.defer(() => rm(folder, { recursive: true }))
  const sealsFile = join(folder, 'seals.jsonl')
  const key = 'k'.repeat(43)
  const words = ['one', 'two', 'three', 'four'] as const
  const all = { TFORGED: 'f', THOLED: 'h', TREWRITTEN: 'r', TCUT: 'c', TGONE: 'g', TWHOLE: 'w' }
  for (const [workspace, mark] of Object.entries(all)) await append(workspace, ...words.map((word) => mark + word))
  const { log, text } = memoryLog()
  await using check = createAuditCheck({ db, log, key: async () => key, sealsFile, everyMs: 20 })
  expect(check.state()).toBeUndefined()
  check.start()
  await eventually(async () => expect(check.state()).toBe('ok'))
  await append('TCUT', 'cfive')
  await eventually(async () => expect(await readFile(sealsFile, 'utf8')).toContain(`"row":${await rowOf('cfive')}`))
  expect(text()).toContain('the audit is sealed up to this row')

  const fthree = await rowOf('fthree')
  const [htwo, hthree] = [await rowOf('htwo'), await rowOf('hthree')]
  const rtwo = await rowOf('rtwo')
  const rfour = await rowOf('rfour')
  const cfive = await rowOf('cfive')
  const gfour = await rowOf('gfour')
  await tamper(
    `update audit_events set details = '{"a": 1}' where id = ${fthree}`,
    `delete from audit_events where id = ${htwo}`,
    `update audit_events set actor = 'UOTHER' where id = ${rtwo}`,
    rehash('TREWRITTEN'),
    `delete from audit_events where id = ${cfive}`,
    `delete from audit_events where workspace_id = 'TGONE'`,
    `delete from workspaces where workspace_id = 'TGONE'`,
  )
  const said = async (o: Partial<Parameters<typeof verifyAudit>[1]> = {}) => {
    const verdicts = await verifyAudit(db, { key, seals: [], now: new Date(), ...o })
    return Object.fromEntries(
      verdicts.filter(({ workspace }) => workspace in all).map((one) => [one.workspace, one.text]),
    )
  }
  const faults = {
    TFORGED: expect.stringContaining(`broken at row ${fthree}.`),
    THOLED: expect.stringContaining(`broken at row ${hthree}.`),
    TREWRITTEN: expect.stringContaining(`broken at row ${rfour}.`),
    TCUT: `cut. Row ${cfive} was sealed by the app and is gone.`,
    TGONE: `cut. Row ${gfour} was sealed by the app and is gone.`,
    TWHOLE: expect.stringMatching(/^whole, up to row \d+\.$/),
  }
  expect(await said()).toEqual(faults)
  await eventually(async () => expect(check.state()).toBe('broken'))
  expect(text()).toContain('the audit was changed from outside')
  expect((await said({ key: 'another key' })).TWHOLE).toContain('made with another key')
  // Whoever also removes the seals is found out by those that were written outside.
  await tamper('delete from audit_seals')
  const seals = parseSeals(await readFile(sealsFile, 'utf8')).filter((seal) => seal !== undefined)
  expect(await said({ seals, key: undefined })).toEqual(faults)
  await append('TCUT', 'csix')
  expect((await said({ seals })).TCUT).toBe(faults.TCUT)
})

test('fields that meet in one text have hashes of their own, and old rows keep theirs', async () => {
  const hashOf = async (row: string) =>
    (await client.query(`select audit_hash('p', ${row}::audit_events) as hash`)).rows[0]?.hash
  const at = "'2026-01-01T00:00:00Z'::timestamptz"
  const pair = async (hash: string) => [
    await hashOf(`row(1, 'T1', 'a', 'b|c', '{}'::jsonb, ${at}, '', ${hash})`),
    await hashOf(`row(1, 'T1', 'a|b', 'c', '{}'::jsonb, ${at}, '', ${hash})`),
  ]
  const [one, other] = await pair('null')
  expect(one).toMatch(/^2:[0-9a-f]{64}$/)
  expect(other).not.toBe(one)
  const [old, alike] = await pair("'old'")
  expect(alike).toBe(old)
  // A row in the old form that follows one in the new would be a way back.
  await append('TOLD', 'older', 'newer')
  const part = z.object({ last: z.number(), broken: z.number().nullable() })
  const broken = async () => (await db.call('audit_check', { workspace: 'TOLD', after: 0, most: 9 }, part)).broken
  const [older, newer] = [await rowOf('older'), await rowOf('newer')]
  await tamper(`update audit_events set hash = 'old' where id = ${older}`, rehash('TOLD'))
  expect(await broken(), 'an old row, then a new one').toBeNull()
  await tamper(
    `update audit_events set hash = '2:' where id = ${older}`,
    `update audit_events set hash = 'old' where id = ${newer}`,
    rehash('TOLD'),
  )
  expect(await broken()).toBe(newer)
})
