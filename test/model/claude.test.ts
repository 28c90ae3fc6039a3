import { expect, test } from 'vitest'
import { isAppError } from '../../src/errors.ts'
import { createLog } from '../../src/log.ts'
import { createModel, type ModelRetryLimits } from '../../src/model/claude.ts'
import type { Model, ModelRequest, ModelRetry } from '../../src/model/turn.ts'
import { jpeg, png } from '../support/pictures.ts'
import {
  breaksMidway,
  fails,
  hangs,
  overloaded,
  type ScriptedModel,
  says,
  slow,
  startScriptedModel,
  stopsWith,
  thinks,
  together,
  wishes,
} from '../support/scripted-model.ts'

const LIMITS: ModelRetryLimits = { totalMs: 2_000, firstDelayMs: 10, longestDelayMs: 40, silenceMs: 5_000 }

function modelAt(
  server: ScriptedModel,
  limits: Partial<ModelRetryLimits> = LIMITS,
  model = 'claude-sonnet-5-5',
): Model {
  return createModel({ apiKey: 'test-key', baseURL: server.baseURL, model, log: createLog('silent'), limits })
}

const ASK: ModelRequest = {
  system: 'You are Patchbay.',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Which tables are there?' }] }],
  tools: [
    { name: 'db__search', description: 'Search', schema: { type: 'object', properties: {} } },
    {
      name: 'db__execute',
      description: 'Execute',
      schema: { type: 'object', properties: { sql: { type: 'string' } } },
    },
  ],
  maxTokens: 1_000,
}

/** A turn together with everything it said on the way. */
async function ask(
  model: Model,
  change: Partial<ModelRequest> = {},
  signal: AbortSignal = new AbortController().signal,
) {
  const heard: string[] = []
  const waits: ModelRetry[] = []
  let restarts = 0
  const outcome = await model
    .turn(
      { ...ASK, ...change },
      {
        signal,
        onWords: (text) => heard.push(text),
        onRestart: () => {
          restarts += 1
          heard.length = 0
        },
        onWaiting: (waiting) => waits.push(waiting),
      },
    )
    .catch((error: unknown) => error)
  return { outcome, words: heard.join(''), pieces: heard.length, waits, restarts }
}

test('streams words and gives the turn with usage and cost', async () => {
  await using server = await startScriptedModel(says('There are three tables: orders, customers and items.'))
  const { outcome, words, pieces } = await ask(modelAt(server))
  expect(words).toBe('There are three tables: orders, customers and items.')
  expect(pieces).toBeGreaterThan(1)
  expect(outcome).toMatchObject({ stop: 'end', content: [{ type: 'text', text: words }], model: 'claude-sonnet-5-5' })
  expect(outcome).toMatchObject({ usage: { input: 100 }, costUsd: expect.closeTo(0.0003, 3) })
})

test('gives several tool calls in one turn, with thinking as opaque blocks that go back as they came', async () => {
  const turn = together(
    thinks('hm'),
    says('Let me look.'),
    wishes('db__search', {}, 'one'),
    wishes('db__execute', { sql: 'select 1' }, 'two'),
  )
  await using server = await startScriptedModel(turn, says('Done.'))
  const model = modelAt(server)
  const { outcome } = await ask(model)
  expect(outcome).toMatchObject({
    stop: 'tools',
    content: [
      { type: 'opaque', block: { type: 'thinking', thinking: 'hm', signature: 'c2lnbmF0dXJl' } },
      { type: 'text', text: 'Let me look.' },
      { type: 'tool_use', id: 'one', name: 'db__search', input: {} },
      { type: 'tool_use', id: 'two', name: 'db__execute', input: { sql: 'select 1' } },
    ],
  })
  await ask(model, {
    messages: [
      ...ASK.messages,
      {
        role: 'assistant',
        content: [
          { type: 'opaque', block: { type: 'thinking', thinking: 'hm', signature: 'c2lnbmF0dXJl' } },
          { type: 'text', text: '  ' },
          { type: 'tool_use', id: 'one', name: 'db__search', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            id: 'one',
            text: '',
            isError: true,
            images: [
              { mimeType: 'IMAGE/JPG', data: png().toString('base64') },
              { mimeType: 'image/tiff', data: 'BBBB' },
            ],
          },
        ],
      },
    ],
  })
  const sent = server.requests[1]?.messages
  expect(sent?.[1]?.content).toEqual([
    { type: 'thinking', thinking: 'hm', signature: 'c2lnbmF0dXJl' },
    { type: 'tool_use', id: 'one', name: 'db__search', input: {} },
  ])
  expect(sent?.[2]?.content).toEqual([
    {
      type: 'tool_result',
      tool_use_id: 'one',
      is_error: true,
      cache_control: { type: 'ephemeral' },
      content: [
        { type: 'text', text: '(no output)' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png().toString('base64') } },
        { type: 'text', text: '[A picture is left out here, so you cannot see it: it is no PNG, JPEG, GIF or WebP.]' },
      ],
    },
  ])
})

