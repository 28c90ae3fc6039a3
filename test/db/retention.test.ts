import { expect, test } from 'vitest'
import { z } from 'zod'
import { connectPostgres } from '../../src/db/postgres.ts'
import { createRunId, Principal } from '../../src/ids.ts'
import { createSettings } from '../../src/policy/settings.ts'
import { createRunStore } from '../../src/run/storage/run-store.ts'
import { createTestDatabase, query } from '../support/database.ts'
import { memoryLog } from '../support/log.ts'

const boss = Principal.parse({ workspace: 'TONE', user: 'UBOSS' })

async function open() {
  await using opening = new AsyncDisposableStack()
  const database = opening.use(await createTestDatabase())
  const db = opening.use(connectPostgres(database.url, memoryLog().log))
  const rows = (sql: string, values?: unknown[]) => query(database.url, sql, values)
  const ids = async (table: string) => (await rows(`select id from ${table} order by 1`)).map(({ id }) => String(id))
  const step = (most: { runs: number; rows: number }) =>
    db.call('retention_prune', most, z.object({ runs: z.number(), usage: z.number(), audit: z.number() }))
  const things = opening.move()
  return { db, rows, ids, step, [Symbol.asyncDispose]: () => things.disposeAsync() }
}

test('closed runs go after their workspace’s retention, in small steps, with all that hangs on them', async () => {
  await using at = await open()
  await createSettings(at.db).change(boss, { runRetentionDays: 30 })
  await at.rows("insert into workspaces (workspace_id) values ('TTWO')")
  const run = async (workspace: string, days: number, status: string) => {
    const id = createRunId()
    await at.rows(
      `insert into runs (id, workspace_id, user_id, conversation, dedupe_key, status, closed_at)
       values ($1::uuid, $2, 'U1', $1::text, $1::text, $3, now() - make_interval(days => $4))`,
      [id, workspace, status, days],
    )
    await at.rows(`insert into run_events (run_id, seq, body) values ($1, 1, '{"type": "started"}')`, [id])
    await at.rows(
      `insert into mcp_tool_usage (workspace_id, run_id, tool_name, execution_time_ms, success, executed_at)
       values ($1, $2, 't', 1.5, true, now() - make_interval(days => $3))`,
      [workspace, id, days],
    )
    return id
  }
  const old = [await run('TONE', 33, 'closed'), await run('TONE', 32, 'closed'), await run('TONE', 31, 'closed')]
  const kept = [await run('TONE', 29, 'closed'), await run('TONE', 400, 'suspended'), await run('TTWO', 364, 'closed')]
  const older = await run('TTWO', 366, 'closed')
  expect((await at.step({ runs: 2, rows: 1 })).runs).toBe(2)
  expect(await at.ids('runs')).toHaveLength(5)
  for (let left = 4; left > 0; left--) await at.step({ runs: 2, rows: 1 })
  expect(await at.ids('runs')).toEqual(kept.toSorted())
  const used = (await at.rows('select run_id from mcp_tool_usage')).map(({ run_id }) => run_id)
  for (const gone of [...old, older]) expect(used).not.toContain(gone)
  expect(await at.rows('select count(*)::int as n from run_events')).toEqual([{ n: kept.length }])
  expect(await at.step({ runs: 2, rows: 9 })).toMatchObject({ runs: 0 })
})

