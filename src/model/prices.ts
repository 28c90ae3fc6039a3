import type { TokenUsage } from './turn.ts'

type Price = { input: number; output: number; cacheRead: number }

/** US dollars per million tokens, of https://platform.claude.com/docs/en/about-claude/pricing as of November 2026; newest first within a family. */
const PRICES: [prefix: string, price: Price][] = [
  ['claude-fable-5-2', { input: 8, output: 40, cacheRead: 0.2 }],
  ['claude-fable-5-1', { input: 10, output: 50, cacheRead: 0.25 }],
  ['claude-fable-5', { input: 10, output: 50, cacheRead: 1 }],
  ['claude-mythos-5-1', { input: 10, output: 50, cacheRead: 0.25 }],
  ['claude-mythos-5', { input: 10, output: 50, cacheRead: 1 }],
  ['claude-opus-5-5', { input: 4, output: 20, cacheRead: 0.2 }],
  ['claude-opus-5', { input: 5, output: 25, cacheRead: 0.5 }],
  ['claude-opus-4-1', { input: 15, output: 75, cacheRead: 1.5 }],
  ['claude-opus-4-', { input: 5, output: 25, cacheRead: 0.5 }],
  ['claude-sonnet-5-5', { input: 2, output: 10, cacheRead: 0.1 }],
  ['claude-sonnet-5', { input: 2, output: 10, cacheRead: 0.2 }],
  ['claude-sonnet-4-', { input: 3, output: 15, cacheRead: 0.3 }],
  ['claude-haiku-5-5', { input: 0.1, output: 0.5, cacheRead: 0.01 }],
  ['claude-haiku-4-5', { input: 1, output: 5, cacheRead: 0.1 }],
  // What stands in for a model on a machine without a key.
  ['offline', { input: 0, output: 0, cacheRead: 0 }],
]

/** From this prompt length on, in tokens, Haiku 5.5 costs five times as much. */
const HAIKU_5_5_LONG_PROMPT = 100_000
const HAIKU_5_5_LONG = { input: 0.5, output: 2.5, cacheRead: 0.05 }

/** Writing to the five-minute cache costs this much more than reading the tokens afresh. */
const CACHE_WRITE_FACTOR = 1.25

/** What a turn cost in US dollars; undefined for a model whose price is not known. */
export function costOf(model: string, usage: TokenUsage): number | undefined {
  const price = priceOf(model, usage.input + usage.cacheRead + usage.cacheWrite)
  if (!price) return undefined
  const input = (usage.input + usage.cacheWrite * CACHE_WRITE_FACTOR) * price.input
  return (input + usage.cacheRead * price.cacheRead + usage.output * price.output) / 1_000_000
}

function priceOf(model: string, promptTokens: number): Price | undefined {
  if (model.startsWith('claude-haiku-5-5') && promptTokens > HAIKU_5_5_LONG_PROMPT) return HAIKU_5_5_LONG
  return PRICES.find(([prefix]) => model.startsWith(prefix))?.[1]
}
