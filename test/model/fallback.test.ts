import { expect, test } from 'vitest'
import { createLog } from '../../src/log.ts'
import { createModel } from '../../src/model/claude.ts'
import type { ModelRequest } from '../../src/model/turn.ts'
import { renderAnswer } from '../../src/slack/answer/answer-messages.ts'
import { stateOf } from '../slack/states.ts'
import { fails, overloaded, type Script, says, startScriptedModel } from '../support/scripted-model.ts'

const ASK: ModelRequest = {
  system: 'You are Patchbay.',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello?' }] }],
  tools: [],
  maxTokens: 100,
}

async function turnWith(turns: Script[], change: Partial<ModelRequest> = {}) {
  await using server = await startScriptedModel(...turns)
  const model = createModel({
    apiKey: 'test-key',
    baseURL: server.baseURL,
    model: 'claude-sonnet-5-5',
    fallback: 'claude-haiku-5',
    log: createLog('silent'),
    limits: { totalMs: 2_000, firstDelayMs: 5, longestDelayMs: 20, silenceMs: 5_000 },
  })
  const listener = {
    signal: new AbortController().signal,
    onWords: () => undefined,
    onRestart: () => undefined,
    onWaiting: () => undefined,
  }
  const turn = await model.turn({ ...ASK, ...change }, listener).catch((error: unknown) => error)
  return { turn, asked: server.requests.map((request) => request.model) }
}

test('where the usual model is overloaded twice, the other one goes on, and the turn says so', async () => {
  const { turn, asked } = await turnWith([overloaded(2), says('Here.')])
  expect(asked).toEqual(['claude-sonnet-5-5', 'claude-sonnet-5-5', 'claude-haiku-5'])
  expect(turn).toMatchObject({ model: 'claude-haiku-5', insteadOf: 'claude-sonnet-5-5' })
})

test('one failure is no overload, and a request that is refused is not asked of another model', async () => {
  const once = await turnWith([overloaded(1), says('Here.')])
  expect(once.asked).toEqual(['claude-sonnet-5-5', 'claude-sonnet-5-5'])
  expect(once.turn).not.toHaveProperty('insteadOf')
  const refused = await turnWith([fails(400), says('Never.')])
  expect(refused.asked).toEqual(['claude-sonnet-5-5'])
  expect(refused.turn).toMatchObject({ code: 'model_failed' })
})

test('where the other model is overloaded as well, that is the end of it', async () => {
  const { turn, asked } = await turnWith([overloaded(100_000)])
  expect(turn).toMatchObject({ code: 'model_overloaded' })
  expect(new Set(asked.slice(2))).toEqual(new Set(['claude-haiku-5']))
})

test('an agent’s own model has the same one behind it', async () => {
  const { turn, asked } = await turnWith([overloaded(2), says('Here.')], { model: 'claude-opus-5-5' })
  expect(asked).toEqual(['claude-opus-5-5', 'claude-opus-5-5', 'claude-haiku-5'])
  expect(turn).toMatchObject({ insteadOf: 'claude-opus-5-5' })
})

test('the answer says that another model gave it', () => {
  const answer = (change: object) => JSON.stringify(renderAnswer(stateOf([{ text: 'Here.' }], change)))
  const change = { model: 'claude-haiku-5', insteadOf: 'claude-sonnet-5-5' }
  expect(answer(change)).toContain('claude-sonnet-5-5 was overloaded, so claude-haiku-5 answered this.')
  expect(answer({ ...change, status: 'working' })).not.toContain('overloaded')
  expect(answer({ model: 'claude-sonnet-5-5' })).not.toContain('overloaded')
})
