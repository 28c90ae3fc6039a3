import { expect, test } from 'vitest'
import { costOf } from '../../src/model/prices.ts'

const MILLION = 1_000_000

test.each([
  ['claude-sonnet-5-5', { input: MILLION, output: 0, cacheRead: 0, cacheWrite: 0 }, 2],
  ['claude-sonnet-5-5', { input: 0, output: MILLION, cacheRead: MILLION, cacheWrite: MILLION }, 10 + 0.1 + 2.5],
  ['claude-opus-4-8', { input: 0, output: MILLION, cacheRead: 0, cacheWrite: 0 }, 25],
  ['claude-opus-4-1-20250805', { input: 0, output: MILLION, cacheRead: 0, cacheWrite: 0 }, 75],
  ['claude-haiku-4-5-20251001', { input: MILLION, output: 0, cacheRead: 0, cacheWrite: 0 }, 1],
  ['claude-haiku-5-5', { input: 50_000, output: 0, cacheRead: 0, cacheWrite: 0 }, 0.005],
  ['claude-haiku-5-5', { input: 0, output: 0, cacheRead: 200_000, cacheWrite: 0 }, 0.01],
  ['offline', { input: MILLION, output: 0, cacheRead: 0, cacheWrite: 0 }, 0],
  ['unheard-of', { input: MILLION, output: 0, cacheRead: 0, cacheWrite: 0 }, undefined],
])('%s %o costs %s', (model, usage, cost) => {
  const found = costOf(model, usage)
  if (cost === undefined) expect(found).toBeUndefined()
  else expect(found).toBeCloseTo(cost, 9)
})
