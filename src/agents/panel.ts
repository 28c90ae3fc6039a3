import type { AgentSnapshot } from './agent.ts'
import type { Agent } from './agent-rows.ts'

/** As many answers as somebody will compare. */
export const MOST_OPINIONS = 3

/** Who answers where no agents are chosen: the app itself, twice, each time without what the other said. */
export const OPINIONS: Agent[] = ['First look', 'Fresh look'].map((name) => ({
  id: `opinion:${name}`,
  version: 1,
  name,
  purpose: 'Answers a question on its own, for comparison.',
  instructions:
    'Answer the question on your own. Check what can be checked with the tools. Say what you are sure of, what you are not, and what would change your mind.',
  owner: undefined,
  shared: true,
}))

export const JUDGE_ID = 'judge'

/** Who puts independent answers side by side. It works without tools: it judges what it is given. Pure. */
export const judgeOf = (asks: string[]): AgentSnapshot => ({
  id: JUDGE_ID,
  version: 1,
  name: 'Second opinion',
  face: ':scales:',
  purpose: 'Compares independent answers to the same question.',
  instructions: [
    'Several agents have answered the same question without seeing each other. Their answers are the results of your first calls.',
    'First say what they agree on, in a sentence or two. Then where they differ: for each point which answer is better supported, and why. Then what would settle what is left open. End with your own conclusion.',
    'Call them answer 1, 2 and 3. Do not ask anybody again.',
  ].join('\n'),
  connections: [],
  asks,
  chosenBy: 'name',
})
