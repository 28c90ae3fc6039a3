import { describe, expect, test } from 'vitest'
import { checkMessage } from '../../../src/block-kit/check-message.ts'
import { checkView } from '../../../src/block-kit/check-view.ts'
import { UserId } from '../../../src/ids.ts'
import { suggestedPromptsFor } from '../../../src/slack/onboarding/suggested-prompts.ts'
import {
  alreadyConnectedMessage,
  connectFirstMessage,
  connectOfferMessage,
  offerTakenMessage,
  welcomeMessage,
} from '../../../src/slack/onboarding/welcome-message.ts'
import { welcomeStageOf } from '../../../src/slack/onboarding/welcome-stage.ts'
import { askAboutForm, askedAboutMessage } from '../../../src/slack/shortcuts/ask-about-form.ts'
import { renderAll } from '../../support/render-blocks.ts'
import { approvalOf, connectionOf } from '../samples.ts'
import { stateOf } from '../states.ts'

const LONG = 'A <b>long</b> & *strange* text\nof `many` words. '.repeat(400)
const demo = { name: 'demo-database', title: 'Demo database' }
const many = { name: LONG, title: LONG }
const first = { name: 'demo-database', question: 'How many employees are there?' }
const short = { author: 'UMEMBER1', text: 'Shall we?', files: [] }
const long = { text: LONG, files: Array.from({ length: 30 }, () => ({ name: LONG })) }

const SAYINGS = {
  'welcome: nothing connected': welcomeMessage({ userName: 'Ada', stage: 'connect', demo, first: undefined }),
  'welcome without a demo': welcomeMessage({ userName: 'Ada', stage: 'connect', demo: undefined, first: undefined }),
  'welcome: connected': welcomeMessage({ userName: 'Ada', stage: 'ask', demo, first }),
  'welcome: connected without questions': welcomeMessage({
    userName: 'Ada',
    stage: 'ask',
    demo,
    first: { name: 'tools', question: undefined },
  }),
  'welcome: answered': welcomeMessage({ userName: 'Ada', stage: 'approval', demo, first }),
  'welcome: an approval waits': welcomeMessage({ userName: 'Ada', stage: 'decide', demo, first }),
  'welcome: over': welcomeMessage({ userName: 'Ada', stage: 'done', demo, first }),
  'largest welcome': welcomeMessage({ userName: LONG, stage: 'connect', demo: many, first: undefined }),
  'largest question': welcomeMessage({ userName: LONG, stage: 'ask', demo, first: { name: LONG, question: LONG } }),
  'connect first': connectFirstMessage(demo),
  'largest connect first': connectFirstMessage(many),
  'connect first, without a demo': connectFirstMessage(undefined),
  'already connected': alreadyConnectedMessage('demo-database', ['One?', 'Two?', 'Three?', 'Four?']),
  'offer under an answer': connectOfferMessage(demo),
  'offer without a demo': connectOfferMessage(undefined),
  'offer taken': offerTakenMessage('demo-database', 'run-1'),
  'asked in the thread': askedAboutMessage('UMEMBER1', 'Why?', undefined),
  'asked in direct messages': askedAboutMessage('UMEMBER1', 'Why?', short),
  'largest asked': askedAboutMessage('UMEMBER1', LONG, long),
}

describe('what is said', () => {
  test.each(Object.entries(SAYINGS))('%s', (_name, saying) => {
    expect(checkMessage(saying)).toEqual([])
  })
})

const VIEWS = {
  'smallest form': askAboutForm({ text: '', files: [] }, {}),
  form: askAboutForm(short, { ts: '1' }),
  'largest form': askAboutForm(long, { ts: '1' }),
}

test.each(Object.entries(VIEWS))('the modal of the message shortcut: %s', (_name, view) => {
  expect(checkView(view)).toEqual([])
})

test('what is said and shown reads like this', async () => {
  await expect(renderAll({ ...SAYINGS, ...VIEWS })).toMatchFileSnapshot('renderings/welcome-message.txt')
})

test('prompts: what is next first, one of each connection before the second, each in Slack’s limits', () => {
  const starters = [
    ['a1', 'a2', 'a3'],
    ['b1', 'a1'],
  ]
  const asked = (stage: Parameters<typeof suggestedPromptsFor>[0]) =>
    suggestedPromptsFor(stage, starters)?.prompts.map(({ message }) => message)
  expect(suggestedPromptsFor('connect', [])).toBeUndefined()
  expect(asked('ask')).toEqual(['a1', 'b1'])
  expect(asked('approval')).toEqual(['Delete employee 10001', 'a1', 'b1'])
  expect(asked('done')).toEqual(['What can you do with my connections?', 'a1', 'b1', 'a2'])
})

const demoConnection = connectionOf({ card: 'demo-database' })
const asked = stateOf([{ text: 'Two.', calls: [{}] }])
const waiting = stateOf([{ text: '', calls: [{ approval: approvalOf() }] }], { status: 'working' })
const approved = {
  decision: 'approved' as const,
  by: UserId.parse('UMEMBER1'),
  reason: undefined,
  at: new Date(0),
  edited: false,
}
const decided = stateOf([{ text: 'Done.', calls: [{ approval: approvalOf({ decided: approved }) }] }])

test.each([
  ['connect', [], []],
  ['ask', [demoConnection], []],
  ['ask', [demoConnection], [stateOf([{ text: 'Hello.' }])]],
  ['ask', [demoConnection], [stateOf([{ text: '', calls: [{}] }], { status: 'working' })]],
  ['approval', [demoConnection], [asked]],
  ['done', [connectionOf({ card: 'github' })], [asked]],
  ['decide', [demoConnection], [waiting, asked]],
  ['done', [demoConnection], [decided, asked]],
  ['connect', [], [asked]],
] as const)('a new person is at "%s"', (stage, connections, recent) => {
  expect(welcomeStageOf([...connections], [...recent])).toBe(stage)
})
