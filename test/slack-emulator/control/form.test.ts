import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { enterValue, missingInputsIn } from '../../../slack-emulator/control/enter-value.ts'
import { escapeText, richTextOf } from '../../../slack-emulator/workspace/escape-text.ts'
import { createModalStacks } from '../../../slack-emulator/workspace/modal-stacks.ts'
import { CHANNELS, PEOPLE } from '../../../slack-emulator/workspace/seed.ts'
import { checkMessageBlocks } from '../../../src/block-kit/check-message.ts'
import { plain } from '../emulator-with-bolt.ts'

const SEEDED = {
  displayNames: PEOPLE.map(({ realName }) => realName),
  person: (name: string) =>
    PEOPLE.find((one) => [one.name, one.realName].some((each) => each.toLowerCase() === name.toLowerCase())),
  channel: (name: string) => CHANNELS.find((one) => one.name === name),
  group: (handle: string) => (handle === 'oncall' ? { id: 'S1', handle, name: 'On call', users: [] } : undefined),
}
const option = (value: string) => ({ text: plain(value.toUpperCase()), value })
const [a, b] = [option('a'), option('b')]

describe('what a person enters', () => {
  it.each([
    [{ type: 'plain_text_input' }, 'x', { value: 'x' }],
    [{ type: 'plain_text_input' }, '', { value: null }],
    [{ type: 'plain_text_input', max_length: 2 }, 'xxx', 'Please enter at most 2 characters.'],
    [{ type: 'plain_text_input' }, 'x'.repeat(3001), 'Please enter at most 3000 characters.'],
    [{ type: 'plain_text_input' }, 'a\nb', 'This field takes one line only.'],
    [{ type: 'plain_text_input', multiline: true }, 'a\nb', { value: 'a\nb' }],
    [{ type: 'number_input', is_decimal_allowed: false }, '1.5', 'Please enter a number.'],
    [{ type: 'number_input', is_decimal_allowed: true, min_value: '2' }, '1.5', 'Please enter a number of at least 2.'],
    [{ type: 'number_input', is_decimal_allowed: true, max_value: '1' }, 1.5, 'Please enter a number of at most 1.'],
    [{ type: 'number_input', is_decimal_allowed: true }, 1.5, { value: '1.5' }],
    [{ type: 'email_text_input' }, 'a@b', 'Please enter a valid email address.'],
    [{ type: 'email_text_input' }, 'a@b.test', { value: 'a@b.test' }],
    [{ type: 'url_text_input' }, 'nowhere', 'Please enter a valid URL.'],
    [{ type: 'datepicker' }, '2026-11-21', { selected_date: '2026-11-21' }],
    [{ type: 'datepicker' }, 'tomorrow', 'Please choose a date (YYYY-MM-DD).'],
    [{ type: 'datetimepicker' }, '1795000000', { selected_date_time: 1_795_000_000 }],
    [{ type: 'static_select', options: [a, b] }, 'B', { selected_option: b }],
    [{ type: 'static_select', option_groups: [{ label: plain('g'), options: [a] }] }, 'a', { selected_option: a }],
    [{ type: 'static_select', options: [a] }, 'z', 'there is no option "z"; there are: A'],
    [{ type: 'radio_buttons', options: [a, b] }, 'a', { selected_option: a }],
    [{ type: 'checkboxes', options: [a, b] }, ['a', 'B'], { selected_options: [a, b] }],
    [{ type: 'multi_static_select', options: [a, b] }, 'b', { selected_options: [b] }],
    [{ type: 'users_select' }, 'member', { selected_user: 'UMEMBER1' }],
    [{ type: 'multi_users_select' }, ['owner', 'UAPPROV1'], { selected_users: ['UOWNER01', 'UAPPROV1'] }],
    [{ type: 'channels_select' }, 'nowhere', 'there is no "nowhere" here'],
    [{ type: 'conversations_select' }, 'ops', { selected_conversation: 'COPS00001' }],
  ])('%j takes %j', (element, entered, expected) => {
    const entry = enterValue(element, entered, { offered: [], known: [...PEOPLE, ...CHANNELS] })
    if (typeof expected === 'string') expect(entry).toEqual({ ok: false, message: expected })
    else expect(entry).toEqual({ ok: true, state: { type: element.type, ...expected } })
  })

  it('is missing where an input that needs it is empty', () => {
    const input = (block_id: string, more = {}) => ({ type: 'input', block_id, ...more })
    const blocks = [input('full'), input('empty'), input('none'), input('free', { optional: true })]
    const state = {
      full: { v: { type: 'plain_text_input', value: 'x' } },
      empty: { v: { type: 'checkboxes', selected_options: [] } },
    }
    expect(Object.keys(missingInputsIn(blocks, state))).toEqual(['empty', 'none'])
  })
})

