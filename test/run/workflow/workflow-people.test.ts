import { expect, test } from 'vitest'
import { UserId } from '../../../src/ids.ts'
import type { RunState } from '../../../src/run/state/state.ts'
import { createTestDatabase } from '../../support/database.ts'
import { startWorker } from '../start-worker.ts'
import { gives, isOver, isParked, OWNER, parkedIn, snapshotOf, startWorkflow, stateWhere } from './workflow-run.ts'

const isAsking = ({ calls }: RunState): boolean => calls.at(-1)?.stage === 'waiting_input'
const inputOf = (state: RunState, at = 0) => {
  const input = state.calls.at(-1)?.inputs[at]
  if (input === undefined) throw new Error('nothing is asked')
  return input
}

test('an ask with a form gives what was filled in to the steps behind it', async () => {
  await using database = await createTestDatabase()
  await using at = startWorker({
    url: database.url,
    tools: ['post'],
    allowed: true,
    callTool: (_tool, args) => gives(args),
  })
  const run = await startWorkflow(
    at,
    snapshotOf(
      '  - { id: sure, ask: "Post to how many?", form: { many: { type: number, required: true }, day: { type: date, default: today } } }\n' +
        `  - { id: post, tool: shop/post, with: { many: "\${{ steps.sure.output.many }}" } }`,
    ),
  )
  const asking = await stateWhere(at, run, isAsking)
  const { id: input, request } = inputOf(asking)
  expect(request).toMatchObject({
    kind: 'form',
    message: 'Post to how many?',
    fields: [{ name: 'many', kind: 'number' }, { name: 'day' }],
  })
  const answer = { run, input, by: OWNER, action: 'accept' as const }
  expect(await at.runs.answerInput({ ...answer, content: {} })).toMatchObject({ kind: 'invalid' })
  expect(await at.runs.answerInput({ ...answer, content: { many: 3 } })).toEqual({ kind: 'settled' })
  const state = await stateWhere(at, run, isOver)
  expect(state.workflow?.ended).toEqual({ outcome: 'done', output: { many: 3 } })
})

test('of those who are named the first answer counts, and a no ends what follows', async () => {
  await using database = await createTestDatabase()
  await using at = startWorker({ url: database.url, tools: ['post'], allowed: true, callTool: () => gives({}) })
  const [ben, cem] = [UserId.parse('UBEN'), UserId.parse('UCEM')]
  const steps = '  - { id: sure, ask: "Really?", approvers: [UBEN, UCEM] }\n  - { id: post, tool: shop/post }'
  for (const [thread, action, status] of [
    ['1', 'accept', 'done'],
    ['2', 'decline', 'denied'],
  ] as const) {
    const run = await startWorkflow(at, snapshotOf(steps), thread)
    const asking = await stateWhere(at, run, isAsking)
    expect(asking.calls[0]?.inputs.map(({ person }) => person)).toEqual([ben, cem])
    expect(await at.runs.answerInput({ run, input: inputOf(asking).id, by: OWNER, action })).toMatchObject({
      kind: 'not_yours',
    })
    expect(
      await at.runs.answerInput({ run, input: inputOf(asking, 1).id, by: { ...OWNER, user: cem }, action }),
    ).toEqual({ kind: 'settled' })
    const state = await stateWhere(at, run, isOver)
    expect(state).toMatchObject({ status: 'finished', workflow: { ended: { outcome: status } } })
    expect(state.calls.map(({ id }) => id)).toEqual(action === 'accept' ? ['sure#1', 'post#1'] : ['sure#1'])
    const late = await at.runs.answerInput({
      run,
      input: inputOf(asking).id,
      by: { ...OWNER, user: ben },
      action: 'accept',
    })
    expect(late.kind).toBe('already')
  }
})

test('a workflow waits on over a restart, and Stop ends it', async () => {
  await using database = await createTestDatabase()
  const made: string[] = []
  const options = {
    url: database.url,
    tools: ['post'],
    allowed: true,
    callTool: (tool: string) => {
      made.push(tool)
      return gives({})
    },
  }
  const first = startWorker(options)
  const run = await startWorkflow(first, snapshotOf('  - { wait: 2s }\n  - { id: post, tool: shop/post }'))
  const later = await startWorkflow(first, snapshotOf('  - { wait: 2d }\n  - { id: post, tool: shop/post }'), '2')
  await stateWhere(first, later, ({ workflow }) => workflow?.progress.steps.wait_1?.waiting !== undefined)
  await first[Symbol.asyncDispose]()
  expect(made).toEqual([])
  await using second = startWorker(options)
  await using third = startWorker(options)
  await Promise.all([second.runs.begin(), third.runs.begin()])
  expect(await stateWhere(second, run, isOver)).toMatchObject({ status: 'finished' })
  expect(made).toEqual(['post'])
  expect(await third.runs.stop(later, OWNER)).toBe('stopped')
  expect(await stateWhere(second, later, isOver)).toMatchObject({ workflow: { ended: { outcome: 'stopped' } } })
  expect(made).toEqual(['post'])
})

test('an item that is parked holds up no other, and words said meanwhile are not taken for its answer', async () => {
  await using database = await createTestDatabase()
  const made: unknown[] = []
  await using at = startWorker({
    url: database.url,
    tools: ['post'],
    allowed: true,
    callTool: (_tool, { n }) => {
      made.push(n)
      return n === 1 && made.length === 1
        ? { kind: 'tool_error', content: [{ type: 'text', text: 'No.' }], ms: 1 }
        : gives({})
    },
  })
  await at.runs.begin()
  const run = await startWorkflow(
    at,
    snapshotOf(`  - { id: all, each: [1, 2, 3], steps: [{ id: one, tool: shop/post, with: { n: "\${{ item }}" } }] }`),
  )
  const parked = await stateWhere(at, run, (state) => isParked(state) && made.length === 3)
  expect(parkedIn(parked)).toEqual({ 'all/0/one': 'No.' })
  expect(await at.ask('what about this?')).toMatchObject({ corrected: false, waiting: true })
  expect(await at.runs.resumeStep(run, { step: 'all/0/one', how: 'retry' }, OWNER)).toBe('resumed')
  await stateWhere(at, run, isOver)
  expect(made).toEqual([1, 2, 3, 1])
})
