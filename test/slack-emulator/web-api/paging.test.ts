import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { startStubApp } from '../../support/stub-app.ts'
import { controls } from '../emulator-with-bolt.ts'

const Page = z.object({
  messages: z.array(z.object({ ts: z.string(), text: z.string() })),
  has_more: z.boolean(),
  response_metadata: z.object({ next_cursor: z.string() }),
})
const channel = 'CGENERAL1'
let app: Awaited<ReturnType<typeof startStubApp>>
let people: ReturnType<typeof controls>
let root = ''

beforeAll(async () => {
  app = await startStubApp(() => undefined, { rateLimits: 'generous' })
  people = controls(app.slack)
  root = (await people.act('say', { as: 'member', channel: 'general', text: '0' })).ts
  for (let nth = 1; nth <= 9; nth += 1) await reply(String(nth))
})
beforeEach(() => people.act('limits', { pass_seconds: 60 }))
afterAll(() => app[Symbol.asyncDispose]())

const reply = (text: string) => people.act('say', { as: 'member', channel: 'general', text, thread_ts: root })

const read = async (more: object, method = 'conversations.replies') =>
  Page.parse(await app.call(method, { channel, ...(method.endsWith('replies') && { ts: root }), ...more }))
const textsOf = ({ messages }: z.infer<typeof Page>) => messages.map(({ text }) => text).join('')
const cursorOf = ({ response_metadata }: z.infer<typeof Page>) => response_metadata.next_cursor

it.each([
  [3, '012 345 678 9'],
  [4, '0123 4567 89'],
  [10, '0123456789'],
  [1_000, '0123456789'],
])('a thread in pages of %i, the root first, then from the oldest: %s', async (limit, pages) => {
  const seen: string[] = []
  let cursor = ''
  do {
    const page = await read({ limit, ...(cursor && { cursor }) })
    seen.push(textsOf(page))
    cursor = cursorOf(page)
    expect(page.has_more).toBe(cursor !== '')
  } while (cursor !== '')
  expect(seen.join(' ')).toBe(pages)
})

it('the page after a refused one can still be had, with what was said meanwhile, and nothing moves', async () => {
  const first = await read({ limit: 5 })
  const cursor = cursorOf(first)
  await people.act('faults', { method: 'conversations.replies', status: 429, retry_after: 1 })
  expect(await app.ask('conversations.replies', { channel, ts: root, limit: 5, cursor })).toMatchObject({
    error: 'ratelimited',
  })
  const said = await app.call('chat.postMessage', { channel, thread_ts: root, text: 'new' })
  expect(textsOf(await read({ limit: 10, cursor }))).toBe('56789new')
  await app.call('chat.delete', { channel, ts: said.ts })
  expect(textsOf(await read({ limit: 10, cursor }))).toBe('56789')
})

it('a message that is deleted before the next page shifts none', async () => {
  const said = await app.call('chat.postMessage', { channel, thread_ts: root, text: 'a' })
  const last = await app.call('chat.postMessage', { channel, thread_ts: root, text: 'b' })
  const page = await read({ limit: 11 })
  await app.call('chat.delete', { channel, ts: said.ts })
  expect(textsOf(await read({ limit: 10, cursor: cursorOf(page) }))).toBe('b')
  await app.call('chat.delete', { channel, ts: last.ts })
})

it('the root comes even where the range leaves it out', async () => {
  const { messages } = await read({})
  const [fifth, seventh] = [messages[5]?.ts, messages[7]?.ts]
  expect(textsOf(await read({ oldest: fifth }))).toBe('06789')
  expect(textsOf(await read({ oldest: fifth, inclusive: true }))).toBe('056789')
  expect(textsOf(await read({ oldest: fifth, latest: seventh }))).toBe('06')
  expect(textsOf(await read({ latest: '99' }))).toBe('0')
  expect(textsOf(await read({ oldest: '99' }))).toBe('0123456789')
})

it.each([
  [{ cursor: 'x' }, 'invalid_cursor'],
  [{ oldest: 'yesterday' }, 'invalid_ts_oldest'],
  [{ latest: 'now' }, 'invalid_ts_latest'],
  [{ limit: 1_001 }, 'invalid_limit'],
  [{ limit: 0 }, 'invalid_limit'],
])('%j: %s', async (args, error) => {
  expect(await app.ask('conversations.replies', { channel, ts: root, ...args })).toMatchObject({ error })
})

it("a reply's own timestamp gives that reply alone", async () => {
  const { messages } = await read({})
  expect(textsOf(await read({ ts: messages[3]?.ts }))).toBe('3')
})

it('a channel comes from its newest', async () => {
  for (const text of ['c', 'd', 'e']) await people.act('say', { as: 'member', channel: 'general', text })
  const first = await read({ limit: 2 }, 'conversations.history')
  expect(textsOf(first)).toBe('ed')
  await people.act('say', { as: 'member', channel: 'general', text: 'later' })
  expect(textsOf(await read({ limit: 5, cursor: cursorOf(first) }, 'conversations.history'))).toBe('c0')
})
