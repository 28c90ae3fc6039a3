import type { KnownBlock } from '@slack/types'
import { describe, expect, it } from 'vitest'
import { checkMessage, checkMessageBlocks } from '../../src/block-kit/check-message.ts'
import { LIMITS } from '../../src/block-kit/limits.ts'

const long = (characters: number) => 'x'.repeat(characters)
const plain = (text: string) => ({ type: 'plain_text', text })
const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } })
const button = (more: object = {}) => ({ type: 'button', text: plain('Go'), action_id: 'go', ...more })
const actions = (...elements: object[]) => ({ type: 'actions', elements })
const option = (value: string) => ({ text: plain(value), value })
const select = (more: object) => ({ type: 'static_select', action_id: 's', ...more })
const input = (element: object, more: object = {}) => ({ type: 'input', label: plain('Name'), element, ...more })

/** What the refused payloads below are made of, in a form Slack takes. */
const TAKEN: KnownBlock[] = [
  { type: 'header', text: { type: 'plain_text', text: 'Plan', emoji: true } },
  { type: 'divider' },
  {
    type: 'section',
    text: { type: 'mrkdwn', text: '*hi*', verbatim: true },
    fields: [{ type: 'plain_text', text: 'a' }],
    accessory: {
      type: 'overflow',
      action_id: 'more',
      options: [{ text: { type: 'plain_text', text: 'A' }, value: 'a' }],
    },
  },
  {
    type: 'context',
    elements: [
      { type: 'mrkdwn', text: 'small' },
      { type: 'image', image_url: 'https://x.test/i.png', alt_text: 'i' },
    ],
  },
  {
    type: 'actions',
    block_id: 'b1',
    elements: [
      {
        type: 'button',
        text: { type: 'plain_text', text: 'Approve' },
        style: 'primary',
        value: '1',
        action_id: 'approve',
        confirm: {
          title: { type: 'plain_text', text: 'Sure?' },
          text: { type: 'mrkdwn', text: 'Really' },
          confirm: { type: 'plain_text', text: 'Yes' },
          deny: { type: 'plain_text', text: 'No' },
        },
      },
    ],
  },
  { type: 'markdown', text: '# Title' },
  {
    type: 'plan',
    title: 'Working',
    tasks: [
      {
        type: 'task_card',
        task_id: 't1',
        title: 'Read',
        status: 'complete',
        output: {
          type: 'rich_text',
          elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'done' }] }],
        },
        sources: [{ type: 'url', url: 'https://x.test', text: 'x' }],
      },
    ],
  },
  {
    type: 'table',
    rows: [
      [
        { type: 'raw_text', text: 'a' },
        { type: 'raw_number', value: 1, text: '1' },
      ],
    ],
  },
  { type: 'container', title: { type: 'plain_text', text: 'Box' }, child_blocks: [{ type: 'divider' }] },
  { type: 'carousel', elements: [{ type: 'card', title: { type: 'mrkdwn', text: 'One' } }] },
  {
    type: 'context_actions',
    elements: [
      {
        type: 'feedback_buttons',
        action_id: 'feedback',
        positive_button: { text: { type: 'plain_text', text: 'Good' }, value: 'up' },
        negative_button: { text: { type: 'plain_text', text: 'Bad' }, value: 'down' },
      },
    ],
  },
  { type: 'image', image_url: 'https://x.test/i.png', alt_text: 'i', title: { type: 'plain_text', text: 'An image' } },
]

type Refusal = [name: string, block: object, code: string, pointer: string]

