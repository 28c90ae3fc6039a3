import type { CallOutcome, WorkflowCall } from '../../workflows/progress/workflow-progress.ts'
import { withCall } from '../../workflows/progress/workflow-progress.ts'
import { panelCallOf, panelIdOf } from './panel-calls.ts'
import type { CallStage, CallState, InputState } from './state.ts'
import type { WorkflowState } from './workflow-state.ts'

/** The workflow with its calls as they are now: those that an event has changed. Pure. */
export function followCalls(workflow: WorkflowState, before: CallState[], now: CallState[]): WorkflowState {
  if (before === now) return workflow
  const changed = now.filter((call, at) => call !== before[at])
  const judge = workflow.snapshot.body.agent
  const progress = changed.reduce((soFar, call) => {
    const panel = panelIdOf(call.id)
    const one = panel === undefined ? workflowCallOf(call) : panelCallOf(panel, partsOf(now, panel), judge)
    return withCall(soFar, one)
  }, workflow.progress)
  return { ...workflow, progress }
}

const partsOf = (calls: CallState[], panel: string): WorkflowCall[] =>
  calls.filter(({ id }) => panelIdOf(id) === panel).map(workflowCallOf)

const STATES: Record<CallStage, WorkflowCall['state']> = {
  requested: 'judged',
  awaiting_approval: 'judged',
  approved: 'judged',
  calling: 'called',
  delegated: 'called',
  waiting_input: 'called',
  done: 'returned',
  failed: 'returned',
  unknown: 'returned',
  denied: 'returned',
  cancelled: 'returned',
}

/** A call of the run as the workflow sees it. */
function workflowCallOf(call: CallState): WorkflowCall {
  const { id, repeatable, risk, result, cause } = call
  const state = STATES[call.stage]
  const outcome = state === 'returned' ? outcomeOf(call) : undefined
  const { text = cause, left } = result ?? {}
  return {
    call: id,
    arguments: call.arguments,
    state,
    repeatable,
    ...(risk && { risk }),
    ...(outcome && { outcome }),
    ...(left?.sent === false && { sent: false }),
    ...(left?.output !== undefined && { structured: left.output }),
    ...(left?.cut && { cut: true }),
    ...(text !== undefined && { text }),
  }
}

function outcomeOf(call: CallState): CallOutcome {
  const { result, approval, inputs, tool } = call
  if (tool === 'ask_people' && result?.left?.outcome !== 'refused') return answerOutcomeOf(inputs)
  if (result?.left !== undefined) return result.left.outcome
  if (call.stage === 'cancelled') return 'cancelled'
  const decision = approval?.decided?.decision
  return decision === 'denied' || decision === 'expired' ? decision : 'refused'
}

const ANSWERS = { accept: 'ok', decline: 'denied', cancel: 'denied' } as const

function answerOutcomeOf(inputs: InputState[]): CallOutcome {
  const action = answerIn(inputs)?.action
  if (action !== undefined) return ANSWERS[action]
  return inputs.some(({ given }) => given?.action === 'over') ? 'cancelled' : 'expired'
}

/** The first answer of those who were asked: that one counts. */
export function answerIn(inputs: InputState[]) {
  for (const { given } of inputs) {
    const { action } = given ?? {}
    if (given && (action === 'accept' || action === 'decline' || action === 'cancel')) return { ...given, action }
  }
  return undefined
}
