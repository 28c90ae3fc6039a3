import { describe, expect, test } from 'vitest'
import { findAddress, routeRequest, snapshotOf } from '../../src/agents/agent-address.ts'
import type { Agent, AgentChoices } from '../../src/agents/agent-rows.ts'
import { UserId } from '../../src/ids.ts'

const agentCalled = (name: string, change: Partial<Agent> = {}): Agent => ({
  id: name.toLowerCase().replaceAll(' ', '-'),
  name,
  purpose: `is ${name}`,
  instructions: '',
  version: 1,
  owner: UserId.parse('UADA'),
  shared: true,
  ...change,
})

const AGENTS = ['Reviewer', 'Data', 'Data analyst', 'On-call helper', 'Ada’s reviewer', '審査員'].map((name) =>
  agentCalled(name),
)

/** The agent that is named and what is left, or why nobody is. */
function found(text: string, by: 'mention' | 'thread' = 'mention', agents = AGENTS): string {
  const address = findAddress({ text, by }, agents)
  if (address.kind === 'none') return 'none'
  if (address.kind === 'agent') return `${address.agent.name} | ${address.text}`
  return address.kind === 'app' ? `app | ${address.text}` : `ambiguous ${address.names.join('+')} | ${address.text}`
}

describe('behind the mention or in direct messages', () => {
  test.each([
    ['Reviewer look at !12', 'Reviewer | look at !12'],
    ['reviewer: look at !12', 'Reviewer | look at !12'],
    ['REVIEWER, look', 'Reviewer | look'],
    ['Reviewer > look', 'Reviewer | look'],
    ['Reviewer &gt; look', 'Reviewer | look'],
    ['Reviewer\nlook', 'Reviewer | look'],
    ['Reviewer', 'Reviewer | '],
    ['Reviewer – look', 'Reviewer | look'],
    ['data analyst how many?', 'Data analyst | how many?'],
    ['Data   Analyst how many?', 'Data analyst | how many?'],
    ['data-analyst: how many?', 'Data analyst | how many?'],
    ['Data how many?', 'Data | how many?'],
    ['Data: analyst numbers', 'Data | analyst numbers'],
    ['On call helper what is broken', 'On-call helper | what is broken'],
    ['oncallhelper what is broken', 'On-call helper | what is broken'],
    ["Ada's reviewer: look", 'Ada’s reviewer | look'],
    ['審査員 これを見て', '審査員 | これを見て'],
    ['@reviewer look', 'Reviewer | look'],
    ['@data-analyst how many?', 'Data analyst | how many?'],
    ['hey @Patchbay Reviewer, look', 'Reviewer | hey look'],
    ['hey @Patchbay reviewer look', 'Reviewer | hey look'],
    ['Patchbay: and you?', 'app | and you?'],
    ['Reviewer and Data: look', 'ambiguous Reviewer+Data | look'],
    ['Reviewer & Data analyst look', 'ambiguous Reviewer+Data analyst | look'],
  ])('%j', (text, expected) => {
    expect(found(text)).toBe(expected)
  })

  test.each([
    'look at !12, Reviewer',
    'the Reviewer said no',
    'Reviewers are few',
    'Database is slow',
    'Reviewer’s last answer was odd',
    'Reviewer said it is fine, is it?',
    'Reviewer found nothing',
    'Patchbay is down',
    'Nobody: look',
    '',
  ])('%j names nobody', (text) => {
    expect(found(text)).toBe('none')
  })
})

describe('in a thread without a mention', () => {
  test.each([
    ['Reviewer: and this?', 'Reviewer | and this?'],
    ['Data analyst, and this?', 'Data analyst | and this?'],
    ['@reviewer and this?', 'Reviewer | and this?'],
  ])('%j', (text, expected) => {
    expect(found(text, 'thread')).toBe(expected)
  })

  test.each(['Reviewer is right', 'Reviewer and this?', 'Reviewer'])('%j is talk', (text) => {
    expect(found(text, 'thread')).toBe('none')
  })
})

test('of two agents of one name nobody is taken', () => {
  const twice = [agentCalled('Reviewer'), agentCalled('Reviewer', { id: 'other', shared: false })]
  expect(found('Reviewer: look', 'mention', twice)).toBe('ambiguous Reviewer | look')
})

describe('who does a request', () => {
  const NONE: AgentChoices = { thread: undefined, threadName: undefined, channel: undefined, person: undefined }
  const routed = (text: string, choices: Partial<AgentChoices>) => {
    const { agent, text: rest, doubt } = routeRequest({ text, by: 'mention' }, AGENTS, { ...NONE, ...choices })
    return [agent?.name, agent?.chosenBy, rest, doubt]
  }
  const all = { thread: 'reviewer', threadName: 'Reviewer', channel: 'data', person: 'data-analyst' }

  test.each<[string, Partial<AgentChoices>, unknown[]]>([
    ['Data: sum', all, ['Data', 'name', 'sum', undefined]],
    ['sum', all, ['Reviewer', 'thread', 'sum', undefined]],
    ['sum', { ...all, thread: undefined }, ['Data', 'channel', 'sum', undefined]],
    ['sum', { person: 'data-analyst' }, ['Data analyst', 'person', 'sum', undefined]],
    ['sum', {}, [undefined, undefined, 'sum', undefined]],
    ['Patchbay: sum', all, [undefined, undefined, 'sum', undefined]],
    ['Data', {}, ['Data', 'name', 'Data', undefined]],
    ['sum', { ...all, thread: 'gone', threadName: 'Gone' }, ['Data', 'channel', 'sum', { kind: 'gone', name: 'Gone' }]],
    ['sum', { channel: 'gone', person: 'gone' }, [undefined, undefined, 'sum', undefined]],
    ['Reviewer and Data: sum', all, ['Data', 'channel', 'sum', { kind: 'ambiguous', names: ['Reviewer', 'Data'] }]],
  ])('%s with %j', (text, choices, expected) => {
    expect(routed(text, choices)).toEqual(expected)
  })

  test('a snapshot holds what the agent is, and not whose', () => {
    expect(snapshotOf(agentCalled('Reviewer', { version: 3, model: 'claude-haiku-5' }), 'name')).toEqual({
      id: 'reviewer',
      version: 3,
      name: 'Reviewer',
      purpose: 'is Reviewer',
      instructions: '',
      model: 'claude-haiku-5',
      chosenBy: 'name',
    })
  })
})

test.each([' ', '\n', ',', 'Reviewer ', '@Patchbay ', 'and '])(
  'a text of nothing but %j costs no more than its length',
  (sign) => {
    const filled = sign.repeat(40_000 / sign.length)
    for (const text of [filled, `Reviewer${filled}x`, `${filled}@Patchbay Reviewer ${filled}x`]) {
      const before = performance.now()
      findAddress({ text, by: 'mention' }, AGENTS)
      // A quadratic search takes minutes.
      expect(performance.now() - before).toBeLessThan(5_000)
    }
  },
)
