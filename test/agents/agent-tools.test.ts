import { expect, test } from 'vitest'
import { offersFor } from '../../src/agents/agent-tools.ts'
import { createRandom } from '../support/seeded-random.ts'

const CARDS = ['github', 'postgres', 'filesystem', 'custom'] as const
const TOOLS = ['read', 'write', 'list', 'query'] as const

const connectionsFrom = (random: ReturnType<typeof createRandom>) =>
  Array.from({ length: random.below(6) }, (_, at) => ({
    name: random.chance(0.3) ? random.pick(CARDS) : `mine-${at}`,
    card: random.pick(CARDS),
    secret: `of-${at}`,
    tools: TOOLS.filter(() => random.chance(0.7)).map((name) => ({ name })),
  }))

const agentFrom = (random: ReturnType<typeof createRandom>) => ({
  ...(random.chance(0.7) && {
    connections: [...CARDS, 'mine-0', 'mine-3', 'nobodys'].filter(() => random.chance(0.4)),
  }),
  ...(random.chance(0.5) && { tools: [...TOOLS, 'drop_everything'].filter(() => random.chance(0.5)) }),
})

test('of 200 agents and askers, none is offered more than the asker has, and nothing that the agent does not name', () => {
  const random = createRandom(14)
  for (let round = 0; round < 200; round++) {
    const [agent, connections] = [agentFrom(random), connectionsFrom(random)]
    const offered = offersFor(agent, connections)
    for (const one of offered) {
      const own = connections.find(({ secret }) => secret === one.secret)
      expect(own).toMatchObject({ name: one.name, card: one.card })
      for (const tool of one.tools) expect(own?.tools).toContainEqual(tool)
      if (agent.connections) expect([one.name, one.card].some((name) => agent.connections?.includes(name))).toBe(true)
      if (agent.tools) for (const { name } of one.tools) expect(agent.tools).toContain(name)
    }
    // And all of what both have.
    const wanted = connections.filter(
      ({ name, card }) => !agent.connections || agent.connections.includes(name) || agent.connections.includes(card),
    )
    expect(offered.map(({ secret }) => secret)).toEqual(wanted.map(({ secret }) => secret))
  }
})

test('without an agent a person has all of theirs', () => {
  const connections = connectionsFrom(createRandom(1))
  expect(offersFor(undefined, connections)).toBe(connections)
})
