import type { Agent } from '../../agents/agent-rows.ts'
import { stepsIn } from '../../workflows/definition/step-actions.ts'
import type { WorkflowDefinition } from '../../workflows/workflow.ts'
import type { RunDeps } from '../deps.ts'
import type { RunState } from '../state/state.ts'

/** The agents that a run may ask: those its own agent names, as far as the requester may use them. A run that was asked for asks nobody. */
export async function findAgentsToAsk(
  deps: Pick<RunDeps, 'findAgent'>,
  { origin, agent, parent, workflow }: Pick<RunState, 'origin' | 'agent' | 'parent' | 'workflow'>,
): Promise<Agent[]> {
  if (parent !== undefined) return []
  if (workflow !== undefined) {
    const named = await Promise.all(agentNamesIn(workflow.snapshot.body).map((name) => deps.findAgent(origin, name)))
    return named.filter((one) => one !== undefined)
  }
  const names = [...new Set(agent?.asks ?? [])]
  const found = await Promise.all(names.map((name) => deps.findAgent(origin, name)))
  return found.flatMap((one) => (one === undefined || one.id === agent?.id ? [] : [one]))
}

/** Whom a workflow asks: in its steps and panels, and who judges these. */
const agentNamesIn = (body: WorkflowDefinition): string[] => [
  ...new Set([
    ...(body.agent === undefined ? [] : [body.agent]),
    ...stepsIn(body).flatMap(({ step }) => [...(step.agent === undefined ? [] : [step.agent]), ...(step.panel ?? [])]),
  ]),
]