test('the audit can be checked after its oldest rows went, and nothing newer can be deleted', async () => {
  await using at = await open()
  await createSettings(at.db).change(boss, { auditRetentionDays: 30 })
  for (const word of ['one', 'two', 'three', 'four'])
    await at.rows("select audit_append('TONE', 'U1', $1, '{}')", [word])
  await at.rows("select audit_append('TTWO', 'U1', 'other', '{}')")
  const broken = async () => (await at.rows("select audit_check('TONE', 0, 9) ->> 'broken' as at"))[0]?.at
  await age(at, ['one', 'two'], 31)
  expect(await broken()).toBeNull()
  expect(await at.step({ runs: 1, rows: 2 })).toMatchObject({ audit: 2 })
  expect(await at.step({ runs: 1, rows: 2 })).toMatchObject({ audit: 1 })
  expect(await at.step({ runs: 1, rows: 2 })).toMatchObject({ audit: 0 })
  expect(await broken()).toBeNull()
  expect((await at.rows('select action from audit_events order by id')).map(({ action }) => action)).toEqual([
    'three',
    'four',
    'other',
  ])
  await expect(at.rows("delete from audit_events where action = 'three'")).rejects.toThrow('append-only')
  await at.rows("select audit_append('TONE', 'U1', 'five', '{}')")
  expect(await broken()).toBeNull()
  await at.rows('alter table audit_events disable trigger all')
  await at.rows("delete from audit_events where action = 'three'")
  expect(await broken(), 'a row after the anchor is missing').not.toBeNull()
})

/** Makes the settings' row and these rows old, as if written so long ago, with hashes that follow. */
async function age({ rows }: Awaited<ReturnType<typeof open>>, actions: string[], days: number): Promise<void> {
  await rows('alter table audit_events disable trigger all')
  await rows(
    `update audit_events set at = at - make_interval(days => $1) where workspace_id = 'TONE' and action = any ($2)`,
    [days, ['settings_changed', ...actions]],
  )
  await rows(`do $$ declare one audit_events; before text := '';
    begin
      for one in select * from audit_events where workspace_id = 'TONE' order by id loop
        update audit_events set previous_hash = before, hash = audit_hash(before, one) where id = one.id returning hash into before;
      end loop;
    end $$`)
  await rows('alter table audit_events enable trigger all')
}

test('everything can be pruned away and the chain still goes on from its anchor', async () => {
  await using at = await open()
  await createSettings(at.db).change(boss, { auditRetentionDays: 30 })
  await age(at, [], 31)
  expect(await at.step({ runs: 1, rows: 9 })).toMatchObject({ audit: 1 })
  expect(await at.ids('audit_events')).toEqual([])
  await at.rows("select audit_append('TONE', 'U1', 'next', '{}')")
  const [anchor] = await at.rows('select hash from audit_anchors')
  expect(await at.rows('select previous_hash from audit_events')).toEqual([{ previous_hash: anchor?.hash }])
  expect(await at.rows("select audit_check('TONE', 0, 9) ->> 'broken' as at")).toEqual([{ at: null }])
})

test('what is kept how long is a setting of the workspace, within bounds', async () => {
  await using at = await open()
  const settings = createSettings(at.db)
  expect(await settings.of(boss.workspace)).toMatchObject({ runRetentionDays: 365, auditRetentionDays: 730 })
  expect(await settings.change(boss, { runRetentionDays: 7 })).toMatchObject({
    runRetentionDays: 7,
    auditRetentionDays: 730,
  })
  expect(await settings.change(boss, { runRetentionDays: null })).toMatchObject({ runRetentionDays: 365 })
  for (const wrong of [{ runRetentionDays: 0 }, { runRetentionDays: 4_000 }, { auditRetentionDays: 29 }])
    await expect(settings.change(boss, wrong)).rejects.toMatchObject({ code: 'input_invalid' })
})

test('a step forgets Slack’s old events and leases nobody gave back', async () => {
  await using at = await open()
  await at.rows("insert into slack_seen_events values ('old', now() - interval '25 hours'), ('new', now())")
  await at.rows(
    "insert into token_refresh_leases values (gen_random_uuid(), 'gone', now() - interval '2 days'), (gen_random_uuid(), 'here', now())",
  )
  await createRunStore(at.db, 'one', memoryLog().log).prune()
  expect(await at.rows('select event_id from slack_seen_events')).toEqual([{ event_id: 'new' }])
  expect(await at.rows('select owner from token_refresh_leases')).toEqual([{ owner: 'here' }])
})
