import { describe, expect, test } from 'vitest'
import { checkMessage } from '../../src/block-kit/check-message.ts'
import { checkView } from '../../src/block-kit/check-view.ts'
import { askAboutForm, askedAboutMessage } from '../../src/slack/messages/ask-about-form.ts'
import { suggestedPromptsFor } from '../../src/slack/onboarding/suggested-prompts.ts'
import { connectFirstMessage, welcomeMessage } from '../../src/slack/onboarding/welcome-message.ts'
import { renderAll } from '../support/render-blocks.ts'

const LONG = 'A <b>long</b> & *strange* text\nof `many` words. '.repeat(400)
const demo = { name: 'demo-database', title: 'Demo database', starters: ['One?', 'Two?', 'Three?', 'Four?'] }
const many = { name: LONG, title: LONG, starters: [LONG, `${LONG}2`, `${LONG}3`] }
const short = { author: 'UMEMBER1', text: 'Shall we?', files: [] }
const long = { text: LONG, files: Array.from({ length: 30 }, () => ({ name: LONG })) }

const SAYINGS = {
  welcome: welcomeMessage('Ada', demo),
  'welcome without a demo': welcomeMessage('Ada', undefined),
  'largest welcome': welcomeMessage(LONG, many),
  'connect first': connectFirstMessage(demo),
  'largest connect first': connectFirstMessage(many),
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
  await expect(renderAll({ ...SAYINGS, ...VIEWS })).toMatchFileSnapshot('renderings/reach-views.txt')
})

test('prompts: one of each connection first, four at most, each in Slack’s limits', () => {
  expect(suggestedPromptsFor([]).prompts).toHaveLength(2)
  const cards = [
    { title: 'A', starters: ['a1', 'a2', 'a3'] },
    { title: 'B', starters: ['b1', 'a1'] },
  ]
  expect(suggestedPromptsFor(cards).prompts.map(({ message }) => message)).toEqual([
    'What can you do with my connections?',
    'a1',
    'b1',
    'a2',
  ])
})