const REFUSED: Refusal[] = [
  ['an unknown block', { type: 'sparkle' }, 'wrong_type', '/blocks/0/type'],
  ['a modal-only block', { type: 'alert', text: plain('x') }, 'not_allowed_here', '/blocks/0/type'],
  ['a long section', section(long(3001)), 'failed_constraint', '/blocks/0/text/text'],
  ['an empty section', { type: 'section' }, 'missing_field', '/blocks/0'],
  ['an empty text', section(''), 'failed_constraint', '/blocks/0/text/text'],
  ['a long header', { type: 'header', text: plain(long(151)) }, 'failed_constraint', '/blocks/0/text/text'],
  [
    'mrkdwn in a header',
    { type: 'header', text: { type: 'mrkdwn', text: 'x' } },
    'failed_constraint',
    '/blocks/0/text/type',
  ],
  ['a long block_id', { type: 'divider', block_id: long(256) }, 'failed_constraint', '/blocks/0/block_id'],
  ['an unknown field', { type: 'divider', colour: 'red' }, 'unknown_field', '/blocks/0/colour'],
  ['a disabled button', actions(button({ disabled: true })), 'unknown_field', '/blocks/0/elements/0/disabled'],
  [
    'a long button text',
    actions(button({ text: plain(long(76)) })),
    'failed_constraint',
    '/blocks/0/elements/0/text/text',
  ],
  ['a long button value', actions(button({ value: long(2001) })), 'failed_constraint', '/blocks/0/elements/0/value'],
  ['an unknown style', actions(button({ style: 'blue' })), 'failed_constraint', '/blocks/0/elements/0/style'],
  ['no elements', actions(), 'failed_constraint', '/blocks/0/elements'],
  [
    '26 buttons',
    actions(...Array.from({ length: 26 }, (_, i) => button({ action_id: `b${i}` }))),
    'failed_constraint',
    '/blocks/0/elements',
  ],
  ['one action_id twice', actions(button(), button()), 'duplicate', '/blocks/0'],
  [
    'an input among actions',
    actions({ type: 'plain_text_input', action_id: 'x' }),
    'not_allowed_here',
    '/blocks/0/elements/0/type',
  ],
  ['a select without options', actions(select({})), 'missing_field', '/blocks/0/elements/0'],
  [
    'options and groups',
    actions(select({ options: [option('a')], option_groups: [{ label: plain('g'), options: [option('b')] }] })),
    'missing_field',
    '/blocks/0/elements/0',
  ],
  [
    '101 options',
    actions(select({ options: Array.from({ length: 101 }, (_, i) => option(`o${i}`)) })),
    'failed_constraint',
    '/blocks/0/elements/0/options',
  ],
  [
    'a choice not offered',
    actions(select({ options: [option('a')], initial_option: option('z') })),
    'failed_constraint',
    '/blocks/0/elements/0/initial_option',
  ],
  [
    'a long option',
    actions(select({ options: [{ ...option('a'), text: plain(long(76)) }] })),
    'failed_constraint',
    '/blocks/0/elements/0/options/0/text/text',
  ],
  [
    '11 checkboxes',
    actions({ type: 'checkboxes', options: Array.from({ length: 11 }, (_, i) => option(`o${i}`)) }),
    'failed_constraint',
    '/blocks/0/elements/0/options',
  ],
  [
    '11 context elements',
    { type: 'context', elements: Array.from({ length: 11 }, () => plain('x')) },
    'failed_constraint',
    '/blocks/0/elements',
  ],
  [
    'a long confirm',
    actions(button({ confirm: { title: plain(long(101)), text: plain('x'), confirm: plain('y'), deny: plain('n') } })),
    'failed_constraint',
    '/blocks/0/elements/0/confirm/title/text',
  ],
  ['a button as an input', input(button()), 'not_allowed_here', '/blocks/0/element/type'],
  [
    'a long placeholder',
    input({ type: 'plain_text_input', placeholder: plain(long(151)) }),
    'failed_constraint',
    '/blocks/0/element/placeholder/text',
  ],
  ['a card of nothing', { type: 'card' }, 'missing_field', '/blocks/0'],
  [
    'a card in a container',
    { type: 'container', title: plain('x'), child_blocks: [{ type: 'card', title: { type: 'mrkdwn', text: 'x' } }] },
    'not_allowed_here',
    '/blocks/0/child_blocks/0/type',
  ],
  [
    'a task id twice',
    {
      type: 'plan',
      title: 'x',
      tasks: [1, 2].map(() => ({ type: 'task_card', task_id: 't', title: 'x', status: 'pending' })),
    },
    'duplicate',
    '/blocks/0/tasks',
  ],
  ['a task of no state', { type: 'task_card', task_id: 't', title: 'x' }, 'missing_field', '/blocks/0/status'],
  ['an image of nothing', { type: 'image', alt_text: 'x' }, 'missing_field', '/blocks/0'],
  ['text that is none', { type: 'section', text: 'hi' }, 'wrong_type', '/blocks/0/text'],
  [
    '101 rows',
    { type: 'table', rows: Array.from({ length: 101 }, () => [{ type: 'raw_text', text: 'x' }]) },
    'failed_constraint',
    '/blocks/0/rows',
  ],
  [
    '21 columns',
    { type: 'table', rows: [Array.from({ length: 21 }, () => ({ type: 'raw_text', text: 'x' }))] },
    'failed_constraint',
    '/blocks/0/rows/0',
  ],
  [
    'a table of much text',
    { type: 'table', rows: Array.from({ length: 4 }, () => [{ type: 'raw_text', text: long(2900) }]) },
    'failed_constraint',
    '/blocks',
  ],
  [
    'a data table without caption',
    { type: 'data_table', rows: [[{ type: 'raw_text', text: 'x' }]] },
    'missing_field',
    '/blocks/0/caption',
  ],
]

describe('checkMessage', () => {
  it('takes what Slack takes', () => {
    expect(checkMessage({ text: 'hello', blocks: TAKEN })).toEqual([])
  })

  it.each(REFUSED)('refuses %s', (_name, block, code, pointer) => {
    expect(checkMessageBlocks([block])).toEqual([expect.objectContaining({ code, pointer })])
  })

  it('counts over the whole list', () => {
    const markdown = { type: 'markdown', text: long(6_001) }
    expect(checkMessageBlocks([markdown, markdown]).map((found) => found.constraint?.type)).toEqual([
      'max_markdown_characters',
      'max_text_of_blocks',
    ])
    expect(
      checkMessageBlocks([
        { type: 'divider', block_id: 'a' },
        { type: 'divider', block_id: 'a' },
      ])[0]?.code,
    ).toBe('duplicate')
    const dividers = Array.from({ length: LIMITS.message.blocks + 1 }, () => ({ type: 'divider' }))
    expect(checkMessageBlocks(dividers)[0]).toEqual({
      code: 'failed_constraint',
      message: 'max items: at most 50, got 51 [/blocks]',
      field: 'blocks',
      pointer: '/blocks',
      constraint: { type: 'max_items', expected: 50, got: 51 },
    })
    expect(checkMessageBlocks(dividers.slice(1))).toEqual([])
  })

  it('says when the text would be cut, and when blocks are no list', () => {
    expect(checkMessage({ text: long(40_001) })[0]?.pointer).toBe('/text')
    expect(checkMessage({ blocks: 'x' })[0]?.code).toBe('wrong_type')
  })
})
