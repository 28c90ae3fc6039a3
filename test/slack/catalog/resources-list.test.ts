import type { View } from '@slack/types'
import { describe, expect, test } from 'vitest'
import { checkMessage } from '../../../src/block-kit/check-message.ts'
import { checkView } from '../../../src/block-kit/check-view.ts'
import type { Resource } from '../../../src/connect/features/features.ts'
import type { MessageContent } from '../../../src/slack/blocks/build-blocks.ts'
import { promptRequestText, promptsModal, usedPromptMessage } from '../../../src/slack/catalog/prompts-list.ts'
import {
  askedOfResourceMessage,
  contentMessage,
  readResourceMessage,
  resourceChangedMessage,
  resourceModal,
  resourcesModal,
  watchingMessage,
} from '../../../src/slack/catalog/resources-list.ts'
import { templateModal } from '../../../src/slack/catalog/template-form.ts'
import { connectionBlocks } from '../../../src/slack/connections/connections-message.ts'
import { renderAll } from '../../support/render-blocks.ts'
import { connectionOf } from '../samples.ts'

const LONG = 'Long words <!channel> & <@U123> *bold* _it_ ~no~ `code` ``` \n" \\ 👩‍👩‍👧 '.repeat(400)
const URI = `x://${'"'.repeat(740)}`
const ID = connectionOf().id
const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at))
const look = { connection: ID, words: '', page: 0, name: 'files' }
const longLook = { ...look, words: LONG, name: 'n'.repeat(32), channel: 'COPS00001', thread: '1764100000.000100' }
const named = times(150, (at) => ({ id: `${ID}${at}`, name: 'n'.repeat(32) }))
const notes: Resource = { uri: 'note://a', name: 'Notes', description: 'Of today', mimeType: 'text/plain', size: 1_234 }
const long: Resource = {
  uri: URI,
  name: LONG.slice(0, 200),
  description: LONG,
  mimeType: LONG.slice(0, 200),
  size: 9e9,
}
const template = { uriTemplate: 'note://{day}', name: 'Day', description: '', mimeType: undefined, variables: ['day'] }
const picked = { uri: 'note://a', name: 'Notes', kind: 'text/plain, 1 KB' }
const longPicked = { uri: URI, name: LONG.slice(0, 100), kind: LONG.slice(0, 80) }
const used = { title: 'Greet', of: 'custom', values: { city: 'Rome', tone: '' } }
const longUsed = { title: LONG.slice(0, 200), of: 'n'.repeat(32), values: { a: LONG, b: LONG } }
const field = { name: 'city', title: 'City', description: 'Which city', required: true }
const form = {
  id: 'prompt' as const,
  title: 'Prompt',
  submit: 'Run',
  name: 'Greet',
  of: 'custom',
  description: 'Greets a city',
  fields: [field, { ...field, name: 'tone', required: false }],
  values: {},
  hasCompletions: true,
  metadata: { connection: ID, of: { kind: 'prompt', name: 'greet' } },
}
const id = '0b5c2f2e-3c34-4e0e-8f6c-5a8f1f1c9a77'
const whole = { canSubscribe: true, where: 'in our direct messages', of: 'files' }

const SAYINGS: Record<string, MessageContent> = {
  read: readResourceMessage('<@UMEMBER1>', picked, 'files'),
  'read, long': readResourceMessage('<@UMEMBER1>', longPicked, LONG),
  'asked of': askedOfResourceMessage('<@UMEMBER1>', 'What is it?', picked, 'files'),
  'asked of, long': askedOfResourceMessage('<@UMEMBER1>', LONG, longPicked, LONG),
  content: contentMessage('one\n```two``` <!channel>'),
  'content, long': contentMessage('w'.repeat(2_500)),
  watching: watchingMessage('<@UMEMBER1>', { name: 'Notes', of: 'files', id }),
  'watching, long': watchingMessage('<@UMEMBER1>', { name: LONG.slice(0, 200), of: 'n'.repeat(32), id }),
  changed: resourceChangedMessage({ name: 'Notes', of: 'files', id }),
  'changed, long': resourceChangedMessage({ name: LONG.slice(0, 200), of: 'n'.repeat(32), id }),
  'used prompt': usedPromptMessage('<@UMEMBER1>', used, 'Greet Rome.\nKindly.'),
  'used prompt, long': usedPromptMessage('<@UMEMBER1>', longUsed, LONG),
  'used prompt without words': usedPromptMessage('<@UMEMBER1>', { ...used, values: {} }, ''),
  'connection with all': {
    text: 'x',
    blocks: connectionBlocks(
      connectionOf({
        offers: { resources: true, prompts: true, skills: true, completions: true, subscriptions: true },
      }),
      () => undefined,
    ),
  },
}

const VIEWS: Record<string, View> = {
  'no resources': resourcesModal({ resources: [], templates: [], more: false }, look, []),
  resources: resourcesModal({ resources: [notes], templates: [template], more: false }, look, []),
  'many resources': resourcesModal(
    { resources: times(40, () => long), templates: times(9, () => template), more: true },
    { ...longLook, words: 'words', page: 1 },
    named,
  ),
  'nothing found': resourcesModal({ resources: [notes], templates: [], more: false }, longLook, named),
  resource: resourceModal(picked, { ...whole, canSubscribe: false, metadata: { ...picked, connection: ID } }),
  'resource, long': resourceModal(longPicked, { ...whole, metadata: { ...longPicked, connection: ID } }),
  prompts: promptsModal([{ name: 'greet', title: 'Greet', description: 'Greets', arguments: [field] }], look, []),
  'many prompts': promptsModal(
    times(40, (at) => ({
      name: `p${at}`,
      title: LONG.slice(0, 200),
      description: LONG,
      arguments: times(20, () => field),
    })),
    { ...longLook, words: '' },
    named,
  ),
  'form with menus': templateModal({ ...form, values: { city: 'Rome' } }),
  'form, long': templateModal({
    ...form,
    name: LONG.slice(0, 200),
    description: LONG.slice(0, 1_000),
    fields: times(20, (at) => ({
      name: `${at}${'n'.repeat(198)}`,
      title: LONG.slice(0, 200),
      description: LONG.slice(0, 1_000),
      required: true,
    })),
    values: { [`1${'n'.repeat(198)}`]: LONG },
    hasCompletions: false,
    alert: LONG,
  }),
  'form without fields': templateModal({ ...form, fields: [], hasCompletions: false }),
}

describe('what is said', () => {
  test.each(Object.entries(SAYINGS))('%s', (_name, saying) => {
    expect(checkMessage(saying)).toEqual([])
  })

  test('a request made of a prompt is short', () => {
    expect(promptRequestText(used)).toBe('Prompt "Greet" of custom (city: Rome)')
    expect(promptRequestText(longUsed).length).toBeLessThanOrEqual(1_000)
  })
})

describe('views', () => {
  test.each(Object.entries(VIEWS))('%s', (_name, view) => {
    expect(checkView(view)).toEqual([])
  })
})

test('what is said and shown reads like this', async () => {
  await expect(renderAll({ ...SAYINGS, ...VIEWS })).toMatchFileSnapshot('renderings/resources-list.txt')
})
