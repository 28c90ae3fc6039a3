import { expect, test } from 'vitest'
import type { AgentSnapshot } from '../../../src/agents/agent.ts'
import type { RunId } from '../../../src/ids.ts'
import type { ModelTurn } from '../../../src/model/turn.ts'
import type { CurrentAgent } from '../../../src/run/deps.ts'
import type { RunState } from '../../../src/run/state/state.ts'
import { createTestDatabase, query } from '../../support/database.ts'
import { eventually } from '../../support/eventually.ts'
import { says, startWorker } from '../start-worker.ts'
import { origin } from '../states.ts'

const agentNamed = (name: string, change: Partial<CurrentAgent> = {}): CurrentAgent => ({
  id: name,
  version: 1,
  name,
  purpose: `Does what ${name} does.`,
  instructions: `Work as ${name}.`,
  ...change,
})
const HELPERS = [agentNamed('Reader'), agentNamed('Checker')]
const LEAD: AgentSnapshot = { ...agentNamed('Lead', { asks: ['Reader', 'Checker'] }), chosenBy: 'name' }

type Wish = { name: string; input: Record<string, string> }
const wishes = (...calls: Wish[]): ModelTurn => ({
  ...says(''),
  content: calls.map((call, at) => ({ type: 'tool_use', id: `${call.name}_${at}`, ...call })),
  stop: 'tools',
  costUsd: 0.5,
})
const asks = (agent: string, task: string): Wish => ({ name: 'ask_agent', input: { agent, task } })

const stateOf = async ({ runs }: ReturnType<typeof startWorker>, run: RunId): Promise<RunState> => {
  const state = await runs.state(run, origin.workspace)
  if (state === undefined) throw new Error('there is no such run')
  return state
}
const ended = (worker: ReturnType<typeof startWorker>, run: RunId): Promise<RunState> =>
  eventually(async () => {
    const state = await stateOf(worker, run)
    expect(state.status).not.toBe('working')
    return state
  })

test('agents that are asked work side by side while the run rests, and their conclusions come back', async () => {
  await using database = await createTestDatabase()
  const gate = Promise.withResolvers<void>()
  let atWork = 0
  await using worker = startWorker({
    url: database.url,
    agents: HELPERS,
    turn: async (asked) => {
      if (asked.includes('plan it')) return wishes(asks('Reader', 'read part one'), asks('Checker', 'check part two'))
      if (!asked.includes('part')) return says('All in all.')
      atWork += 1
      await gate.promise
      return {
        ...says(asked.includes('part one') ? 'Part one is fine. More words.' : 'Part two is not.'),
        costUsd: 0.25,
      }
    },
  })
  const { run } = await worker.ask('plan it', '1', LEAD)
  await eventually(() => expect(atWork).toBe(2))
  await eventually(async () =>
    expect(await query(database.url, 'select status, owner from runs where id = $1', [run])).toEqual([
      { status: 'suspended', owner: null },
    ]),
  )
  gate.resolve()
  const state = await ended(worker, run)
  expect(state).toMatchObject({ status: 'finished', answer: 'All in all.', childrenUsd: 0.5 })
  expect(state.calls.map(({ title, stage, result }) => ({ title, stage, summary: result?.summary }))).toEqual([
    { title: 'ask Reader', stage: 'done', summary: 'Part one is fine.' },
    { title: 'ask Checker', stage: 'done', summary: 'Part two is not.' },
  ])
  const children = await query(
    database.url,
    'select agent_id, parent_run, parent_call, status from runs where parent_run is not null order by number',
  )
  expect(children).toEqual([
    { agent_id: 'Reader', parent_run: run, parent_call: 'ask_agent_0', status: 'closed' },
    { agent_id: 'Checker', parent_run: run, parent_call: 'ask_agent_1', status: 'closed' },
  ])
  // A person's requests are those they made.
  expect(
    (await worker.runs.recentOf({ workspace: origin.workspace, user: origin.user }, 10)).map(({ id }) => id),
  ).toEqual([run])
})

test('an agent that was asked asks nobody, and one without others to ask has no such tool', async () => {
  await using database = await createTestDatabase()
  const offered: Record<string, string[]> = {}
  await using worker = startWorker({
    url: database.url,
    agents: [agentNamed('Reader', { asks: ['Checker'] }), agentNamed('Checker')],
    turn: async (asked, _signal, _messages, tools) => {
      if (asked.includes('plan it')) {
        offered.lead = tools
        return wishes(asks('Reader', 'the part'))
      }
      if (asked.includes('plainly')) {
        offered.plain = tools
        return says('Done.')
      }
      if (!asked.includes('the part')) return says('Ended.')
      offered.child = tools
      return wishes(asks('Checker', 'deeper'))
    },
  })
  const { run } = await worker.ask('plan it', '1', LEAD)
  const { run: plain } = await worker.ask('plainly', '2')
  await ended(worker, plain)
  const state = await ended(worker, run)
  expect(offered).toEqual({
    lead: ['shop__sell', 'ask_agent', 'note', 'notes'],
    child: ['shop__sell', 'note', 'notes'],
    plain: ['shop__sell'],
  })
  expect(state.calls[0]).toMatchObject({ stage: 'done', result: { text: 'Ended.' } })
  const deepest = await query(database.url, 'select count(*)::int as many from runs where parent_run is not null')
  expect(deepest).toEqual([{ many: 1 }])
})

