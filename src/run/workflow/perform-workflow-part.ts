import type { RunDeps } from '../deps.ts'
import type { RunEvent } from '../state/events.ts'
import type { WorkflowPart } from '../state/next-workflow-part.ts'
import { appendEvents, type LeasedRun } from '../storage/leased-run.ts'
import { takeAnswers } from './ask-people.ts'
import { beginSteps } from './begin-steps.ts'

/** Does what the workflow of a run needs, and writes down what happened. */
export function performWorkflowPart(
  deps: RunDeps,
  leased: LeasedRun,
  part: Exclude<WorkflowPart, { do: 'rest' }>,
): Promise<unknown> {
  switch (part.do) {
    case 'record':
      return decide(deps, leased, part.events)
    case 'begin':
      return beginSteps(deps, leased, part.steps)
    case 'take_answers':
      return takeAnswers(deps, leased, part.calls)
    case 'expire':
      return decide(deps, leased, [{ type: 'stopped', by: leased.state.origin.user, why: 'parked_too_long' }])
    case 'end':
      return decide(deps, leased, [{ type: 'finished', workflow: part.end }])
    default:
      return part satisfies never
  }
}

type Undated = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, 'at'> : never) : never

function decide(deps: RunDeps, leased: LeasedRun, events: Undated[]): Promise<boolean> {
  const at = deps.now().toISOString()
  return appendEvents(
    deps,
    leased,
    events.map((event) => ({ ...event, at })),
    { decidedAt: leased.seq },
  )
}
