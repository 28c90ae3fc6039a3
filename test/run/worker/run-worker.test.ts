import { expect, test } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { type RunId, UserId } from '../../../src/ids.ts'
import type { JsonValue } from '../../../src/json.ts'
import type { RunState } from '../../../src/run/state/state.ts'
import { createTestDatabase, query } from '../../support/database.ts'
import { eventually } from '../../support/eventually.ts'
import { requests, says, startWorker, type Turn } from '../start-worker.ts'
import { origin } from '../states.ts'

const eventsOf = async (url: string, run: RunId): Promise<unknown[]> =>
  (await query(url, "select body ->> 'type' as type from run_events where run_id = $1 order by seq", [run])).map(
    ({ type }) => type,
  )
const statusOf = async (url: string, run: RunId) =>
  (await query(url, 'select status from runs where id = $1', [run]))[0]?.status
const textsIn = (states: RunState[]) => states.map(({ text }) => text)

test.each([
  ['a view', new TypeError('no such field')],
  ['the database', new AppError('database_failed', 'no such function')],
])(
  'a run that a defect of %s keeps from being shown is told in plain words, closed, and its conversation goes on',
  async (_, defect) => {
    await using database = await createTestDatabase()
    const view = ({ text }: RunState) => {
      if (text === 'broken') throw defect
    }
    await using worker = startWorker({ url: database.url, view })
    const { run } = await worker.ask('broken')
    await worker.ask('next')
    await eventually(() => expect(textsIn(worker.shown)).toEqual(['next']))
    expect(textsIn(worker.plain)).toEqual(['broken'])
    expect(await statusOf(database.url, run)).toBe('closed')
    expect(worker.log()).toContain(defect.message)
  },
)

test('a run that waits for a decision nobody can be shown fails, and its conversation goes on', async () => {
  await using database = await createTestDatabase()
  const view = ({ calls, status }: RunState) => {
    if (status === 'working' && calls.some(({ approval }) => approval)) throw new TypeError('no such field')
  }
  const turn: Turn = async (asked) => (asked.includes('sell') ? requests('a') : says('Done.'))
  await using worker = startWorker({ url: database.url, view, turn })
  await worker.ask('sell it')
  await worker.ask('next')
  await eventually(() => expect(textsIn(worker.shown)).toEqual(['sell it', 'next']))
  expect(worker.shown[0]).toMatchObject({ status: 'failed', failure: { code: 'internal' } })
})

test('while Slack is away a run is tried again, and a stop ends the tries', async () => {
  await using database = await createTestDatabase()
  let tries = 0
  const view = ({ text, stoppedBy }: RunState) => {
    if (text !== 'away') return
    tries += 1
    if (stoppedBy === undefined) throw new AppError('slack_failed', 'Slack is away.')
    throw new TypeError('and now a defect')
  }
  await using worker = startWorker({ url: database.url, view })
  const { run } = await worker.ask('away')
  await worker.ask('next')
  await eventually(() => expect(tries).toBe(1))
  expect(await statusOf(database.url, run)).toBe('working')
  await eventually(async () => expect(await worker.runs.stop(run, origin)).toBe('stopped'))
  await eventually(() => expect(textsIn(worker.shown)).toEqual(['next']))
  expect(await worker.runs.stop(run, origin)).toBe('over')
  expect(await query(database.url, 'select outcome from runs where id = $1', [run])).toEqual([{ outcome: 'finished' }])
})

/** A run that waits for a decision and one event of which no version knows, with a request behind it. */
async function startUnreadable(url: string, { seq, changed }: { seq: number; changed: Date }) {
  const turn: Turn = async (asked) => (asked.includes('sell') ? requests('a') : says('Done.'))
  const before = startWorker({ url, turn })
  const { run } = await before.ask('sell it')
  await eventually(async () => expect(await statusOf(url, run)).toBe('suspended'))
  await before.ask('next')
  await before[Symbol.asyncDispose]()
  const at = JSON.stringify({ at: changed.toISOString() })
  await query(url, 'update run_events set body = body || $2::jsonb where run_id = $1', [run, at])
  await query(
    url,
    `update run_events set body = body || '{"type": "of another time"}' where run_id = $1 and seq = $2`,
    [run, seq],
  )
  await query(url, "update runs set status = 'working' where id = $1", [run])
  return { run, turn }
}

const HOURS_MS = 3_600_000

test.each([
  ['told in plain words', 2, ['sell it']],
  ['told to nobody where it came from nobody knows where', 1, []],
])('a run that could not be read for an hour is closed and %s', async (_how, seq, told) => {
  await using database = await createTestDatabase()
  const changed = new Date(Date.now() - 2 * HOURS_MS)
  const { run, turn } = await startUnreadable(database.url, { seq, changed })
  await using worker = startWorker({ url: database.url, turn })
  await worker.runs.begin()
  await eventually(() => expect(textsIn(worker.shown)).toEqual(['next']))
  expect(worker.shown[0]?.status).toBe('finished')
  expect(textsIn(worker.plain)).toEqual(told)
  expect(await query(database.url, 'select status, outcome from runs where id = $1', [run])).toEqual([
    { status: 'closed', outcome: 'failed' },
  ])
  expect(worker.log()).toContain('given up on a run that cannot be read')
})

