import { expect, it } from 'vitest'
import { connectedMessage } from '../../src/slack/connections/connected-message.ts'
import { connectionOf } from './samples.ts'

const said = (unusableTools: { tool: string; why: string }[]): string =>
  JSON.stringify(connectedMessage({ connection: connectionOf({ unusableTools }), card: undefined, starters: [] }))

it.each([
  ['one', [{ tool: 'a', why: 'it has no name' }], '1 more tool cannot be used: it has no name.'],
  [
    'the most frequent reason first',
    ['x', 'y', 'y'].map((why) => ({ tool: 'a', why })),
    '3 more tools cannot be used: y; x.',
  ],
  ['those only counted', [{ tool: '(12 more)', why: 'for the same or like reasons' }], '12 more tools cannot be used'],
  ['some of many reasons', ['a', 'b', 'c', 'd'].map((why) => ({ tool: why, why })), 'cannot be used: a; b; c; ….'],
])('tools that cannot be used are told: %s', (_, unusable, words) => {
  expect(said(unusable)).toContain(words)
})

it('nothing is told where all can be used', () => {
  expect(said([])).not.toContain('cannot be used')
})
