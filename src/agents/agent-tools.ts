import type { AgentDefinition } from './agent.ts'

type Offer = { name: string; card: string; tools: { name: string }[] }

/** What of a person's connections an agent may use: never more than the person has. Without an agent that is all of them. Pure. */
export function offersFor<S extends Offer>(
  agent: Pick<AgentDefinition, 'connections' | 'tools'> | undefined,
  connections: S[],
): S[] {
  if (agent === undefined) return connections
  const { connections: named, tools } = agent
  const used = connections.filter(
    ({ name, card }) => named === undefined || named.includes(name) || named.includes(card),
  )
  if (tools === undefined) return used
  return used.map((one) => ({ ...one, tools: one.tools.filter(({ name }) => tools.includes(name)) }))
}
