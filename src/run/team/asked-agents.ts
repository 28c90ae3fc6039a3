import type { CurrentAgent, RunDeps } from '../deps.ts'
import type { RunState } from '../state/state.ts'

/** The agents that a run may ask: those its own agent names, as far as the requester may use them. A run that was asked for asks nobody. */
export async function findAgentsToAsk(
  deps: Pick<RunDeps, 'findAgent'>,
  { origin, agent, parent }: Pick<RunState, 'origin' | 'agent' | 'parent'>,
): Promise<CurrentAgent[]> {
  if (parent !== undefined) return []
  const names = [...new Set(agent?.asks ?? [])]
  const found = await Promise.all(names.map((name) => deps.findAgent(origin, name)))
  return found.flatMap((one) => (one === undefined || one.id === agent?.id ? [] : [one]))
}
