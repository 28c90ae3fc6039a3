import type { BegunStep } from '../../workflows/progress/begun-steps.ts'
import { nextWorkflowStep, type WorkflowDecision } from '../../workflows/progress/next-workflow-step.ts'
import type { WorkflowEvent } from '../../workflows/progress/workflow-events.ts'
import { findJudgesToAsk } from './panel-calls.ts'
import type { CallState, RunState } from './state.ts'
import { answerIn } from './workflow-calls.ts'
import type { WorkflowEnd, WorkflowState } from './workflow-state.ts'

/** What the workflow of a run needs, where no call of it is to be judged or made. */
export type WorkflowPart =
  | { do: 'record'; events: WorkflowEvent[] }
  | { do: 'begin'; steps: BegunStep[] }
  /** People have answered these. */
  | { do: 'take_answers'; calls: CallState[] }
  | { do: 'rest'; until?: Date | undefined }
  /** Nobody said in time how it goes on. */
  | { do: 'expire' }
  | { do: 'end'; end: WorkflowEnd }

/** A step that waits for a person longer is forgotten about. */
const PARKED_MS = 7 * 24 * 3_600_000

/** Asks the workflow, as another run asks its model. Pure. */
export function nextWorkflowPart(state: RunState, workflow: WorkflowState, now: Date): WorkflowPart {
  const answered = state.calls.filter(isAnswered)
  if (answered.length > 0) return { do: 'take_answers', calls: answered }
  const judges = findJudgesToAsk(state)
  if (judges.length > 0) return beginWithin(state, judges)
  const { body, inputs, trigger } = workflow.snapshot
  const given = { inputs, ...(trigger !== undefined && { trigger }) }
  const clock = { now: now.toISOString(), timezone: state.origin.userZone ?? 'UTC' }
  return partOf(state, nextWorkflowStep(body, given, workflow.progress, clock), now)
}

function partOf(state: RunState, decision: WorkflowDecision, now: Date): WorkflowPart {
  switch (decision.do) {
    case 'record':
      return decision
    case 'begin':
      return beginWithin(state, decision.steps)
    case 'rest':
      return { do: 'rest', until: decision.until === undefined ? undefined : new Date(decision.until) }
    case 'park': {
      const until = new Date(state.changedAt.getTime() + PARKED_MS)
      return until <= now ? { do: 'expire' } : { do: 'rest', until }
    }
    case 'finish': {
      const { do: _, ...end } = decision
      return { do: 'end', end }
    }
    default:
      return decision satisfies never
  }
}

/** Agents at work at once for one request, and in all. */
export const AGENTS_AT_ONCE = 4
export const AGENTS_IN_ALL = 8

/** How many agents are at work for a request, and were asked so far. */
export function countAgents({ calls }: Pick<RunState, 'calls'>): { atWork: number; inAll: number } {
  const asked = calls.filter(({ child }) => child !== undefined)
  return { atWork: asked.filter(({ stage }) => stage === 'delegated').length, inAll: asked.length }
}

/** Agents for whom there is no room wait until one of those at work has answered. */
function beginWithin(state: RunState, steps: BegunStep[]): WorkflowPart {
  let room = AGENTS_AT_ONCE - countAgents(state).atWork
  const begun = steps.filter((step) => {
    const needed = agentsIn(step)
    if (needed > room) return false
    room -= needed
    return true
  })
  return begun.length === 0 ? { do: 'rest' } : { do: 'begin', steps: begun }
}

function agentsIn(step: BegunStep): number {
  if (step.kind === 'agent') return 1
  return step.kind === 'panel' ? step.agents.length : 0
}

const isAnswered = ({ tool, own, stage, inputs }: CallState): boolean =>
  own === true &&
  tool === 'ask_people' &&
  (stage === 'approved' || stage === 'waiting_input') &&
  answerIn(inputs) !== undefined