test('a run that cannot be read is left to others for a while, and a stop ends it at once', async () => {
  await using database = await createTestDatabase()
  const { run, turn } = await startUnreadable(database.url, { seq: 2, changed: new Date() })
  await using worker = startWorker({ url: database.url, turn })
  await worker.runs.begin()
  await eventually(() => expect(worker.log()).toContain('run cannot be read'))
  expect(await statusOf(database.url, run)).toBe('working')
  expect(await worker.runs.stop(run, { workspace: origin.workspace, user: UserId.parse('UBOB') })).toBe('not_yours')
  expect(await worker.runs.stop(run, origin)).toBe('stopped')
  await eventually(() => expect(textsIn(worker.shown)).toEqual(['next']))
  expect(textsIn(worker.plain)).toEqual(['sell it'])
  expect(await query(database.url, 'select status, outcome from runs where id = $1', [run])).toEqual([
    { status: 'closed', outcome: 'stopped' },
  ])
})

test('a run that rested is no takeover, one whose instance died is', async () => {
  await using database = await createTestDatabase()
  const turn: Turn = async (asked) => (asked.includes('sell') ? requests('a') : says('Done.'))
  await using worker = startWorker({ url: database.url, turn })
  const { run } = await worker.ask('sell it')
  await eventually(async () => expect(await statusOf(database.url, run)).toBe('suspended'))
  const [pending] = await worker.runs.pendingFor(origin)
  if (pending?.call.approval === undefined) throw new Error('nothing waits')
  const decision = { approval: pending.call.approval.id, by: origin, decision: 'approved' as const, always: false }
  await worker.runs.answer(decision)
  await eventually(async () => expect(await statusOf(database.url, run)).toBe('closed'))
  expect(worker.shown.at(-1)).toMatchObject({ status: 'finished', recovered: false })

  const { run: other } = await worker.ask('sell more', '2')
  await eventually(async () => expect(await statusOf(database.url, other)).toBe('suspended'))
  await query(database.url, "update runs set status = 'working', owner = 'dead', fence = fence + 1 where id = $1", [
    other,
  ])
  await query(database.url, 'select run_load($1, (select fence from runs where id = $1))', [other])
  await query(database.url, "update runs set lease_until = now() - interval '1 hour' where id = $1", [other])
  await worker.runs.begin()
  await eventually(() => expect(worker.shown.at(-1)).toMatchObject({ text: 'sell more', recovered: true }))
})

test('a lease lost in a step ends the step, and nothing of it is written', async () => {
  await using database = await createTestDatabase()
  const step = Promise.withResolvers<AbortSignal>()
  const turn: Turn = async (_asked, signal) => {
    step.resolve(signal)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    return says('too late')
  }
  await using worker = startWorker({ url: database.url, turn })
  await worker.runs.begin()
  const { run } = await worker.ask('hello')
  const signal = await step.promise
  await query(
    database.url,
    "update runs set fence = fence + 1, owner = 'another', lease_until = now() + interval '1 hour' where id = $1",
    [run],
  )
  await eventually(() => expect(signal.aborted).toBe(true))
  await eventually(() => expect(worker.released).toEqual([run]))
  expect(await eventsOf(database.url, run)).toEqual(['started'])
  expect(worker.shown).toEqual([])
})

test('a stop between the approval and the call keeps the call from going out', async () => {
  await using database = await createTestDatabase()
  const atCall = Promise.withResolvers<void>()
  const stopped = Promise.withResolvers<void>()
  let [policies, calls] = [0, 0]
  // The rules are read when the call is judged, when it is approved, and once more right before it goes out.
  const policyFor = async () => {
    policies += 1
    if (policies < 3) return
    atCall.resolve()
    await stopped.promise
  }
  const call = () => {
    calls += 1
  }
  await using worker = startWorker({ url: database.url, turn: async () => requests('a'), policyFor, call })
  const { run } = await worker.ask('sell it')
  const waiting = await eventually(() => {
    const id = worker.shown[0]?.calls[0]?.approval?.id
    if (id === undefined) throw new Error('nobody is asked yet')
    return id
  })
  expect(await worker.runs.answer({ approval: waiting, by: origin, decision: 'approved' })).toEqual({ kind: 'settled' })
  await atCall.promise
  expect(await worker.runs.stop(run, origin)).toBe('stopped')
  stopped.resolve()
  await eventually(async () => expect(await statusOf(database.url, run)).toBe('closed'))
  expect(calls).toBe(0)
  expect(await eventsOf(database.url, run)).toEqual(['started', 'replied', 'judged', 'answered', 'stopped'])
})

