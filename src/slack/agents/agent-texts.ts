import type { AgentDefinition } from '../../agents/agent.ts'
import type { Agent } from '../../agents/agent-rows.ts'
import { truncate } from '../../text.ts'
import { createOption } from '../blocks/build-blocks.ts'
import { formatMoney } from '../blocks/figures.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, mentionOf, pluralize } from '../blocks/text.ts'

/** An agent by its name, bold, behind its emoji; a picture stands on its messages only. */
export const agentLabel = ({ name, face }: Pick<AgentDefinition, 'name' | 'face'>): string =>
  `${face?.startsWith(':') ? `${face} ` : ''}*${escapeInlineMrkdwn(name)}*`

/** An option of a menu of agents. */
export const createAgentOption = ({ id, name, purpose }: Agent) => createOption(`${name}: ${purpose}`, id)

/** Who made an agent and who may use it, as `reader` reads it. */
export function agentOriginText({ owner, shared, version }: Agent, reader: string): string {
  if (owner === undefined) return 'comes with this installation'
  const by = owner === reader ? 'by you' : `by ${mentionOf(owner)}`
  return `${by} · ${shared ? 'everybody here may use it' : 'yours alone'} · version ${version}`
}

/** What an agent may use and spend, in a line. */
export function agentLimitsText({ model, connections, tools, limits }: AgentDefinition): string {
  return [
    connections === undefined
      ? 'all connections of who asks'
      : `only ${escapeMrkdwn(truncate(connections.join(', '), 200))}`,
    ...(tools === undefined ? [] : [pluralize(tools.length, 'tool')]),
    ...(model === undefined ? [] : [escapeMrkdwn(model)]),
    ...(limits?.turns === undefined ? [] : [`at most ${pluralize(limits.turns, 'turn')}`]),
    ...(limits?.costUsd === undefined ? [] : [`at most ${formatMoney(limits.costUsd)} a request`]),
  ].join(' · ')
}
