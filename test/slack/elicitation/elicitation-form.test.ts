import type { InputBlock } from '@slack/types'
import { describe, expect, test } from 'vitest'
import { checkMessage } from '../../../src/block-kit/check-message.ts'
import { checkView } from '../../../src/block-kit/check-view.ts'
import { readFormSchema as readSchema } from '../../../src/mcp/elicitation/read-form-schema.ts'
import { validateForm } from '../../../src/mcp/elicitation/validate-form.ts'
import { createRedactor } from '../../../src/mcp/protocol/redactor.ts'
import type { FormField } from '../../../src/run/decisions/give-input.ts'
import { linkWarningsFor } from '../../../src/slack/blocks/link-preview.ts'
import {
  elicitationMessage,
  elicitationReminderMessage,
  urlElicitationModal,
} from '../../../src/slack/elicitation/elicitation-card.ts'
import {
  elicitationModal,
  fitsFormModal,
  formFieldBlockIdOf,
  readSubmittedForm,
  shownFieldsOf,
} from '../../../src/slack/elicitation/elicitation-form.ts'
import { renderAll } from '../../support/render-blocks.ts'
import { inputOf, ORIGIN } from '../states.ts'

const LONG = 'Long words <!channel> & <@U123> *bold* _it_ ~no~ `code` \u202e👩‍👩‍👧 '.repeat(400)
const AT = new Date('2026-11-21T09:00:00Z')
const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at))
const clean = createRedactor(
  () => ['sesame-open'],
  (text) => text,
)

/** The fields of one property, as they come through the border. */
const fieldsOf = (properties: Record<string, unknown>, required: string[] = []): FormField[] =>
  readSchema({ type: 'object', properties, required }, clean)
const blocksOf = (fields: FormField[]): InputBlock[] =>
  elicitationModal(inputOf('form'), fields).blocks.filter((block): block is InputBlock => block.type === 'input')
const elementOf = (property: Record<string, unknown>, required: string[] = []) => {
  const [block] = blocksOf(fieldsOf({ it: property }, required))
  return block?.element
}

describe('each kind of field becomes the fitting element', () => {
  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['a text', { type: 'string' }, { type: 'plain_text_input', multiline: false }],
    ['a text with bounds', { type: 'string', minLength: 2, maxLength: 20 }, { min_length: 2, max_length: 20 }],
    ['a long text', { type: 'string', maxLength: 9_000 }, { multiline: true, max_length: 3_000 }],
    ['a default', { type: 'string', default: 'Ada' }, { initial_value: 'Ada' }],
    ['a default that is too short', { type: 'string', minLength: 9, default: 'Ada' }, { min_length: 9 }],
    ['an e-mail address', { type: 'string', format: 'email' }, { type: 'email_text_input' }],
    [
      'an address',
      { type: 'string', format: 'uri', default: 'https://a.b' },
      { type: 'url_text_input', initial_value: 'https://a.b' },
    ],
    [
      'a date',
      { type: 'string', format: 'date', default: '2026-11-30' },
      { type: 'datepicker', initial_date: '2026-11-30' },
    ],
    ['a date that is none', { type: 'string', format: 'date', default: '2026-02-30' }, { type: 'datepicker' }],
    [
      'a moment',
      { type: 'string', format: 'date-time', default: '2026-11-30T14:00:00Z' },
      { type: 'datetimepicker', initial_date_time: 1_796_047_200 },
    ],
    ['an unknown format', { type: 'string', format: 'phone' }, { type: 'plain_text_input' }],
    [
      'a number',
      { type: 'number', minimum: 0.5, maximum: 9, default: 3.14 },
      { type: 'plain_text_input', initial_value: '3.14' },
    ],
    ['a whole number', { type: 'integer', default: 0 }, { is_decimal_allowed: false, initial_value: '0' }],
    [
      'yes or no',
      { type: 'boolean', default: false },
      { type: 'static_select', initial_option: { text: { text: 'No' }, value: 'false' } },
    ],
    [
      'a choice',
      { type: 'string', enum: ['a', 'b'], enumNames: ['Ah'], default: 'b' },
      {
        type: 'static_select',
        options: [{ text: { text: 'Ah' } }, { text: { text: 'b' } }],
        initial_option: { value: '1' },
      },
    ],
    [
      'a titled choice',
      { type: 'string', oneOf: [{ const: 'a', title: 'Ah' }] },
      { options: [{ text: { text: 'Ah' }, value: '0' }] },
    ],
    [
      'several',
      {
        type: 'array',
        items: { type: 'string', enum: ['a', 'b', 'c'] },
        minItems: 1,
        maxItems: 2,
        default: ['c', 'x'],
      },
      { type: 'multi_static_select', max_selected_items: 2, initial_options: [{ value: '2' }] },
    ],
    [
      'several with titles',
      { type: 'array', items: { anyOf: [{ const: 'a', title: 'Ah' }] } },
      { type: 'multi_static_select', options: [{ text: { text: 'Ah' } }] },
    ],
    [
      'many options',
      { type: 'string', enum: times(250, (at) => `o${at}`) },
      { option_groups: [{ label: { text: '1 to 100' } }, {}, { label: { text: '201 to 250' } }] },
    ],
  ])('%s', (_name, property, element) => {
    expect(elementOf(property)).toMatchObject(element)
    expect(checkView(elicitationModal(inputOf('form'), fieldsOf({ it: property })))).toEqual([])
  })

  test('a default that does not fit is left out', () => {
    expect(elementOf({ type: 'string', minLength: 9, default: 'Ada' })).not.toHaveProperty('initial_value')
    expect(elementOf({ type: 'string', format: 'date', default: '2026-02-30' })).not.toHaveProperty('initial_date')
    expect(elementOf({ type: 'integer', minimum: 5, default: 1 })).not.toHaveProperty('initial_value')
  })

  test('titles, hints, required or not', () => {
    const [a, b] = blocksOf(
      fieldsOf({ a: { type: 'string', title: 'Name', description: 'Who' }, b: { type: 'integer', minimum: 1 } }, ['a']),
    )
    expect(a).toMatchObject({ label: { text: 'Name' }, hint: { text: 'Who' }, optional: false })
    expect(b).toMatchObject({ label: { text: 'b' }, hint: { text: 'Number: at least 1.' }, optional: true })
  })
})

