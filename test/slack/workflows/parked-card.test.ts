/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates of workflows */
import { expect, test } from 'vitest'
import { checkMessage } from '../../../src/block-kit/check-message.ts'
import { checkView } from '../../../src/block-kit/check-view.ts'
import { createRunId, UserId } from '../../../src/ids.ts'
import type { RunState } from '../../../src/run/state/state.ts'
import { applyStepEvent, createWorkflowState, type WorkflowState } from '../../../src/run/state/workflow-state.ts'
import { changeStepModal, stepArgumentsOf } from '../../../src/slack/workflows/change-step-form.ts'
import { openParksOf, parkedMessages, stoppedMessage, undoModal } from '../../../src/slack/workflows/parked-card.ts'
import type { WorkflowEvent } from '../../../src/workflows/progress/workflow-events.ts'
import { withCall } from '../../../src/workflows/progress/workflow-progress.ts'
import type { WorkflowDefinition } from '../../../src/workflows/workflow.ts'
import { stateOf } from '../states.ts'

const MEMBER = UserId.parse('UMEMBER1')
const HOSTILE = '<!here> *bold* <https://evil.example|click> & '
const NUDGE = 'each_one/11/nudge'

const BODY: WorkflowDefinition = {
  name: 'nudge',
  title: 'Nudge old bugs',
  steps: [
    { id: 'list', tool: 'github/list_issues', with: { label: 'bug' } },
    {
      id: 'each_one',
      each: '${{ steps.list.output.issues }}',
      steps: [{ id: 'nudge', tool: 'github/add_comment', with: { number: '${{ item.number }}' } }],
    },
    { id: 'post', tool: 'slack/post' },
  ],
}

const created = (body: WorkflowDefinition): WorkflowState =>
  createWorkflowState({ id: 'w', version: 1, hash: 'h', body, inputs: {} })

function stateAfter(
  events: WorkflowEvent[],
  body = BODY,
  change: Partial<RunState> = {},
): RunState & { workflow: WorkflowState } {
  const begun = created(body)
  const call = {
    call: `${NUDGE}#1`,
    arguments: { number: 12, body: HOSTILE.repeat(50) },
    state: 'returned',
    repeatable: false,
    outcome: 'unknown',
  } as const
  const called = { ...begun, progress: withCall(begun.progress, call) }
  const workflow = events.reduce(applyStepEvent, called)
  return { ...stateOf([], { status: 'working', ...change }), workflow }
}

const PARKED: WorkflowEvent = { type: 'parked', step: NUDGE, why: 'GitHub said 403: <!here> not allowed' }
const LEFT: WorkflowEvent = {
  type: 'left',
  step: 'each_one/0/nudge',
  outcome: 'ok',
  undo: { tool: 'github/delete_comment', arguments: { id: 7 } },
}

const shownIn = (state: RunState) => JSON.stringify(parkedMessages(state).map(({ content }) => content))

test('a card says which step of which workflow failed and why, what it was tried with, and what can be done', () => {
  const state = stateAfter([LEFT, PARKED])
  const [card] = parkedMessages(state)
  expect(card?.content.text).toBe(
    '*Nudge old bugs* stopped at step 2 of 3, *nudge* for item 12: GitHub said 403: &lt;!here&gt; not allowed',
  )
  const shown = shownIn(state)
  expect(shown).toContain('number: 12')
  expect(shown).toContain('may have happened')
  const buttons = ['step_retry', 'step_change', 'step_skip', 'step_undo', 'step_stop']
  expect(buttons.filter((one) => shown.includes(`"${one}"`))).toEqual(buttons)
  expect(card && checkMessage(card.content)).toEqual([])
})

test('nothing is offered to be undone where nothing can be', () => {
  expect(shownIn(stateAfter([PARKED]))).not.toContain('step_undo')
})

test('after a decision the buttons give way to who decided what; a step that fails again has a card of its own', () => {
  const resumed = (how: 'retry' | 'with' | 'skip' | 'undo' | 'stop', step = NUDGE): WorkflowEvent => ({
    type: 'step_resumed',
    step,
    how,
    by: MEMBER,
  })
  const decided = stateAfter([PARKED, resumed('with')])
  expect(shownIn(decided)).toMatch(/<@UMEMBER1> changed it and tried again/)
  expect(shownIn(decided)).not.toContain('"button"')
  expect(openParksOf(decided)).toEqual([])
  const again = stateAfter([PARKED, resumed('retry'), PARKED])
  expect(parkedMessages(again).map(({ key, isOpen }) => [key, isOpen])).toEqual([
    ['parked:0', false],
    ['parked:1', true],
  ])
  const other: WorkflowEvent = { type: 'parked', step: 'post', why: 'no' }
  expect(shownIn(stateAfter([PARKED, other, resumed('stop', 'post')]))).toMatch(/At another step, <@UMEMBER1> stopped/)
  expect(shownIn(stateAfter([PARKED], BODY, { status: 'stopped' }))).toContain('ended before anybody decided')
})

test('what would be undone is listed, the newest first, with what cannot be', () => {
  const second: WorkflowEvent = {
    type: 'left',
    step: 'each_one/1/nudge',
    outcome: 'ok',
    undo: { tool: 'github/delete_comment', problem: 'no id' },
  }
  const state = stateAfter([LEFT, second, PARKED])
  const view = undoModal(state, NUDGE)
  expect(checkView(view)).toEqual([])
  expect(JSON.stringify(view)).toMatch(
    /1\. \*nudge for item 2\* cannot be undone: no id\\n2\. \*nudge for item 1\*: delete comment of github, id: 7/,
  )
})

test('arguments are changed as they were sent, or as they are written where they could not be filled in', () => {
  const state = stateAfter([PARKED])
  expect(stepArgumentsOf(state, NUDGE)).toMatchObject({ arguments: { number: 12 }, isWritten: false })
  const given = stepArgumentsOf(state, 'each_one/0/nudge')
  expect(given).toEqual({ schema: {}, arguments: { number: '${{ item.number }}' }, isWritten: true })
  if (given === undefined) throw new Error('no arguments')
  expect(checkView(changeStepModal({ state, step: NUDGE, given }))).toEqual([])
  expect(stepArgumentsOf(state, 'each_one')).toBeUndefined()
})

test('the longest list of steps that wait is what Slack takes', () => {
  const body = { ...BODY, title: HOSTILE.slice(0, 40) }
  const runs = Array.from({ length: 30 }, () =>
    stateAfter([LEFT, { ...PARKED, why: HOSTILE.repeat(100) }], body, { id: createRunId() }),
  )
  const list = stoppedMessage(runs)
  expect(checkMessage(list)).toEqual([])
  expect(JSON.stringify(list)).toContain('and 23 more')
  expect(JSON.stringify(stoppedMessage([]))).toContain('No workflow of yours is stopped')
})
