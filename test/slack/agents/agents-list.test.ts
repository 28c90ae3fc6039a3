import { expect, test } from 'vitest'
import type { Agent } from '../../../src/agents/agent-rows.ts'
import { checkMessage } from '../../../src/block-kit/check-message.ts'
import { checkView } from '../../../src/block-kit/check-view.ts'
import { UserId } from '../../../src/ids.ts'
import { offerMessage } from '../../../src/slack/agents/agent-offer.ts'
import { agentMoreModal, agentsMessage } from '../../../src/slack/agents/agents-list.ts'
import { askAnotherModal } from '../../../src/slack/agents/ask-another.ts'
import { stateOf } from '../states.ts'

const OWNER = UserId.parse('UMEMBER1')
const HOSTILE = '<!here> *bold* <https://evil.example|click> & '

const agentOf = (change: Partial<Agent> = {}): Agent => ({
  id: '0b5c2f2e-3c34-4e0e-8f6c-5a8f1f1c9a77',
  name: 'n'.repeat(40),
  face: ':mag:',
  purpose: HOSTILE.repeat(5).slice(0, 200),
  instructions: HOSTILE.repeat(200).slice(0, 8_000),
  model: 'm'.repeat(100),
  connections: Array.from({ length: 50 }, (_, at) => `c${at}`.padEnd(100, 'x')),
  limits: { turns: 3, costUsd: 0.5 },
  version: 7,
  owner: OWNER,
  shared: true,
  ...change,
})

const many = Array.from({ length: 120 }, (_, at) => agentOf({ id: `agent-${at}`, name: `Agent ${at}` }))

test('the longest list, its details and its menus are what Slack takes, and nothing in them is a link or a mention', () => {
  const list = agentsMessage({ agents: many, reader: OWNER, channel: 'C1', chosen: ['agent-1'], note: 'Done.' })
  const versions = Array.from({ length: 20 }, (_, at) => ({ version: at + 1, definition: agentOf(), at: new Date(0) }))
  const more = agentMoreModal({
    agent: agentOf(),
    versions: versions.map(({ definition, ...one }) => {
      const { id: _id, version: _version, owner: _owner, shared: _shared, ...rest } = definition
      return { ...one, definition: rest }
    }),
    reader: OWNER,
    isOwner: false,
  })
  const offer = offerMessage('C1', many.slice(0, 100))
  const ask = askAnotherModal(stateOf([], { text: HOSTILE.repeat(100) }), many)
  expect([checkMessage(list), checkMessage(offer), checkView(more), checkView(ask)]).toEqual([[], [], [], []])
  for (const shown of [list, more, ask.blocks[0]]) expect(JSON.stringify(shown)).not.toMatch(/<!here|<https/)
  expect(JSON.stringify(list)).toContain('and 106 more')
})

test('others read what an agent is told and may not change it; owners may archive what is shared', () => {
  const looks = (reader: string, isOwner: boolean, change: Partial<Agent> = {}) => {
    const agent = agentOf(change)
    const list = agentsMessage({ agents: [agent], reader, channel: 'D1', chosen: [] })
    const more = agentMoreModal({ agent, versions: [], reader, isOwner })
    return ['agent_edit', 'agent_share', 'agent_more', 'agent_archive'].filter((action) =>
      JSON.stringify([list, more]).includes(`"${action}"`),
    )
  }
  expect(looks(OWNER, false)).toEqual(['agent_edit', 'agent_share', 'agent_more', 'agent_archive'])
  expect(looks('UOTHER', false)).toEqual(['agent_more'])
  expect(looks('UOTHER', true)).toEqual(['agent_more', 'agent_archive'])
  expect(looks('UOTHER', true, { owner: undefined }), 'a file changes its agent').toEqual(['agent_more'])
})