test('at most four agents work at once, eight in all, and each may cost a quarter of what is left', async () => {
  await using database = await createTestDatabase()
  await using worker = startWorker({
    url: database.url,
    agents: HELPERS,
    turn: async (asked, _signal, messages) => {
      const rounds = messages.split('"assistant"').length - 1
      if (asked.includes('part')) return says('Done.')
      return rounds < 3
        ? wishes(...Array.from({ length: 5 }, (_, at) => asks('Reader', `part ${rounds}.${at}`)))
        : says('Enough.')
    },
  })
  const { run } = await worker.ask('plan it', '1', { ...LEAD, limits: { costUsd: 8 } })
  const { calls } = await ended(worker, run)
  expect(calls.map(({ stage }) => stage)).toEqual([
    ...['done', 'done', 'done', 'done', 'failed'],
    ...['done', 'done', 'done', 'done', 'failed'],
    ...['failed', 'failed', 'failed', 'failed', 'failed'],
  ])
  expect(calls.at(4)?.cause).toBe('At most 4 agents work at once. Ask again when one of them has answered.')
  expect(calls.at(9)?.cause).toMatch(/may ask agents 8 times/)
  const parts = await query(
    database.url,
    "select (body #>> '{parent,costUsd}')::float as usd from run_events where type = 'started' and body ? 'parent' order by body #>> '{text}'",
  )
  expect(parts.map(({ usd }) => usd)).toEqual([...Array(4).fill(1.875), ...Array(4).fill(1.75)])
})

test('a stop ends the whole tree, and nothing is told of it twice', async () => {
  await using database = await createTestDatabase()
  const begun = Promise.withResolvers<void>()
  await using worker = startWorker({
    url: database.url,
    agents: HELPERS,
    turn: async (asked, signal) => {
      if (asked.includes('plan it')) return wishes(asks('Reader', 'the part'))
      begun.resolve()
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  })
  await worker.runs.begin()
  const { run } = await worker.ask('plan it', '1', LEAD)
  await begun.promise
  expect(await worker.runs.stop(run, { workspace: origin.workspace, user: origin.user })).toBe('stopped')
  await eventually(async () =>
    expect(await query(database.url, 'select status, outcome from runs order by number')).toEqual([
      { status: 'closed', outcome: 'stopped' },
      { status: 'closed', outcome: 'stopped' },
    ]),
  )
  const state = await stateOf(worker, run)
  expect(state.calls[0]).toMatchObject({ stage: 'cancelled', result: undefined })
})

test('what a crash kept from being told is told by the housekeeping, once', async () => {
  await using database = await createTestDatabase()
  const run = await (async () => {
    await using worker = startWorker({
      url: database.url,
      agents: HELPERS,
      turn: async (asked) => {
        if (asked.includes('plan it')) return wishes(asks('Reader', 'the part'))
        return new Promise(() => undefined)
      },
    })
    const begun = await worker.ask('plan it', '1', LEAD)
    await eventually(async () =>
      expect(await query(database.url, "select from runs where status = 'suspended'")).toHaveLength(1),
    )
    return begun.run
  })()
  // The child ends and closes, and its instance dies before it tells.
  const finished = JSON.stringify({ type: 'finished', at: new Date().toISOString() })
  const [child] = await query(database.url, 'select id from runs where parent_run = $1', [run])
  await query(database.url, 'select run_append_locked($1, jsonb_build_array($2::jsonb))', [child?.id, finished])
  await query(database.url, "update runs set status = 'closed', closed_at = now() where id = $1", [child?.id])
  await using next = startWorker({ url: database.url, agents: HELPERS, turn: async () => says('Told.') })
  await next.runs.begin()
  expect(await ended(next, run)).toMatchObject({ status: 'finished', answer: 'Told.' })
  const told = await query(database.url, "select from run_events where run_id = $1 and type = 'returned'", [run])
  expect(told).toHaveLength(1)
})

test('notes are shared by all who work on a request, and unchecked words stay marked', async () => {
  await using database = await createTestDatabase()
  await using worker = startWorker({
    url: database.url,
    agents: HELPERS,
    turn: async (asked, _signal, messages) => {
      if (asked.includes('plan it')) return wishes(asks('Reader', 'the part'))
      if (asked.includes('the part'))
        return wishes({ name: 'note', input: { finding: 'Port 80 is open.', confidence: 'high' } })
      if (asked.includes('Noted (1 in all)')) return says('See my note.')
      if (asked.includes('See my note')) return wishes({ name: 'notes', input: {} })
      return says(messages.includes('Reader: Port 80 is open.') ? 'Port 80, says Reader.' : 'Nothing.')
    },
  })
  const { run } = await worker.ask('plan it', '1', LEAD)
  expect(await ended(worker, run)).toMatchObject({ answer: 'Port 80, says Reader.', untrusted: [] })
})