describe('a stack of modals', () => {
  const input = (element: object) => ({
    type: 'input',
    block_id: 'b',
    label: plain('B'),
    element: { action_id: 'v', ...element },
  })
  const view = (element: object) => ({ type: 'modal', title: plain('x'), blocks: [input(element)] })

  it('keeps what was typed where the field stays, and is three deep', () => {
    const modals = createModalStacks(() => undefined)
    const opened = modals.open('U1', view({ type: 'plain_text_input' }))
    modals.keep({ ...opened, state: { b: { v: { type: 'plain_text_input', value: 'typed' } } } })
    const typed = modals.top('U1') ?? opened
    const renewed = modals.replace(typed, view({ type: 'plain_text_input', initial_value: 'other' }))
    expect(renewed.state.b?.v).toEqual({ type: 'plain_text_input', value: 'typed' })
    expect(renewed.hash).not.toBe(opened.hash)
    expect(modals.replace(renewed, view({ type: 'number_input', initial_value: '1' })).state.b?.v?.value).toBe('1')
    const second = modals.push('U1', view({ type: 'plain_text_input' }))
    expect(second).toMatchObject({ root: opened.id, previous: opened.id })
    modals.push('U1', view({ type: 'plain_text_input' }))
    expect(modals.push('U1', view({ type: 'plain_text_input' }))).toBe('push_limit_reached')
    expect(modals.close('U1', true)).toHaveLength(3)
    expect(modals.push('U1', view({ type: 'plain_text_input' }))).toBe('push_limit_reached')
  })
})

describe('typed words', () => {
  it.each([
    ['hi @Patchbay, see #ops', 'hi <@UPATCHB1>, see <#COPS00001|ops>'],
    ['a < b & c > d', 'a &lt; b &amp; c &gt; d'],
    ['https://x.test/?a=1&b=2 me@owner.test', '<https://x.test/?a=1&amp;b=2> me@owner.test'],
    ['<@UOWNER01> @nobody #nowhere', '&lt;@UOWNER01&gt; @nobody #nowhere'],
    ['<b>bold</b> <!channel>', '&lt;b&gt;bold&lt;/b&gt; &lt;!channel&gt;'],
    ['(see https://x.test/a_b). Or https://y.test, then', '(see <https://x.test/a_b>). Or <https://y.test>, then'],
    ['&amp; is typed', '&amp;amp; is typed'],
    ['ask @approver.', 'ask <@UAPPROV1>.'],
    ['@oncall, @here: `@here`', '<!subteam^S1|@oncall>, <!here>: `@here`'],
    ['ask @Avery Approver, @morgan member and @Olivia', 'ask <@UAPPROV1>, <@UMEMBER1> and @Olivia'],
    ['`@owner & #ops` but @owner', '`@owner &amp; #ops` but <@UOWNER01>'],
    ['```\n@owner <b>\n``` @owner', '```\n@owner &lt;b&gt;\n``` <@UOWNER01>'],
    ['@Olivia Ownership is nobody', '@Olivia Ownership is nobody'],
  ])('%s', (typed, encoded) => {
    expect(escapeText(typed, SEEDED)).toBe(encoded)
  })

  it.each([
    ['a\n> b\n> c\nd', ['section', 'quote', 'section']],
    ['```\nconst a = *b*\n```', ['preformatted']],
    ['see\n```x < y```\nand ```z```', ['section', 'preformatted', 'section', 'preformatted']],
    ['• one\n• two @owner\nend', ['list', 'section']],
    ['a > b • c', ['section']],
  ])('%j becomes %j', (typed, types) => {
    const Rich = z.object({ elements: z.array(z.object({ type: z.string() })) })
    const { elements } = Rich.parse(richTextOf(escapeText(typed, SEEDED)))
    expect(elements.map(({ type }) => type.replace('rich_text_', ''))).toEqual(types)
    expect(checkMessageBlocks([richTextOf(escapeText(typed, SEEDED))])).toEqual([])
  })

  it('leaves fenced code as it is', () => {
    const elements = [{ type: 'text', text: 'if (a < b && *c*) _d_' }]
    expect(richTextOf(escapeText('```if (a < b && *c*) _d_```', SEEDED))).toEqual({
      type: 'rich_text',
      elements: [{ type: 'rich_text_preformatted', elements }],
    })
  })

  it.each([
    ['a *bold* word', ['a ', 'bold:bold', ' word']],
    ['_so_ ~gone~ `1 < 2`', ['italic:so', ' ', 'strike:gone', ' ', 'code:1 < 2']],
    ['2 * 3 * 4, snake_case_name', ['2 * 3 * 4, snake_case_name']],
    ['no *end', ['no *end']],
  ])('%s is shown with its styles', (typed, shown) => {
    const Section = z.object({
      elements: z.array(z.object({ text: z.string(), style: z.record(z.string(), z.boolean()).optional() })),
    })
    const { elements } = z.object({ elements: z.tuple([Section]) }).parse(richTextOf(escapeText(typed, SEEDED)))
    const look = elements[0].elements.map(({ text, style }) => [...Object.keys(style ?? {}), text].join(':'))
    expect(look).toEqual(shown)
  })
})
