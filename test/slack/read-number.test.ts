import { expect, test } from 'vitest'
import { readNumber } from '../../src/slack/blocks/read-number.ts'
import { readBudget } from '../../src/slack/home/home-settings.ts'

test.each([
  ['50', 50],
  ['12.50', 12.5],
  ['10,50', 10.5],
  [' 0,125 ', 0.125],
  ['2.345', 2.345],
  ['-4,5', -4.5],
  ['1e3', 1_000],
  ['1,234.50', 1_234.5],
  ['1.234,50', 1_234.5],
  ['1,234,567', 1_234_567],
  ['1.234.567', 1_234_567],
  ['1 234,5', 1_234.5],
  ["1'234.5", 1_234.5],
  ['12 345', 12_345],
  ['1234,567', 1_234.567],
])('%s is %d', (typed, value) => {
  expect(readNumber(typed)).toEqual({ value })
})

test.each(['abc', '', '1,2,3', '12,34.5', '1.2.3', '--1', '1 2', '5 apples', '1,23,456', 'Infinity', '0x10'])(
  '%s is no number',
  (typed) => {
    expect(readNumber(typed)).toEqual({ problem: expect.stringContaining('number') })
  },
)

test('what is a thousand here and a one there is asked back', () => {
  expect(readNumber('1,000')).toEqual({ problem: expect.stringContaining('1000 or 1.000?') })
})

test.each([
  ['10,50', { usd: 10.5 }],
  ['$ 50', { usd: 50 }],
  ['1,250.00 USD', { usd: 1_250 }],
  ['', { usd: null }],
  ['0', { usd: 0 }],
  ['-5', { problem: expect.stringContaining('below 0') }],
  ['2000000', { problem: expect.stringContaining('more than') }],
  ['ten', { problem: expect.stringContaining('number') }],
])('a budget of "%s"', (typed, budget) => {
  expect(readBudget(typed)).toEqual(budget)
})
