import { WebAPIPlatformError, WebAPIRequestError } from '@slack/web-api'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { AppError } from '../../../src/errors.ts'
import { createRunId } from '../../../src/ids.ts'
import type { ShownMessage } from '../../../src/run/runs.ts'
import type { RunState } from '../../../src/run/state/state.ts'
import type { RenderDeps } from '../../../src/slack/render/message-records.ts'
import { createRunRenderer } from '../../../src/slack/render/render-run.ts'
import { createAgentIdentities } from '../../../src/slack/web-api/agent-identity.ts'
import type { WebApi } from '../../../src/slack/web-api/web-api.ts'
import { eventually } from '../../support/eventually.ts'
import { memoryLog } from '../../support/log.ts'
import { approvalOf, settingsOf, WORKSPACE } from '../samples.ts'
import { stateOf } from '../states.ts'

const Args = z.looseObject({
  ts: z.string().optional(),
  text: z.string().optional(),
  chunks: z.array(z.unknown()).optional(),
  blocks: z.array(z.unknown()).optional(),
})
type Made = { method: string; args: z.infer<typeof Args> }

const refused = (error: string) =>
  new AppError('slack_failed', error, { cause: new WebAPIPlatformError({ ok: false, error }) })
const lost = () => new AppError('slack_failed', 'lost', { cause: new WebAPIRequestError(new Error('ECONNRESET')) })

/** Slack that notes what it is asked and can be told to fail, and a painter before it. */
function easel(answer: (method: string, nth: number) => unknown = () => undefined) {
  const made: Made[] = []
  const kept = new Map<string, ShownMessage>()
  const webApi: WebApi = {
    async call(method, args, shape) {
      const nth = made.filter((one) => one.method === method).length
      made.push({ method, args: Args.parse(args) })
      const given = answer(method, nth)
      if (given instanceof Error) throw given
      return shape.parse(given ?? { ts: `${made.length}.000000`, files: [], messages: [] })
    },
  }
  const shown: RenderDeps['runs']['shown'] = {
    of: async () => [...kept.values()],
    record: async (_run, one) => void kept.set(one.key, one),
    forget: async (_run, key) => void kept.delete(key),
  }
  const streams = { open: 0, offUntil: 0 }
  const painter = createRunRenderer(() => ({
    webApi,
    postOffers: async () => undefined,
    identities: createAgentIdentities(memoryLog().log),
    runs: { shown, activeIn: async () => createRunId(), withdraw: async () => 0 },
    bot: async () => ({ user: 'UBOT1', bot: 'BBOT1', workspace: WORKSPACE, team: WORKSPACE }),
    directMessageOf: async () => undefined,
    settings: { of: async () => settingsOf() },
    refreshHome: () => undefined,
    sessions: { show: () => undefined, showThinking: () => undefined },
    streams,
    log: memoryLog().log,
  }))
  return {
    painter,
    kept,
    made,
    methods: () => made.map(({ method }) => method).filter((method) => !method.startsWith('assistant.')),
    settle: (state: RunState) => painter.publish(state, new AbortController().signal),
  }
}

const working = stateOf([], { status: 'working' })
const finished = stateOf([{ text: 'Hello there.' }])

test('a quick answer is one post', async () => {
  const { painter, settle, methods } = easel()
  painter.onProgress(working, { kind: 'event', type: 'started' })
  await settle(finished)
  await settle(finished)
  expect(methods()).toEqual(['chat.postMessage'])
})

test('without streams it posts and changes, and asks for a stream no more', async () => {
  const { painter, settle, methods } = easel((method) =>
    method === 'chat.startStream' ? refused('unknown_method') : undefined,
  )
  painter.onProgress(working, { kind: 'words', text: 'Hello' })
  await eventually(() => expect(methods()).toContain('chat.postMessage'))
  painter.onProgress(working, { kind: 'words', text: ' there.' })
  await settle(finished)
  const other = { ...working, id: stateOf([]).id }
  painter.onProgress(other, { kind: 'words', text: 'Hello' })
  await eventually(() => expect(methods().filter((method) => method !== 'chat.startStream')).toHaveLength(3))
  expect(methods().filter((method) => method === 'chat.startStream')).toHaveLength(1)
})

