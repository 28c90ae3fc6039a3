import { expect, test } from 'vitest'
import type { Agent } from '../../../src/agents/agent-rows.ts'
import { createTestDatabase } from '../../support/database.ts'
import { says, startWorker } from '../start-worker.ts'
import { gives, isOver, isParked, parkedIn, snapshotOf, startWorkflow, stateWhere } from './workflow-run.ts'

const agentNamed = (name: string, more: Partial<Agent> = {}): Agent => ({
  id: name.toLowerCase(),
  version: 1,
  name,
  purpose: 'helps',
  instructions: '',
  owner: undefined,
  shared: true,
  ...more,
})

test('an agent step and a panel are runs of their own, and the judge has what the panel answered', async () => {
  await using database = await createTestDatabase()
  const asked: string[] = []
  await using at = startWorker({
    url: database.url,
    tools: ['post'],
    allowed: true,
    agents: [agentNamed('Lead'), agentNamed('Reader'), agentNamed('Checker')],
    callTool: (_tool, args) => gives(args),
    turn: async (text) => {
      asked.push(text)
      if (text.includes('Judge')) return says(text.includes('is 1') && text.includes('is 2') ? 'It is 2.' : 'Lost.')
      return says(`It is ${asked.length}.`)
    },
  })
  const run = await startWorkflow(
    at,
    snapshotOf(
      `  - { id: both, panel: [Reader, Checker], task: "How many?" }
  - { id: one, agent: Reader, task: "Say {{ steps.both.output.text }}" }
  - { id: post, tool: shop/post, with: { text: "\${{ steps.both.output.text }}" } }`,
      'agent: Lead',
    ),
  )
  const state = await stateWhere(at, run, isOver)
  expect(state).toMatchObject({ status: 'finished', usage: { costUsd: 0 }, agent: { name: 'Lead' } })
  expect(state.calls.map(({ id }) => id)).toEqual(['both#1/1', 'both#1/2', 'both#1/judge', 'one#1', 'post#1'])
  expect(state.workflow?.ended?.output).toEqual({ text: 'It is 2.' })
  expect(asked).toHaveLength(4)
})

test('many agents at once are asked four at a time, and the ninth is refused', async () => {
  await using database = await createTestDatabase()
  let atWork = 0
  let most = 0
  await using at = startWorker({
    url: database.url,
    agents: [agentNamed('Reader')],
    turn: async () => {
      atWork += 1
      most = Math.max(most, atWork)
      await new Promise((resolve) => setTimeout(resolve, 50))
      atWork -= 1
      return says('Done.')
    },
  })
  const branches = Array.from({ length: 9 }, (_, n) => `{ id: a${n}, agent: Reader, task: "Do {{ ${n} }}" }`)
  const run = await startWorkflow(at, snapshotOf(`  - parallel: [${branches.join(', ')}]`))
  const state = await stateWhere(at, run, isParked)
  expect(parkedIn(state)).toEqual({ a8: 'One request may ask agents 8 times. Go on with what you have.' })
  expect(most).toBeLessThanOrEqual(4)
})

test('the agent of a workflow limits its tools, and must be there', async () => {
  await using database = await createTestDatabase()
  await using at = startWorker({
    url: database.url,
    tools: ['post', 'read'],
    allowed: true,
    agents: [agentNamed('Lead', { tools: ['read'] })],
    callTool: () => gives({}),
  })
  const steps = '  - { id: read, tool: shop/read }\n  - { id: post, tool: shop/post }'
  const run = await startWorkflow(at, snapshotOf(steps, 'agent: Lead'))
  expect(parkedIn(await stateWhere(at, run, isParked))).toMatchObject({ post: expect.stringContaining('shop/post') })
  await expect(startWorkflow(at, snapshotOf(steps, 'agent: Nobody'), '2')).rejects.toThrow('Nobody')
})

test('another tool is tried instead only where it reads', async () => {
  await using database = await createTestDatabase()
  const made: string[] = []
  await using at = startWorker({
    url: database.url,
    tools: ['read', 'look', 'post'],
    reads: ['read', 'look'],
    allowed: true,
    callTool: (tool) => {
      made.push(tool)
      return tool === 'read'
        ? { kind: 'tool_error', content: [{ type: 'text', text: 'Away.' }], ms: 1 }
        : gives({ tool })
    },
  })
  const run = await startWorkflow(
    at,
    snapshotOf(
      '  - { id: one, tool: shop/read, on_error: { use: shop/look } }\n  - { id: two, tool: shop/read, on_error: { use: shop/post } }',
    ),
  )
  expect(parkedIn(await stateWhere(at, run, isParked))).toEqual({
    two: 'shop/post may change something, so it is not tried instead of another tool by itself.',
  })
  expect(made).toEqual(['read', 'look', 'read'])
})