test('the answer of a call that happened is kept where it cannot be shaped', async () => {
  await using database = await createTestDatabase()
  const structured: JsonValue = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`)
  const content = [{ type: 'image' as const, mimeType: 'image/png', data: '' }]
  const turn: Turn = async (asked) => (asked.includes('sell it') ? requests('a') : says('Done.'))
  await using worker = startWorker({ url: database.url, turn, outcome: { kind: 'ok', content, structured, ms: 1 } })
  const { run } = await worker.ask('sell it')
  await eventually(async () => expect(await statusOf(database.url, run)).toBe('suspended'))
  const [pending] = await worker.runs.pendingFor(origin)
  if (pending?.call.approval === undefined) throw new Error('nothing waits')
  await worker.runs.answer({ approval: pending.call.approval.id, by: origin, decision: 'approved' })
  await eventually(async () => expect(await statusOf(database.url, run)).toBe('closed'))
  expect(worker.shown.at(-1)).toMatchObject({ status: 'finished' })
  expect(worker.shown.at(-1)?.calls[0]?.result?.text).toContain('The call was made')
  expect(worker.log()).toContain('result cannot be read')
})

test('two workers on one database take each run once, and one goes on when the other stops', async () => {
  await using database = await createTestDatabase()
  const asked: string[] = []
  const turn: Turn = async (text, signal) => {
    asked.push(text)
    if (text.includes('long') && asked.filter((one) => one === text).length === 1)
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
    return says('Done.')
  }
  await using one = startWorker({ url: database.url, turn })
  await using other = startWorker({ url: database.url, turn })
  await Promise.all([one.runs.begin(), other.runs.begin()])
  await Promise.all(['a', 'b', 'c', 'd'].flatMap((text) => [one.ask(text, text), other.ask(text, text)]))
  await eventually(() => expect([...one.shown, ...other.shown]).toHaveLength(4))
  expect(asked).toHaveLength(4)
  const { run } = await one.ask('long', 'e')
  await eventually(() => expect(asked).toHaveLength(5))
  await one.runs[Symbol.asyncDispose]()
  await eventually(async () => expect(await statusOf(database.url, run)).toBe('closed'))
  expect(textsIn(other.shown)).toContain('long')
})

test('an approval that cannot be expired does not keep the others from it', async () => {
  await using database = await createTestDatabase()
  const turn: Turn = async (asked) => (asked.includes('sell') ? requests('a') : says('Done.'))
  await using before = startWorker({ url: database.url, turn })
  const poison = await before.ask('sell a', 'a')
  const sound = await before.ask('sell b', 'b')
  await eventually(async () => expect(await statusOf(database.url, poison.run)).toBe('suspended'))
  await eventually(async () => expect(await statusOf(database.url, sound.run)).toBe('suspended'))
  await query(database.url, "update approvals set expires_at = now() - interval '1 hour' where run_id = $1", [
    poison.run,
  ])
  await query(database.url, "update approvals set expires_at = now() - interval '1 minute' where run_id = $1", [
    sound.run,
  ])
  await query(
    database.url,
    `create function refuse_change() returns trigger language plpgsql as $$ begin raise 'poison'; end $$;
     create trigger refuse_change before update on approvals for each row when (old.run_id = '${poison.run}') execute function refuse_change()`,
  )
  await using worker = startWorker({ url: database.url, turn })
  await worker.runs.begin()
  await eventually(async () => expect(await statusOf(database.url, sound.run)).toBe('closed'))
  expect(await statusOf(database.url, poison.run)).toBe('suspended')
  expect(worker.log()).toContain('poison')
})

test.each([
  [undefined, 'Not done. The person who asked denied this call. Do not make this call again unless'],
  [
    'Sell "two" instead.',
    'denied this call and said: "Sell \\"two\\" instead.". Do that instead; do not make this call again',
  ],
])('a denial with the words %j is told to the model, which goes on in the same run', async (reason, told) => {
  await using database = await createTestDatabase()
  const asked: string[] = []
  const turn: Turn = async (last) => {
    asked.push(last)
    return asked.length === 1 ? requests('a') : says('All right.')
  }
  await using worker = startWorker({ url: database.url, turn })
  const { run } = await worker.ask('sell it')
  const approval = await approvalIn(worker)
  await worker.runs.answer({ approval, by: origin, decision: 'denied', reason })
  await eventually(async () => expect(await statusOf(database.url, run)).toBe('closed'))
  expect(JSON.parse(asked[1] ?? '')).toMatchObject([{ text: expect.stringContaining(told), isError: true }])
  expect(await query(database.url, 'select reason from approvals')).toEqual([{ reason: reason ?? null }])
  const audited = await query(
    database.url,
    "select details ->> 'reason' as reason from audit_events where action = 'denial_explained'",
  )
  expect(audited).toEqual(reason === undefined ? [] : [{ reason }])
})

const approvalIn = (worker: ReturnType<typeof startWorker>) =>
  eventually(() => {
    const id = worker.shown[0]?.calls[0]?.approval?.id
    if (id === undefined) throw new Error('nobody is asked yet')
    return id
  })
