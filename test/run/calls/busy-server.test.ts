import { expect, test } from 'vitest'
import type { ToolOutcome } from '../../../src/mcp/requests/outcome.ts'
import { createTestDatabase, query } from '../../support/database.ts'
import { eventually } from '../../support/eventually.ts'
import { requests, says, startWorker } from '../start-worker.ts'
import { origin } from '../states.ts'

const busy = (afterMs: number): ToolOutcome => ({
  kind: 'failed',
  why: 'busy',
  message: 'Shop gets too many requests.',
  sent: false,
  ms: 1,
  afterMs,
})
const sold: ToolOutcome = { kind: 'ok', content: [{ type: 'text', text: 'sold' }], ms: 1 }

/** A worker whose server answers with these outcomes, one after the other. */
function startBusy(url: string, outcomes: ToolOutcome[]) {
  let calls = 0
  const worker = startWorker({
    url,
    vouched: true,
    outcome: () => outcomes[calls++] ?? sold,
    turn: async (asked) =>
      asked.includes('please') ? requests('sell_1') : says(asked.includes('sold') ? 'Sold.' : 'Not sold.'),
  })
  return { worker, calls: () => calls }
}

test('a call that a busy server turns away rests without a process, and goes out again in time', async () => {
  await using database = await createTestDatabase()
  const { worker, calls } = startBusy(database.url, [busy(20_000)])
  await using _ = worker
  await worker.runs.begin()
  const { run } = await worker.ask('please sell')
  await eventually(async () =>
    expect(await query(database.url, 'select status, owner, wake_at > now() as later from runs')).toEqual([
      { status: 'suspended', owner: null, later: true },
    ]),
  )
  const state = await worker.runs.state(run, origin.workspace)
  expect(state?.calls[0]).toMatchObject({ stage: 'approved', waits: { why: 'shop gets too many requests', times: 1 } })
  expect(calls()).toBe(1)
  // Time passes, also for what is told in the run's events.
  const past = new Date(Date.now() - 1_000).toISOString()
  await query(
    database.url,
    "update run_events set body = body || jsonb_build_object('until', $1::text) where type = 'waiting'",
    [past],
  )
  await query(database.url, 'update runs set wake_at = now()')
  await eventually(async () => expect((await worker.runs.state(run, origin.workspace))?.status).toBe('finished'))
  expect((await worker.runs.state(run, origin.workspace))?.answer).toBe('Sold.')
  expect(calls()).toBe(2)
})

test('a run that waits for a busy server is stopped at once', async () => {
  await using database = await createTestDatabase()
  const { worker, calls } = startBusy(database.url, [busy(3_600_000)])
  await using _ = worker
  const { run } = await worker.ask('please sell')
  await eventually(async () =>
    expect(await query(database.url, "select from runs where status = 'suspended'")).toHaveLength(1),
  )
  expect(await worker.runs.stop(run, { workspace: origin.workspace, user: origin.user })).toBe('stopped')
  await eventually(async () =>
    expect(await query(database.url, "select from runs where status = 'closed'")).toHaveLength(1),
  )
  expect((await worker.runs.state(run, origin.workspace))?.calls[0]?.stage).toBe('cancelled')
  expect(calls()).toBe(1)
})

test('a server that turns the same call away for ever is given up', async () => {
  await using database = await createTestDatabase()
  const { worker, calls } = startBusy(
    database.url,
    Array.from({ length: 20 }, () => busy(0)),
  )
  await using _ = worker
  await worker.runs.begin()
  const { run } = await worker.ask('please sell')
  await eventually(
    async () => expect((await worker.runs.state(run, origin.workspace))?.status).toBe('finished'),
    30_000,
  )
  expect(await worker.runs.state(run, origin.workspace)).toMatchObject({
    answer: 'Not sold.',
    calls: [{ stage: 'failed', retryable: true, waits: { times: 5 } }],
  })
  expect(calls()).toBe(6)
})