test('a stream that Slack ended is finished by changing the message', async () => {
  const { painter, settle, made, methods, kept } = easel((method) =>
    method === 'chat.appendStream' || method === 'chat.stopStream'
      ? refused('message_not_in_streaming_state')
      : undefined,
  )
  painter.onProgress(working, { kind: 'words', text: 'Hello' })
  await eventually(() => expect(methods()).toContain('chat.startStream'))
  painter.onProgress(working, { kind: 'words', text: ' there.' })
  await eventually(() => expect(methods()).toContain('chat.update'), 5_000)
  await settle(finished)
  expect(made.at(-1)?.args.text).toBe('Hello there.')
  expect([...kept.values()].map(({ live }) => live)).toEqual([false])
  expect(methods()).not.toContain('chat.postMessage')
})

test('a rate limit on words only delays them', async () => {
  const { painter, settle, methods } = easel((method, nth) =>
    method === 'chat.appendStream' && nth === 0 ? refused('ratelimited') : undefined,
  )
  painter.onProgress(working, { kind: 'words', text: 'Hello' })
  await eventually(() => expect(methods()).toContain('chat.startStream'))
  painter.onProgress(working, { kind: 'words', text: ' there.' })
  await eventually(() => expect(methods().filter((method) => method === 'chat.appendStream')).toHaveLength(2), 8_000)
  await settle(finished)
  expect(methods().slice(-2)).toEqual(['chat.stopStream', 'chat.update'])
})

test('a post whose answer was lost is looked for before it is made again', async () => {
  const mine = {
    ts: '7.000000',
    bot_id: 'BBOT1',
    metadata: { event_type: 'patchbay_message', event_payload: { run: finished.id, key: 'answer:0:0' } },
  }
  const { settle, methods, kept } = easel((method, nth) => {
    if (method === 'chat.postMessage' && nth === 0) return lost()
    return method === 'conversations.replies'
      ? { messages: [mine, { ...mine, ts: '8.000000', bot_id: 'BOTHER' }] }
      : undefined
  })
  await expect(settle(finished)).rejects.toMatchObject({ code: 'slack_failed' })
  await settle(finished)
  expect(methods()).toEqual(['chat.postMessage', 'conversations.replies', 'chat.update'])
  expect(kept.get('answer:0:0')?.ts).toBe('7.000000')
})

test('a place that is gone is no reason to try for ever', async () => {
  const { settle } = easel((method) => (method === 'chat.postMessage' ? refused('is_archived') : undefined))
  await settle(finished)
})

test('trouble that passes is thrown, so that the run tries again', async () => {
  const { settle, methods } = easel((method, nth) =>
    method === 'chat.postMessage' && nth === 0 ? refused('fatal_error') : undefined,
  )
  await expect(settle(finished)).rejects.toMatchObject({ code: 'slack_failed' })
  await settle(finished)
  expect(methods()).toEqual(['chat.postMessage', 'chat.postMessage'])
})

test('blocks that Slack refuses do not cost the words', async () => {
  const { settle, made } = easel((method, nth) =>
    method === 'chat.postMessage' && nth === 0 ? refused('invalid_blocks') : undefined,
  )
  await settle(finished)
  expect(made.at(-1)?.args).toMatchObject({ text: 'Hello there.', blocks: [] })
})

test('a message somebody deleted is posted again', async () => {
  const { settle, methods } = easel((method) => (method === 'chat.update' ? refused('message_not_found') : undefined))
  await settle(stateOf([{ text: 'Hello' }]))
  await settle(finished)
  expect(methods()).toEqual(['chat.postMessage', 'chat.update', 'chat.postMessage'])
})

test('streams that a dead instance left open are ended by the next', async () => {
  const { settle, methods, kept } = easel()
  kept.set('answer:0:0', { key: 'answer:0:0', channel: 'CGENERAL1', ts: '5.000000', contentHash: '', live: true })
  await settle({ ...finished, recovered: true })
  expect(methods()).toEqual(['conversations.replies', 'chat.stopStream', 'chat.update'])
})

