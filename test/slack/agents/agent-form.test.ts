import { describe, expect, test } from 'vitest'
import type { AgentDefinition } from '../../../src/agents/agent.ts'
import { checkView } from '../../../src/block-kit/check-view.ts'
import { agentModal, fillFormTexts } from '../../../src/slack/agents/agent-form.ts'
import { connectionChoices, readAgentForm } from '../../../src/slack/agents/read-agent-form.ts'
import { connectionOf } from '../samples.ts'

const REVIEWER: AgentDefinition = { name: 'Reviewer', face: ':mag:', purpose: 'reviews', instructions: 'Read all.' }
const POET: AgentDefinition = { name: 'Poet', purpose: 'writes', instructions: 'Rhyme.', limits: { turns: 3 } }

const FILES = connectionOf({ name: 'files' })
const MORE_FILES = connectionOf({ name: 'more-files' })
const ISSUES = connectionOf({ name: 'issues', card: 'github', tools: [] })
const titleOf = ({ card }: { card: string }) => card.toUpperCase()

describe('a template', () => {
  test('fills what is empty and keeps what was typed', () => {
    expect(fillFormTexts({ purpose: 'mine' }, undefined, REVIEWER)).toEqual({
      name: 'Reviewer',
      face: ':mag:',
      purpose: 'mine',
      instructions: 'Read all.',
    })
  })

  test('takes the place of another one’s words, and of none that were changed', () => {
    const typed = { name: 'Reviewer', face: ':mag:', purpose: 'reviews', instructions: 'Read all. And more.' }
    expect(fillFormTexts(typed, REVIEWER, POET)).toEqual({
      name: 'Poet',
      purpose: 'writes',
      instructions: 'Read all. And more.',
      turns: '3',
    })
  })
})

describe('what may be chosen', () => {
  const choices = (chosen: string[] = []) =>
    connectionChoices([FILES, MORE_FILES, ISSUES], titleOf, chosen).map(({ id, text }) => `${id} ${text}`)

  test('services by their card, connections of which there are several, and what was chosen before', () => {
    expect(choices(['gone'])).toEqual([
      'filesystem FILESYSTEM',
      'github GITHUB',
      'files Only files (FILESYSTEM)',
      'more-files Only more-files (FILESYSTEM)',
      'gone gone',
    ])
  })

  test('a connection that is called as its card is one choice', () => {
    expect(connectionChoices([connectionOf({ name: 'github', card: 'github' })], titleOf, [])).toHaveLength(1)
  })
})

describe('a form that was sent', () => {
  const read = (texts: object, chosen: string[] = []) =>
    readAgentForm({ name: 'Reviewer', purpose: 'reviews', ...texts }, chosen, [FILES, ISSUES])

  test('is an agent', () => {
    const texts = { face: 'mag', tools: 'read_text_file, list_directory', turns: '4', cost: '$0,50' }
    expect(read({ ...texts, tools: FILES.tools.map(({ name }) => name).join('\n') }, ['filesystem'])).toEqual({
      definition: {
        name: 'Reviewer',
        purpose: 'reviews',
        instructions: '',
        face: ':mag:',
        connections: ['filesystem'],
        tools: FILES.tools.map(({ name }) => name),
        limits: { turns: 4, costUsd: 0.5 },
      },
    })
    expect(readAgentForm({ name: 'A  b', purpose: 'x' }, [], [], ['Poet'])).toMatchObject({
      definition: { name: 'A b', asks: ['Poet'] },
    })
  })

  test.each<[object, string[], object]>([
    [{ name: undefined }, [], { name: 'Give it a name.' }],
    [{ purpose: undefined }, [], { purpose: expect.stringContaining('one line') }],
    [{ face: 'http://a.example/x.png' }, [], { face: expect.stringContaining('https://') }],
    [{ model: 'gpt-9' }, [], { model: expect.stringContaining('Claude') }],
    [{ turns: '0' }, [], { turns: expect.stringContaining('1 to 15') }],
    [{ turns: '1.5' }, [], { turns: expect.stringContaining('1 to 15') }],
    [{ cost: '0' }, [], { cost: expect.stringContaining('above 0') }],
    [{ cost: 'lots' }, [], { cost: expect.anything() }],
    [{ tools: `${FILES.tools[0]?.name ?? ''}x` }, [], { tools: expect.stringContaining('Did you mean') }],
  ])('with %j says what is wrong there', (texts, chosen, errors) => {
    expect(read(texts, chosen)).toEqual({ errors })
  })

  test('tools of services that the person has not connected are taken as they are', () => {
    expect(read({ tools: 'create_issue' }, ['github'])).toMatchObject({ definition: { tools: ['create_issue'] } })
  })
})

test.each([false, true])('the form is one that Slack takes, with more fields: %s', (more) => {
  const long = 'x'.repeat(2_900)
  const view = agentModal({
    metadata: { id: 'a'.repeat(36), filled: 3, template: 'Reviewer', more },
    templates: [REVIEWER, { ...POET, purpose: 'y'.repeat(200) }],
    texts: more ? { name: 'n', instructions: long, tools: long } : {},
    choices: connectionChoices([FILES, MORE_FILES, ISSUES], titleOf, ['github', 'z'.repeat(100)]),
    connections: ['github'],
  })
  expect(checkView(view)).toEqual([])
  expect(JSON.stringify(view)).toContain(more ? 'Most turns a request' : 'agent_form_more')
})
