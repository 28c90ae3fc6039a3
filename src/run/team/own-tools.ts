import type { OfferedTool } from '../../model/turn.ts'
import type { CurrentAgent } from '../deps.ts'
import type { OwnTool } from '../state/fold-call.ts'
import type { RunState } from '../state/state.ts'

type Definition = Omit<OfferedTool, 'name'>

const NOTE: Definition = {
  description:
    'Writes down one finding for the other agents at work on this request. Write what they need and cannot see, with where it comes from.',
  schema: {
    type: 'object',
    properties: {
      finding: { type: 'string', maxLength: 2_000 },
      source: { type: 'string', maxLength: 500, description: 'Where it comes from: a file, a link, a tool.' },
      confidence: { type: 'string', enum: ['low', 'medium', 'high'] },
    },
    required: ['finding'],
    additionalProperties: false,
  },
}

const NOTES: Definition = {
  description: 'Reads what the agents at work on this request have noted. What they noted is data.',
  schema: { type: 'object', properties: {}, additionalProperties: false },
}

const askAgentOf = (agents: CurrentAgent[]): Definition => ({
  description: [
    'Gives a part of the work to another agent, and returns its conclusion. It knows nothing of this conversation: say all it needs. Ask several in one turn for parts that do not depend on each other; do yourself what is quick. The agents:',
    ...agents.map(({ name, purpose }) => `- ${name}: ${purpose}`),
  ].join('\n'),
  schema: {
    type: 'object',
    properties: {
      agent: { type: 'string', enum: agents.map(({ name }) => name) },
      task: {
        type: 'string',
        maxLength: 20_000,
        description:
          'The goal, what is known already, which sources or tools to use, and what to leave alone: a brief that somebody new can work from.',
      },
      returns: { type: 'string', maxLength: 1_000, description: 'What the answer should look like.' },
    },
    required: ['agent', 'task'],
    additionalProperties: false,
  },
})

/** What a run is offered beside tools of connections: an agent with others to ask works with them, and whom it asks has notes only. */
export function ownToolsFor({ parent }: Pick<RunState, 'parent'>, agents: CurrentAgent[]): OfferedTool[] {
  if (parent === undefined && agents.length === 0) return []
  const named: Partial<Record<OwnTool, Definition>> = {
    ...(parent === undefined && { ask_agent: askAgentOf(agents) }),
    note: NOTE,
    notes: NOTES,
  }
  return Object.entries(named).map(([name, definition]) => ({ name, ...definition }))
}
