import { expect, it } from 'vitest'
import { parseLooseJson } from '../../../src/mcp/protocol/loose-json.ts'

it.each<[string, string, unknown]>([
  ['a byte order mark', '\ufeff{"a":1}', { a: 1 }],
  ['a control character in a text', '{"a":"\u00a7 \u0015 \t\n"}', { a: '\u00a7 \u0015 \t\n' }],
  ['a control character in a name', '{"a\u0001":1}', { 'a\u0001': 1 }],
  ['NaN', '{"a":NaN,"b":[NaN]}', { a: 'NaN', b: ['NaN'] }],
  ['infinities', '[Infinity,-Infinity]', ['Infinity', '-Infinity']],
  [
    'NaN beside texts that name it',
    '{"NaN":NaN,"t":"NaN, \\"Infinity\\" \\\\"}',
    { NaN: 'NaN', t: 'NaN, "Infinity" \\' },
  ],
  ['all of it', '\ufeff {"a":"x\u0007","b":-Infinity}\r', { a: 'x\u0007', b: '-Infinity' }],
  ['nothing odd', '{"a":"\\u0000","b":-1.5e3}', { a: '\u0000', b: -1500 }],
])('JSON with %s is read', (_, text, value) => {
  expect(parseLooseJson(text)).toEqual(value)
})

it.each(['', '{', '{"a":"', '{"a":NaNa}', 'undefined', '2026-01-01 INFO {"a":1}', '<h1>NaN</h1>'])(
  'what is no JSON stays none: %j',
  (text) => {
    expect(() => parseLooseJson(text)).toThrow(SyntaxError)
  },
)

it('reads megabytes with one odd number', () => {
  const text = `{"a":"${'x\\n'.repeat(3_000_000)}","b":NaN}`
  expect(parseLooseJson(text)).toMatchObject({ b: 'NaN' })
  expect(() => parseLooseJson(`${text}"${'x'.repeat(5_000_000)}`)).toThrow(SyntaxError)
})
