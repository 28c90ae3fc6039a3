import type { View } from '@slack/types'
import { describe, expect, test } from 'vitest'
import { checkMessage } from '../../../src/block-kit/check-message.ts'
import { checkView } from '../../../src/block-kit/check-view.ts'
import type { SearchHit } from '../../../src/connect/catalog/search-catalog.ts'
import type { MessageContent } from '../../../src/slack/blocks/build-blocks.ts'
import { type SearchContent, searchMessage, searchModal } from '../../../src/slack/catalog/search-results.ts'
import { connectModal } from '../../../src/slack/connections/connect-form.ts'
import { renderAll } from '../../support/render-blocks.ts'
import { CARDS } from '../samples.ts'

const LONG = 'Long words <!channel> & <@U123> *bold* _it_ ~no~ `code` ``` \n" \\ 👩‍👩‍👧 '.repeat(400)
const NAME = `${'n'.repeat(49)}/${'n'.repeat(50)}`

const own: SearchHit = {
  card: 'github',
  title: 'GitHub',
  icon: ':octopus:',
  description: 'Issues',
  permissionCard: 'github',
  host: 'api.githubcopilot.com',
}
const foreign: SearchHit = {
  ...own,
  card: 'dev.acme/weather@1.0.0',
  title: 'Weather',
  permissionCard: 'custom',
  host: 'mcp.acme.dev',
  registry: { name: 'dev.acme/weather', publisher: 'acme.dev', deprecated: true },
}
const long = (at: number): SearchHit => ({
  ...foreign,
  card: `${NAME}${at}@${'1'.repeat(40)}`,
  title: LONG.slice(0, 48),
  description: LONG.slice(0, 200),
  host: 'h'.repeat(250),
  registry: { name: NAME, deprecated: false },
})
const picture = (more: Partial<SearchContent> = {}): SearchContent => ({
  hits: [own, foreign],
  whole: true,
  near: [],
  registry: 'searched',
  notAllowed: 0,
  mayConnectByAddress: true,
  ...more,
})
const many = picture({ hits: Array.from({ length: 35 }, (_, at) => long(at)), notAllowed: 7, registry: 'never' })
const nothing = picture({ hits: [], near: ['github', 'gitlab', 'grafana'] })
const look = { words: 'issues', page: 0 }

const SAYINGS: Record<string, MessageContent> = {
  found: searchMessage(picture(), look),
  'found, long': searchMessage(many, { words: LONG, page: 1 }),
  'found, in part only': searchMessage(picture({ whole: false }), { words: 'issues of the neighbours', page: 0 }),
  nothing: searchMessage(nothing, look),
  'nothing near, no address': searchMessage(picture({ hits: [], mayConnectByAddress: false }), look),
}

const [card] = CARDS
if (card === undefined) throw new Error('there is no card')
const entry = { ...card, name: 'dev.acme/weather@1.0.0', entry: { name: 'dev.acme/weather', host: 'mcp.acme.dev' } }
const form = { cards: CARDS, name: 'weather', values: {}, metadata: {} }

const VIEWS: Record<string, View> = {
  'search without words': searchModal(undefined, { words: '', page: 0 }),
  search: searchModal(picture(), look),
  'search, long': searchModal(many, { words: LONG.slice(0, 2_000), page: 1 }),
  'form of an entry': connectModal({ ...form, card: entry }),
  'form of an entry, long': connectModal({
    ...form,
    card: { ...entry, title: LONG.slice(0, 48), description: LONG.slice(0, 200), entry: { name: NAME, host: LONG } },
    alert: LONG,
  }),
}

describe('what is said', () => {
  test.each(Object.entries(SAYINGS))('%s', (_name, saying) => {
    expect(checkMessage(saying)).toEqual([])
  })

  test('a stranger’s text pings nobody and marks nothing', () => {
    const { text = '', blocks = [] } = SAYINGS['found, long'] ?? {}
    const sections = blocks.flatMap((block) => (block.type === 'section' ? [block.text?.text ?? ''] : []))
    expect(sections).toHaveLength(11)
    expect([text, ...sections].join()).not.toContain('<!channel>')
    expect(sections.join()).not.toContain('*bold*')
  })

  test('a host that is still to be filled in is not named', () => {
    const { blocks } = searchMessage(picture({ hits: [{ ...own, host: '…' }] }), look)
    expect(JSON.stringify(blocks)).toContain('*GitHub*\\nIssues')
  })

  test('a button remembers long words as JSON that can be read again', () => {
    const values: string[] = []
    JSON.stringify(SAYINGS['found, long'], (_key, value) => {
      if (String(value?.action_id).startsWith('search_page')) values.push(value.value)
      return value
    })
    for (const value of values) expect(JSON.parse(value)).toMatchObject({ page: expect.any(Number) })
    expect(values).not.toEqual([])
  })
})

describe('views', () => {
  test.each(Object.entries(VIEWS))('%s', (_name, view) => {
    expect(checkView(view)).toEqual([])
  })
})

test('what is said and shown reads like this', async () => {
  await expect(renderAll({ ...SAYINGS, ...VIEWS })).toMatchFileSnapshot('renderings/search-results.txt')
})
