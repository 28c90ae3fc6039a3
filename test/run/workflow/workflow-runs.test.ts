import { expect, test } from 'vitest'
import { UserId } from '../../../src/ids.ts'
import type { JsonObject } from '../../../src/json.ts'
import { createTestDatabase, query } from '../../support/database.ts'
import { startWorker } from '../start-worker.ts'
import {
  fails,
  gives,
  isOver,
  isParked,
  OWNER,
  parkedIn,
  snapshotOf,
  startWorkflow,
  stateWhere,
} from './workflow-run.ts'

const BUGS = `
  - id: list
    tool: shop/list
  - id: each_one
    each: "\${{ steps.list.output.bugs }}"
    steps:
      - id: nudge
        tool: shop/nudge
        with: { number: "\${{ item }}", body: "Bug {{ item }} is open" }
  - parallel:
      - { id: a, tool: shop/count, with: { of: a } }
      - { id: b, tool: shop/count, with: { of: b } }
  - id: many
    if: steps.each_one.output.size > 5
    tool: shop/alarm
  - id: post
    tool: shop/post
    with: { text: "{{ steps.each_one.output | size }} nudged, {{ steps.a.output.of }}{{ steps.b.output.of }}" }`

const TOOLS = ['list', 'nudge', 'count', 'alarm', 'post', 'unpost']

test('a workflow calls its tools in order, asks no model and costs nothing', async () => {
  await using database = await createTestDatabase()
  const made: [string, JsonObject][] = []
  await using at = startWorker({
    url: database.url,
    tools: TOOLS,
    allowed: true,
    turn: () => Promise.reject(new Error('no model is needed')),
    callTool: (tool, args) => {
      made.push([tool, args])
      return gives(tool === 'list' ? { bugs: [3, 4] } : args)
    },
  })
  const run = await startWorkflow(at, snapshotOf(BUGS, `output: { said: "\${{ steps.post.output.text }}" }`))
  const state = await stateWhere(at, run, isOver)
  expect(state).toMatchObject({
    status: 'finished',
    answer: 'Tried: done.\n• said: 2 nudged, ab',
    usage: { costUsd: 0, input: 0 },
    workflow: { ended: { outcome: 'done', output: { said: '2 nudged, ab' } } },
  })
  expect(made.map(([tool]) => tool)).toEqual(['list', 'nudge', 'nudge', 'count', 'count', 'post'])
  expect(made[1]).toEqual(['nudge', { number: 3, body: 'Bug 3 is open' }])
  expect(state.calls.map(({ id }) => id)).toContain('each_one/1/nudge#1')
  expect(state.workflow?.progress.steps.many).toMatchObject({ outcome: 'skipped' })
})

test('a call waits for approval, and what was denied parks its step', async () => {
  await using database = await createTestDatabase()
  const made: string[] = []
  await using at = startWorker({
    url: database.url,
    tools: TOOLS,
    callTool: (tool) => {
      made.push(tool)
      return gives({})
    },
  })
  const run = await startWorkflow(
    at,
    snapshotOf('  - { id: post, tool: shop/post }\n  - { id: more, tool: shop/alarm }'),
  )
  const asked = await stateWhere(at, run, ({ calls }) => calls[0]?.stage === 'awaiting_approval')
  const answer = (state: typeof asked, decision: 'approved' | 'denied') => {
    const approval = state.calls.at(-1)?.approval?.id
    return approval && at.runs.answer({ approval, by: OWNER, decision })
  }
  expect(await answer(asked, 'approved')).toEqual({ kind: 'settled' })
  const second = await stateWhere(at, run, ({ calls }) => calls[1]?.stage === 'awaiting_approval')
  await answer(second, 'denied')
  const parked = await stateWhere(at, run, isParked)
  expect(parkedIn(parked)).toEqual({ more: 'Denied.' })
  expect(made).toEqual(['post'])
  expect(await at.runs.resumeStep(run, { step: 'more', how: 'skip' }, { ...OWNER, user: asked.origin.user })).toBe(
    'resumed',
  )
  expect(await stateWhere(at, run, isOver)).toMatchObject({ status: 'finished' })
})