test.each<[string, unknown]>([
  ['an object in it', { properties: { a: { type: 'object' } } }],
  ['no properties', { type: 'object' }],
  ['a choice of nothing', { properties: { a: { type: 'string', enum: [] } } }],
  ['too many fields', { properties: Object.fromEntries(times(201, (at) => [`f${at}`, { type: 'string' }])) }],
  ['a secret as a name', { properties: { 'sesame-open': { type: 'string' } } }],
  ['a secret as a value', { properties: { a: { type: 'string', enum: ['sesame-open'] } } }],
])('a form with %s is refused', (_name, schema) => {
  expect(() => readSchema(schema, clean)).toThrow(/The server .* so this was not done/)
})

test('secrets in titles and hints are taken out', () => {
  const fields = fieldsOf({
    a: { type: 'string', title: 'Like sesame-open', description: 'sesame-open', default: 'sesame-open' },
  })
  expect(JSON.stringify(fields)).not.toContain('sesame')
})

test('what was filled in is read back by name, empty ones left out', () => {
  const fields = fieldsOf({
    text: { type: 'string' },
    none: { type: 'string' },
    number: { type: 'number' },
    flag: { type: 'boolean' },
    pick: { type: 'string', enum: ['a', 'b'] },
    some: { type: 'array', items: { enum: ['x', 'y', 'z'] } },
    day: { type: 'string', format: 'date' },
    at: { type: 'string', format: 'date-time' },
  })
  const entered = [
    { value: 'Ada' },
    { value: null },
    { value: '2.5' },
    { selected_option: { value: 'false' } },
    { selected_option: { value: '1' } },
    { selected_options: [{ value: '0' }, { value: '2' }] },
    { selected_date: '2026-11-30' },
    { selected_date_time: 1_796_047_200 },
  ]
  const values = Object.fromEntries(entered.map((one, index) => [formFieldBlockIdOf(index), { value: one }]))
  const read = readSubmittedForm(fields, values)
  expect(read).toEqual({
    text: 'Ada',
    number: 2.5,
    flag: false,
    pick: 'b',
    some: ['x', 'z'],
    day: '2026-11-30',
    at: '2026-11-30T14:00:00Z',
  })
  expect(validateForm(fields, read)).toEqual([])
})

test.each<[string, Record<string, unknown>, unknown, RegExp]>([
  ['too short', { type: 'string', minLength: 3 }, 'ab', /at least 3/],
  ['too long', { type: 'string', maxLength: 3 }, 'abcd', /at most 3/],
  ['no e-mail address', { type: 'string', format: 'email' }, 'ada@', /e-mail/],
  ['no address', { type: 'string', format: 'uri' }, 'example', /address/],
  ['no date', { type: 'string', format: 'date' }, '2026-02-30', /date/],
  ['no moment', { type: 'string', format: 'date-time' }, '2026-11-30', /date and time/],
  ['not a number', { type: 'number' }, Number.NaN, /number/],
  ['not a whole number', { type: 'integer' }, 1.5, /whole/],
  ['too small', { type: 'number', minimum: 2 }, 1, /at least 2/],
  ['too large', { type: 'number', maximum: 2 }, 3, /at most 2/],
  ['none of these', { type: 'string', enum: ['a'] }, 'b', /one of these/],
  ['too few', { type: 'array', items: { enum: ['a', 'b'] }, minItems: 2 }, ['a'], /at least 2/],
  ['too many', { type: 'array', items: { enum: ['a', 'b'] }, maxItems: 1 }, ['a', 'b'], /at most 1/],
])('%s is said at the field', (_name, property, value, words) => {
  expect(validateForm(fieldsOf({ it: property }), { it: value })).toEqual([
    { field: 'it', message: expect.stringMatching(words) },
  ])
})