test('nothing is streamed while a person decides', async () => {
  const { painter, methods } = easel()
  painter.onProgress(working, { kind: 'words', text: 'I will' })
  await eventually(() => expect(methods()).toContain('chat.startStream'))
  const asking = stateOf([{ text: 'I will', calls: [{ stage: 'awaiting_approval' }] }], { status: 'working' })
  const [call] = asking.calls
  if (call) call.approval = approvalOf()
  painter.onProgress(asking, { kind: 'event', type: 'replied' })
  await eventually(() => expect(methods()).toContain('chat.stopStream'))
})

test('a request that waits is told so', async () => {
  const { painter, made } = easel()
  painter.onQueued({ run: working.id, origin: working.origin }, working)
  await eventually(() => expect(made.at(-1)?.args.text).toMatch(/when I am done with the request before it/))
})

test('an answer that is longer than a message is streamed on in the next one', async () => {
  const { painter, settle, made, methods } = easel()
  const line = 'Some words of a long answer, one line of many.\n'
  painter.onProgress(working, { kind: 'words', text: line.repeat(150) })
  await eventually(() => expect(methods()).toEqual(['chat.startStream']))
  painter.onProgress(working, { kind: 'words', text: line.repeat(40) })
  await eventually(() =>
    expect(methods()).toEqual(['chat.startStream', 'chat.stopStream', 'chat.update', 'chat.startStream']),
  )
  painter.onProgress(working, { kind: 'words', text: 'More.' })
  await eventually(() => expect(methods().at(-1)).toBe('chat.appendStream'))
  await settle(stateOf([{ text: `${line.repeat(190)}More.` }]))
  const text = made.filter(({ method }) => method === 'chat.update').map(({ args }) => JSON.stringify(args))
  expect(text.at(-1)).toContain('More.')
  expect(methods()).not.toContain('chat.postMessage')
})

test('there is something to read before the first words', async () => {
  const { painter, made } = easel()
  painter.onProgress(working, { kind: 'event', type: 'started' })
  await eventually(() => expect(made.map(({ method }) => method)).toContain('chat.startStream'))
  const chunks = made.find(({ method }) => method === 'chat.startStream')?.args.chunks
  expect(chunks).toMatchObject([
    { type: 'plan_update', title: 'Working on it' },
    { type: 'task_update', title: 'Thinking…', status: 'in_progress' },
    { type: 'blocks' },
  ])
})

test('so it is without streams', async () => {
  const { painter, made } = easel((method) => (method === 'chat.startStream' ? refused('unknown_method') : undefined))
  painter.onProgress(working, { kind: 'event', type: 'started' })
  await eventually(() => expect(made.map(({ method }) => method)).toContain('chat.postMessage'))
  expect(made.at(-1)?.args.blocks).toMatchObject([{ type: 'context' }, { type: 'actions' }])
})

const parted = stateOf([
  { text: 'I will write.', calls: [{ stage: 'done', approval: approvalOf() }] },
  { text: 'Written.' },
])

test('what the model said before a card goes when the answer stands below it', async () => {
  const { settle, methods, kept } = easel()
  kept.set('answer:0:0', { key: 'answer:0:0', channel: 'CGENERAL1', ts: '5.000000', contentHash: '', live: false })
  await settle(parted)
  expect(methods().filter((method) => method === 'chat.delete')).toHaveLength(1)
  expect([...kept.keys()].filter((key) => key.startsWith('answer:'))).toEqual(['answer:1:0'])
})

test('where Slack deletes nothing, that message says where the answer is', async () => {
  const { settle, made, kept } = easel((method) =>
    method === 'chat.delete' ? refused('compliance_exports_prevent_deletion') : undefined,
  )
  kept.set('answer:0:0', { key: 'answer:0:0', channel: 'CGENERAL1', ts: '5.000000', contentHash: '', live: false })
  await settle(parted)
  expect(made.filter(({ args }) => args.ts === '5.000000').at(-1)?.args.text).toBe('The answer is below.')
})