test('only what may be repeated is tried again by itself; the rest waits for a person', async () => {
  await using database = await createTestDatabase()
  const made: string[] = []
  await using at = startWorker({
    url: database.url,
    tools: TOOLS,
    reads: ['list'],
    allowed: true,
    callTool: (tool) => {
      made.push(tool)
      const before = made.filter((one) => one === tool).length
      return before === 1 ? fails('It is away.', true) : gives({ tool })
    },
  })
  await at.runs.begin()
  const retry = 'retry: { times: 2, wait: 1s }'
  const run = await startWorkflow(
    at,
    snapshotOf(`  - { id: list, tool: shop/list, ${retry} }\n  - { id: post, tool: shop/post, ${retry} }`),
  )
  const parked = await stateWhere(at, run, isParked)
  expect(parkedIn(parked)).toEqual({ post: 'It is away. It may or may not have happened.' })
  expect(made).toEqual(['list', 'list', 'post'])
  expect(await at.runs.resumeStep(run, { step: 'list', how: 'retry' }, OWNER)).toBe('over')
  expect(await at.runs.resumeStep(run, { step: 'post', how: 'with', arguments: { text: 'new' } }, OWNER)).toBe(
    'resumed',
  )
  const ended = await stateWhere(at, run, isOver)
  expect(ended.calls.at(-1)).toMatchObject({ id: 'post#2', arguments: { text: 'new' }, stage: 'done' })
  expect(await at.runs.resumeStep(run, { step: 'post', how: 'retry' }, OWNER)).toBe('over')
})

test('what was done is undone, newest first, only when a person says so; nobody else may', async () => {
  await using database = await createTestDatabase()
  const made: [string, JsonObject][] = []
  await using at = startWorker({
    url: database.url,
    tools: TOOLS,
    allowed: true,
    callTool: (tool, args) => {
      made.push([tool, args])
      return tool === 'alarm' ? fails('No.', false) : gives({ id: made.length })
    },
  })
  const undo = `undo: { tool: shop/unpost, with: { id: "\${{ output.id }}" } }`
  const run = await startWorkflow(
    at,
    snapshotOf(
      `  - { id: one, tool: shop/post, ${undo} }\n  - { id: two, tool: shop/post, ${undo} }\n  - { id: three, tool: shop/alarm }`,
    ),
  )
  await stateWhere(at, run, isParked)

  expect(await at.runs.resumeStep(run, { step: 'three', how: 'undo' }, { ...OWNER, user: UserId.parse('UBOB') })).toBe(
    'not_yours',
  )
  const pressed = await Promise.all([1, 2, 3].map(() => at.runs.resumeStep(run, { step: 'three', how: 'undo' }, OWNER)))
  expect(pressed.toSorted()).toEqual(['over', 'over', 'resumed'])
  const state = await stateWhere(at, run, isOver)
  expect(state.workflow?.ended).toMatchObject({ outcome: 'undone' })
  expect(made.slice(3)).toEqual([
    ['unpost', { id: 2 }],
    ['unpost', { id: 1 }],
  ])
  const audit = await query(
    database.url,
    "select details ->> 'how' as how from audit_events where action = 'run_step_resumed'",
  )
  expect(audit).toEqual([{ how: 'undo' }])
})

test('a parked run is stopped by a person, or after a week', async () => {
  await using database = await createTestDatabase()
  let late = 0
  await using at = startWorker({
    url: database.url,
    tools: TOOLS,
    now: () => new Date(Date.now() + late),
  })
  await at.runs.begin()
  const steps = '  - { id: post, tool: shop/nothing }'
  const first = await startWorkflow(at, snapshotOf(steps), '1')
  expect(parkedIn(await stateWhere(at, first, isParked))).toEqual({
    post: 'shop has no tool shop/nothing that may be used here. Choose another in the step.',
  })
  expect(await at.runs.resumeStep(first, { step: 'post', how: 'stop' }, OWNER)).toBe('resumed')
  expect(await stateWhere(at, first, isOver)).toMatchObject({
    status: 'stopped',
    stoppedBy: OWNER.user,
    workflow: { ended: { outcome: 'stopped' } },
  })
  const second = await startWorkflow(at, snapshotOf(steps), '2')
  await stateWhere(at, second, isParked)
  late = 8 * 24 * 3_600_000
  await query(
    database.url,
    "update runs set wake_at = now() where status = 'suspended' and id = $1 and wake_at > now() + interval '6 days'",
    [second],
  )
  expect(await stateWhere(at, second, isOver)).toMatchObject({ status: 'stopped', stoppedWhy: 'parked_too_long' })
})