test('what is missing is said, if it must be there', () => {
  const fields = fieldsOf({ a: { type: 'string' }, b: { type: 'string' } }, ['a'])
  expect(validateForm(fields, {})).toEqual([{ field: 'a', message: 'Fill this in.' }])
})

test('a form with more than fits shows what must be filled in, and says what is left out', () => {
  const many = (count: number) =>
    Object.fromEntries(times(count, (at) => [`f${at}`, { type: 'string', description: LONG }]))
  const fields = fieldsOf(many(150), ['f149'])
  expect(shownFieldsOf(fields)[0]?.name).toBe('f149')
  expect(fitsFormModal(fields)).toBe(true)
  const view = elicitationModal(inputOf('form'), fields)
  expect(checkView(view)).toEqual([])
  expect(JSON.stringify(view)).toContain('60 more optional fields did not fit')
  expect(
    fitsFormModal(
      fieldsOf(
        many(150),
        times(150, (at) => `f${at}`),
      ),
    ),
  ).toBe(false)
  const huge = { type: 'string', enum: times(1_000, (at) => `${'x'.repeat(70)}${at}`) }
  expect(fitsFormModal(fieldsOf(Object.fromEntries(times(20, (at) => [`f${at}`, huge]))))).toBe(false)
})

test.each<[string, RegExp | undefined]>([
  ['https://pay.example.com/x', undefined],
  ['https://www.xn--pypal-4ve.com/', /letters that can look like others: it reads www\.pаypal\.com/],
  ['https://203.0.113.9/', /bare number/],
  ['https://example.com:8443/', /port 8443/],
  ['https://paypal.com.login.secure.evil.example/', /Its owner is evil\.example/],
])('%s', (address, warning) => {
  const said = linkWarningsFor(address).join(' ')
  if (warning) expect(said).toMatch(warning)
  else expect(said).toBe('')
})

const at = AT
const by = ORIGIN.user
const given = (action: 'accept' | 'decline' | 'cancel' | 'expired' | 'over') =>
  elicitationMessage(
    inputOf('form', { given: { action, content: undefined, by: action === 'expired' ? undefined : by, at } }),
    AT,
  )
const longForm = { kind: 'form' as const, message: LONG, fields: [] }
const longPage = { kind: 'url' as const, message: LONG, url: `https://example.com/${'a'.repeat(2_900)}` }

const CARDS = {
  form: elicitationMessage(inputOf('form'), AT),
  'form, live': elicitationMessage(
    inputOf('form', { resume: { how: 'live' }, expiresAt: new Date(AT.getTime() + 100_000) }),
    AT,
  ),
  'form, live and too late': elicitationMessage(
    inputOf('form', { resume: { how: 'live' }, expiresAt: new Date(AT.getTime() - 1) }),
    AT,
  ),
  page: elicitationMessage(inputOf('url'), AT),
  'page, in a channel': elicitationMessage(inputOf('url', {}, { place: 'channel' }), AT),
  'sign in': elicitationMessage(inputOf('sign_in'), AT),
  'long form': elicitationMessage(inputOf('form', { request: longForm }), AT),
  'long page': elicitationMessage(inputOf('url', { request: longPage }), AT),
  reminder: elicitationReminderMessage(inputOf('form')),
  'reminder to sign in, in a channel': elicitationReminderMessage(inputOf('sign_in', {}, { place: 'channel' })),
  answered: given('accept'),
  declined: given('decline'),
  closed: given('cancel'),
  expired: given('expired'),
  over: given('over'),
}

test.each(Object.entries(CARDS))('card: %s', (_name, saying) => {
  expect(checkMessage(saying)).toEqual([])
})

test('a server cannot write as us or ping anybody', () => {
  expect(JSON.stringify(CARDS['long form'])).not.toContain('<!channel>')
  expect(JSON.stringify(CARDS['long form'])).not.toContain('\u202e')
})

const VIEWS = {
  'the smallest form': elicitationModal(inputOf('form'), fieldsOf({ a: { type: 'boolean' } })),
  'a page': urlElicitationModal(inputOf('url')),
  'a long page': urlElicitationModal(inputOf('url', { request: longPage })),
}

test.each(Object.entries(VIEWS))('modal: %s', (_name, view) => {
  expect(checkView(view)).toEqual([])
})

test('cards and modals read like this', async () => {
  await expect(renderAll({ ...CARDS, ...VIEWS })).toMatchFileSnapshot('renderings/elicitation-form.txt')
})