test('marks system, last tool and last message for the prompt cache, and nothing else', async () => {
  await using server = await startScriptedModel(says('Hello.'))
  await ask(modelAt(server))
  const [sent] = server.requests
  const cached = { cache_control: { type: 'ephemeral' } }
  expect(sent?.system).toEqual([{ type: 'text', text: 'You are Patchbay.', ...cached }])
  expect(sent?.tools?.map((tool) => 'cache_control' in tool)).toEqual([false, true])
  expect(sent?.messages).toEqual([
    { role: 'user', content: [{ type: 'text', text: 'Which tables are there?', ...cached }] },
  ])
})

test('waits out 529, 500 and 429 with a word each, and then answers', async () => {
  await using server = await startScriptedModel(
    overloaded(2),
    fails(500),
    fails(429, { headers: { 'retry-after': '0.02' } }),
    says('Here.'),
  )
  const { words, waits, restarts } = await ask(modelAt(server))
  expect(words).toBe('Here.')
  expect(waits.map(({ attempt, why }) => [attempt, why])).toEqual([
    [1, 'overloaded'],
    [2, 'overloaded'],
    [3, 'overloaded'],
    [4, 'rate_limited'],
  ])
  expect(waits[3]?.seconds).toBe(0.02)
  expect(restarts).toBe(0)
})

test.each(['cut', 'error_event'] as const)(
  'takes its words back and starts over after a break midway (%s)',
  async (how) => {
    await using server = await startScriptedModel(breaksMidway('Let me look into', how), says('All is well.'))
    const { outcome, words, restarts, waits } = await ask(modelAt(server))
    expect(outcome).toMatchObject({ stop: 'end' })
    expect([words, restarts, waits.length]).toEqual(['All is well.', 1, 1])
  },
)

test('gives up with model_overloaded when its time is up, at once when asked to wait longer than that', async () => {
  await using server = await startScriptedModel(overloaded(1_000))
  const { outcome, waits } = await ask(modelAt(server, { ...LIMITS, totalMs: 150 }))
  expect(isAppError(outcome, 'model_overloaded')).toBe(true)
  expect(waits.length).toBeGreaterThan(2)

  await using limited = await startScriptedModel(fails(429, { headers: { 'retry-after': '3600' } }))
  const refused = await ask(modelAt(limited))
  expect(isAppError(refused.outcome, 'model_overloaded')).toBe(true)
  expect(refused.waits).toEqual([])
})

test('a server that cannot be reached is waited for', async () => {
  const server = await startScriptedModel(says('never'))
  const model = modelAt(server, { ...LIMITS, totalMs: 100 })
  await server[Symbol.asyncDispose]()
  const { outcome, waits } = await ask(model)
  expect(isAppError(outcome, 'model_overloaded') && outcome.message).toContain('cannot be reached')
  expect(waits[0]?.why).toBe('unreachable')
})

test.each([
  [fails(401), 'ANTHROPIC_API_KEY'],
  [fails(403), 'claude-sonnet-5-5'],
  [fails(404), 'MODEL'],
  [fails(413), 'new thread'],
  [fails(400, { message: 'prompt is too long: 1200000 tokens > 1000000 maximum' }), 'new thread'],
  [fails(400, { message: 'Your credit balance is too low' }), 'payment'],
  [fails(400, { message: 'temperature: not supported' }), 'temperature: not supported'],
])('says what to do about a final refusal (%#)', async (turn, word) => {
  await using server = await startScriptedModel(turn)
  const { outcome, waits } = await ask(modelAt(server))
  expect(isAppError(outcome, 'model_failed') && outcome.message).toContain(word)
  expect(waits).toEqual([])
})

test.each([
  ['before the answer', hangs(), false],
  ['in the middle of the words', slow(50, says('one two three four five six seven eight nine ten '.repeat(20))), true],
])('stops at once when aborted %s', async (_when, turn, speaks) => {
  await using server = await startScriptedModel(turn)
  const stop = new AbortController()
  const asked = ask(modelAt(server), {}, stop.signal)
  await new Promise((resolve) => setTimeout(resolve, 200))
  const at = performance.now()
  stop.abort()
  const { outcome, words } = await asked
  expect(isAppError(outcome, 'cancelled')).toBe(true)
  expect(performance.now() - at).toBeLessThan(2_000)
  expect(words.length > 0).toBe(speaks)
})

