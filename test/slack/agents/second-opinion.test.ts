import { expect, test } from 'vitest'
import { AgentSnapshot } from '../../../src/agents/agent.ts'
import { judgeOf, OPINIONS } from '../../../src/agents/panel.ts'
import { checkView } from '../../../src/block-kit/check-view.ts'
import { createRunId } from '../../../src/ids.ts'
import { secondOpinionModal } from '../../../src/slack/agents/second-opinion.ts'

const many = OPINIONS.slice(0, 1).flatMap((one) =>
  Array.from({ length: 120 }, (_, at) => ({ ...one, name: `Agent ${at} ${'n'.repeat(25)}` })),
)

test.each([0, 1, 120])('the form for a second opinion is one that Slack takes, with %i agents', (count) => {
  const view = secondOpinionModal({ id: createRunId(), text: 'Is it *safe*? '.repeat(200) }, many.slice(0, count))
  expect(checkView(view)).toEqual([])
  expect(JSON.stringify(view).includes('Who answers?')).toBe(count > 0)
})

test('who compares has no tools of anybody, and asks those who answered', () => {
  expect(AgentSnapshot.parse(judgeOf(['A', 'B']))).toMatchObject({ connections: [], asks: ['A', 'B'] })
})
