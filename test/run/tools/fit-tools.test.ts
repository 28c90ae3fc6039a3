import { expect, test } from 'vitest'
import { createConnectionId } from '../../../src/ids.ts'
import { contextWindowOf, estimateTokens } from '../../../src/model/context-window.ts'
import type { Message } from '../../../src/model/turn.ts'
import { fitTools } from '../../../src/run/tools/fit-tools.ts'
import { nameTools } from '../../../src/run/tools/offered-tools.ts'

const source = (name: string, names: string[], chars: number) => ({
  id: createConnectionId(),
  name,
  card: 'custom',
  tools: names.map((one) => ({
    name: one,
    description: one === 'plain' ? 'Sends invoices to customers.' : '',
    inputSchema: { type: 'object', description: 'x'.repeat(chars) },
  })),
})

const numbered = (count: number) => Array.from({ length: count }, (_, at) => `tool${at}`)
const said = (text: string): Message[] => [{ role: 'user', content: [{ type: 'text', text }] }]

async function fit(
  sources: ReturnType<typeof source>[],
  words: string,
  messages = said(words),
  { model = 'claude-haiku-4-5', calls = {} }: { model?: string; calls?: Record<string, number> } = {},
) {
  const tools = nameTools(sources)
  const offered = [...tools].map(([name, { tool }]) => ({
    name,
    description: tool.description,
    schema: tool.inputSchema,
  }))
  let asked = 0
  const { kept, leftOut } = await fitTools(
    offered,
    tools,
    { model, system: 's', messages, maxTokens: 8_192, words },
    async () => {
      asked += 1
      return new Map(Object.entries(calls))
    },
  )
  return { kept: kept.map(({ name }) => name), leftOut, tokens: estimateTokens(kept), asked }
}

test('all tools stay where they fit', async () => {
  const fitted = await fit([source('a', numbered(30), 100)], 'hello')
  expect(fitted).toMatchObject({ kept: { length: 30 }, leftOut: [], asked: 0 })
})

test.each([
  ['hello', 'a__tool0'],
  ['please delete the branches', 'b__deleteBranch'],
  ['who gets an invoice?', 'b__plain'],
])('of too many, "%s" keeps %s', async (words, wanted) => {
  const { kept, leftOut, tokens } = await fit(
    [source('a', numbered(40), 10_000), source('b', [...numbered(40), 'deleteBranch', 'plain'], 10_000)],
    words,
  )
  expect(kept).toContain(wanted)
  expect(tokens).toBeLessThan(contextWindowOf('claude-haiku-4-5') / 2 + 1)
  expect(leftOut.reduce((sum, { tools }) => sum + tools, kept.length)).toBe(82)
})

test('what was used in the thread comes before everything else', async () => {
  const messages: Message[] = [
    ...said('delete the branch'),
    { role: 'assistant', content: [{ type: 'tool_use', id: '1', name: 'b__tool39', input: {} }] },
  ]
  const sources = [source('a', ['deleteBranch'], 150_000), source('b', numbered(40), 150_000)]
  expect((await fit(sources, 'delete the branch', messages)).kept).toEqual(['b__tool39'])
})

test.each([
  ['claude-haiku-4-5', 100_000],
  ['some-other-model', 100_000],
  ['claude-sonnet-5-5', 500_000],
])('the room is that of the model: %s', async (model, most) => {
  const sources = [source('a', numbered(200), 10_000)]
  const { tokens } = await fit(sources, 'hello', said('hello'), { model })
  expect([tokens <= most, tokens > most - 6_000]).toEqual([true, true])
})

test('a long conversation leaves less room, down to none', async () => {
  const sources = [source('a', numbered(40), 10_000)]
  const fitted = await Promise.all(
    [0, 240_000, 300_000, 400_000].map((chars) => fit(sources, 'hi', said('x'.repeat(chars)))),
  )
  const kept = fitted.map((one) => one.kept.length)
  expect(kept).toEqual(kept.toSorted((a, b) => b - a))
  expect(kept.at(-1)).toBe(0)
})

test.each([
  ['those used most go first', 'hello', { b__tool39: 3, b__tool38: 9 }, ['b__tool38']],
  ['those used least go after', 'hello', { b__tool39: 10, b__tool38: 9 }, ['b__tool39']],
  ['the words of the request count more', 'delete the branch', { b__tool39: 90 }, ['a__deleteBranch']],
  ['of equal words the most used', 'send a message', { b__send_message: 1 }, ['b__send_message']],
])('where one fits, %s', async (_what, words, calls, kept) => {
  const sources = [
    source('a', ['deleteBranch', 'send_message'], 150_000),
    source('b', [...numbered(40), 'send_message'], 150_000),
  ]
  expect(await fit(sources, words, said(words), { calls })).toMatchObject({ kept, asked: 1 })
})