test('stops at once when aborted while waiting for a retry', async () => {
  await using server = await startScriptedModel(overloaded(10))
  const stop = new AbortController()
  const asked = ask(modelAt(server, { totalMs: 60_000, firstDelayMs: 20_000, longestDelayMs: 20_000 }), {}, stop.signal)
  await new Promise((resolve) => setTimeout(resolve, 200))
  stop.abort()
  expect(isAppError((await asked).outcome, 'cancelled')).toBe(true)
})

test('asks again without thinking when the API says it belongs to another conversation', async () => {
  const bound =
    'messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation.'
  await using server = await startScriptedModel(fails(400, { message: bound }), says('Fine.'))
  const { words, waits } = await ask(modelAt(server), {
    messages: [
      ...ASK.messages,
      {
        role: 'assistant',
        content: [
          { type: 'opaque', block: { type: 'thinking', thinking: '', signature: 'x' } },
          { type: 'text', text: 'Three.' },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'And now?' }] },
    ],
  })
  expect([words, waits.length]).toEqual(['Fine.', 0])
  expect(server.requests[0]?.messages[1]?.content).toHaveLength(2)
  expect(server.requests[1]?.messages[1]?.content).toEqual([{ type: 'text', text: 'Three.' }])
})

test.each([
  ['max_tokens', 'length'],
  ['refusal', 'refusal'],
  ['stop_sequence', 'end'],
] as const)('a stop for %s is %s', async (reason, stop) => {
  await using server = await startScriptedModel(stopsWith(reason, says('Well,')))
  expect((await ask(modelAt(server))).outcome).toMatchObject({ stop })
})

test('a model without a known price costs 0', async () => {
  await using server = await startScriptedModel(says('Hi.'))
  expect((await ask(modelAt(server, LIMITS, 'some-other-model'))).outcome).toMatchObject({ costUsd: 0 })
})

test('a stream that falls silent is given up and tried again', async () => {
  await using server = await startScriptedModel(hangs(), says('Here.'))
  const waited: string[] = []
  const answer = await modelAt(server, { ...LIMITS, silenceMs: 200 }).turn(
    {
      system: 's',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }],
      tools: [],
      maxTokens: 100,
    },
    {
      signal: new AbortController().signal,
      onWords: () => undefined,
      onRestart: () => undefined,
      onWaiting: ({ why }) => waited.push(why),
    },
  )
  expect(answer.content).toEqual([{ type: 'text', text: 'Here.' }])
  expect(waited).toEqual(['unreachable'])
})

const picture = { mimeType: 'image/jpeg', data: jpeg().toString('base64') }
const PICTURES: ModelRequest['messages'] = [
  { role: 'user', content: [{ type: 'image', ...picture }] },
  { role: 'assistant', content: [{ type: 'tool_use', id: 'one', name: 'db__search', input: {} }] },
  { role: 'user', content: [{ type: 'tool_result', id: 'one', text: 'shot', isError: false, images: [picture] }] },
]

test.each([
  [400, 'Could not process image'],
  [400, 'messages.0.content.1.image.source.base64.data: image exceeds 5 MB maximum: 6291456 bytes > 5242880 bytes'],
  [400, 'messages.2.content.0: At least one of the image dimensions exceed max allowed size: 8000 pixels'],
  [400, 'The image was specified using the image/png media type, but the image appears to be a image/webp image'],
  [400, 'Could not process PDF'],
  [413, 'Request exceeds the maximum size'],
])('a refused picture is left out, once, and the answer comes (%s %s)', async (status, message) => {
  await using server = await startScriptedModel(fails(status, { message }), says('I cannot see it.'))
  const { words, waits } = await ask(modelAt(server), { messages: PICTURES })
  expect([words, waits.length, server.requests.length]).toEqual(['I cannot see it.', 0, 2])
  expect(JSON.stringify(server.requests[0]?.messages).split('"type":"image"')).toHaveLength(3)
  expect(JSON.stringify(server.requests[1]?.messages)).not.toContain('"type":"image"')
  expect(JSON.stringify(server.requests[1]?.messages).split('the model could not take it')).toHaveLength(3)
})

test('a picture is left out once: a second refusal ends the turn, and so does one without pictures', async () => {
  await using server = await startScriptedModel(fails(400, { times: 5, message: 'Could not process image' }))
  expect(isAppError((await ask(modelAt(server), { messages: PICTURES })).outcome, 'model_failed')).toBe(true)
  expect(server.requests).toHaveLength(2)
  expect(isAppError((await ask(modelAt(server))).outcome, 'model_failed')).toBe(true)
  expect(server.requests).toHaveLength(3)
})
