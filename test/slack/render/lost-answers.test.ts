import { WebAPIPlatformError, WebAPIRequestError } from '@slack/web-api'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { AppError } from '../../../src/errors.ts'
import { ChannelId, createRunId, UserId } from '../../../src/ids.ts'
import type { ShownMessage } from '../../../src/run/runs.ts'
import type { RunState } from '../../../src/run/state/state.ts'
import { createRunRenderer } from '../../../src/slack/render/render-run.ts'
import { createAgentIdentities } from '../../../src/slack/web-api/agent-identity.ts'
import type { WebApi } from '../../../src/slack/web-api/web-api.ts'
import { eventually } from '../../support/eventually.ts'
import { memoryLog } from '../../support/log.ts'
import { approvalOf, settingsOf, WORKSPACE } from '../samples.ts'
import { stateOf } from '../states.ts'

const Args = z.looseObject({
  channel: z.string().optional(),
  channel_id: z.string().optional(),
  thread_ts: z.string().optional(),
  ts: z.string().optional(),
  text: z.string().optional(),
  filename: z.string().optional(),
  file: z.instanceof(Buffer).optional(),
  metadata: z.unknown().optional(),
  blocks: z.array(z.unknown()).optional(),
  chunks: z.array(z.looseObject({ type: z.string(), blocks: z.array(z.unknown()).optional() })).optional(),
})
type Args = z.infer<typeof Args>
type Kept = { channel: string; thread: string | undefined; ts: string; live: boolean } & Pick<
  Args,
  'text' | 'metadata' | 'blocks'
> & { files?: { id: string; name: string; size: number }[] }

const lost = () => new AppError('slack_failed', 'lost', { cause: new WebAPIRequestError(new Error('ECONNRESET')) })
const refused = (error: string) =>
  new AppError('slack_failed', error, { cause: new WebAPIPlatformError({ ok: false, error }) })

type Loss = {
  method: string
  /** What the lost one is known by. */
  like?: RegExp
  /** The message comes to Slack only when the app has read the place once. */
  late?: boolean
}

/** A Slack that keeps its messages, and whose first answer to one method is lost. */
function forgetfulSlack({ method: lossy, late, like = /./ }: Loss) {
  const messages: Kept[] = []
  const waiting: Kept[] = []
  const made: string[] = []
  let count = 0
  let losses = 0
  const at = (ts: string | undefined) => {
    const found = messages.find((one) => one.ts === ts)
    if (found === undefined) throw refused('message_not_found')
    return found
  }
  const add = (method: string, kept: Omit<Kept, 'ts'>) => {
    count += 1
    const message = { ...kept, ts: `${count}.000000` }
    const isLost = method === lossy && losses === 0 && like.test(JSON.stringify(message))
    if (isLost) losses += 1
    ;(isLost && late ? waiting : messages).push(message)
    if (isLost) throw lost()
    return { ts: message.ts, files: [{ id: message.files?.[0]?.id }] }
  }
  const read = (channel: string | undefined, thread: string | undefined) => {
    const found = messages.filter((one) => one.channel === channel && (!thread || one.thread === thread))
    messages.push(...waiting.splice(0))
    return { messages: found.map((one) => ({ ...one, bot_id: 'BBOT1' })) }
  }
  const answers: Record<string, (args: Args) => unknown> = {
    'chat.postMessage': ({ channel = '', thread_ts: thread, text, metadata, blocks }) =>
      add('chat.postMessage', { channel, thread, live: false, text, metadata, blocks }),
    'chat.startStream': ({ channel = '', thread_ts: thread, chunks = [] }) => {
      const blocks = chunks.flatMap((chunk) => chunk.blocks ?? [])
      return add('chat.startStream', { channel, thread, live: true, blocks })
    },
    'chat.stopStream': ({ ts }) => Object.assign(at(ts), { live: false }),
    'chat.update': ({ ts, text, metadata, blocks }) => {
      if (at(ts).live) throw refused('streaming_state_conflict')
      return Object.assign(at(ts), { text, metadata, blocks })
    },
    'chat.delete': ({ ts }) => messages.splice(messages.indexOf(at(ts)), 1),
    'files.uploadV2': ({ channel_id: channel = '', thread_ts: thread, filename: name = '', file }) =>
      add('files.uploadV2', {
        channel,
        thread,
        live: false,
        files: [{ id: `F${count}`, name, size: file?.length ?? 0 }],
      }),
    'conversations.replies': ({ channel, ts }) => read(channel, ts),
    'conversations.members': () => ({ members: [] }),
    'chat.getPermalink': ({ ts }) => ({ permalink: `https://acme.example/${ts}` }),
    'conversations.history': ({ channel }) => read(channel, undefined),
  }
  const webApi: WebApi = {
    async call(method, given, shape) {
      made.push(method)
      return shape.parse(answers[method]?.(Args.parse(given)) ?? {})
    },
  }
  return { webApi, messages, made }
}

function rendererOn(webApi: WebApi, settings = settingsOf(), unrecorded = 0) {
  const kept = new Map<string, ShownMessage>()
  let attempts = 0
  const renderer = createRunRenderer(() => ({
    webApi,
    postOffers: async () => undefined,
    identities: createAgentIdentities(memoryLog().log),
    runs: {
      activeIn: async () => undefined,
      withdraw: async () => 0,
      shown: {
        of: async () => [...kept.values()],
        record: async (_run, one) => {
          if (attempts++ < unrecorded) throw new AppError('database_unavailable', 'away')
          kept.set(one.key, one)
        },
        forget: async (_run, key) => void kept.delete(key),
      },
    },
    bot: async () => ({ user: 'UBOT1', bot: 'BBOT1', workspace: WORKSPACE, team: WORKSPACE }),
    directMessageOf: async (user) => `D${user}`,
    settings: { of: async () => settings },
    refreshHome: () => undefined,
    sessions: { show: () => undefined, showThinking: () => undefined },
    streams: { open: 0, offUntil: 0 },
    log: memoryLog().log,
  }))
  const settle = (state: RunState) => renderer.publish(state, new AbortController().signal)
  return { renderer, kept, settle }
}

const working = stateOf([], { status: 'working' })
const finished = stateOf([{ text: 'Hello there.' }])
const OTHER = UserId.parse('UAPPROVER1')

function asking(approvers = [working.origin.user], args = {}): RunState {
  const call = { stage: 'awaiting_approval' as const, arguments: args, approval: approvalOf({ approvers }) }
  return stateOf([{ text: 'I will', calls: [call] }], { status: 'working' })
}

const withFile = (text = 'a,b'): RunState => {
  const file = { name: 'rows.csv', data: Buffer.from(text).toString('base64'), mimeType: 'text/csv' }
  const result = {
    outcome: 'done' as const,
    text: 'Done',
    summary: '',
    images: [],
    files: [file],
    isError: false,
    ms: 1,
  }
  return stateOf([{ text: 'Reading.', calls: [{ stage: 'done', result }] }, { text: 'Hello there.' }])
}

test.for([
  { what: 'a first post while it works', method: 'chat.postMessage', words: true },
  { what: 'a first post that comes late', method: 'chat.postMessage', late: true, words: true },
  { what: 'a stream', method: 'chat.startStream', words: true },
  { what: 'a stream that comes late', method: 'chat.startStream', late: true, words: true },
  { what: 'the only post', method: 'chat.postMessage' },
])('an answer that was lost leaves one message, without buttons of a run: $what', async ({ words, ...loss }) => {
  const slack = forgetfulSlack(loss)
  const offered = { ...slack.webApi }
  if (loss.method !== 'chat.startStream')
    offered.call = (method, ...more) => {
      if (method === 'chat.startStream') throw refused('unknown_method')
      return slack.webApi.call(method, ...more)
    }
  const { renderer, settle } = rendererOn(offered)
  if (words) {
    renderer.onProgress(working, { kind: 'words', text: 'Hello' })
    await eventually(() => expect(slack.made).toContain(loss.method))
    renderer.onProgress(working, { kind: 'words', text: ' there.' })
    await eventually(() => expect(slack.made.slice(1).join(' ')).toMatch(/chat\.(postMessage|update)/), 8_000)
  }
  await settle(finished).catch(() => settle(finished))
  expect(slack.messages.map(({ text }) => text)).toEqual(['Hello there.'])
  expect(JSON.stringify(slack.messages)).not.toMatch(/run_stop|"live":true/)
  expect(slack.made.filter((method) => method === 'conversations.replies').length).toBeLessThanOrEqual(2)
})

test.for([
  {
    what: 'a card in the thread',
    method: 'chat.postMessage',
    like: /approval_approve/,
    state: asking(),
    where: 'CGENERAL1',
  },
  {
    what: 'a card in an approver’s messages',
    method: 'chat.postMessage',
    like: /approval_approve/,
    state: asking([OTHER]),
    where: `D${OTHER}`,
  },
  {
    what: 'a card in the channel for approvals',
    method: 'chat.postMessage',
    like: /approval_approve/,
    state: asking([OTHER]),
    settings: settingsOf({ approvalsChannel: ChannelId.parse('CAPPROVE1') }),
    where: 'CAPPROVE1',
  },
  { what: 'a file', method: 'files.uploadV2', state: withFile(), where: 'CGENERAL1' },
])('an answer that was lost leaves one of each: $what', async ({ method, like, state, settings, where }) => {
  const slack = forgetfulSlack({ method, ...(like && { like }) })
  const { settle } = rendererOn(slack.webApi, settings)
  const outcomes: unknown[] = []
  for (let tries = 0; tries < 3; tries += 1)
    outcomes.push(
      await settle(state).then(
        () => 'shown',
        () => 'lost',
      ),
    )
  expect(outcomes).toEqual(['lost', 'shown', 'shown'])
  const seen = slack.messages.filter(({ channel }) => channel === where)
  const names = seen.map(({ text, files }) => files?.[0]?.name ?? text)
  expect(names.length).toBeGreaterThan(0)
  expect(names).toEqual([...new Set(names)])
})

const longArguments = asking(undefined, { content: 'x'.repeat(9_000) })

test.for([
  { what: 'a result', state: withFile(), next: withFile('a,b,c') },
  { what: 'arguments', state: longArguments, next: longArguments },
])('a file by the same name is not taken for another one: $what', async ({ state, next }) => {
  const slack = forgetfulSlack({ method: '' })
  await rendererOn(slack.webApi).settle(state)
  const [before] = slack.messages.flatMap(({ files }) => files ?? [])
  await rendererOn(slack.webApi).settle({ ...next, id: createRunId(), recovered: true })
  const files = slack.messages.flatMap((one) => one.files ?? [])
  expect(files.map(({ name }) => name)).toEqual([before?.name, before?.name])
})

test.for([
  { what: 'an answer', state: finished, key: 'answer:0:0' },
  { what: 'a card', state: asking(), key: /^approval:/ },
  { what: 'a file', state: withFile(), key: /^file:/ },
])('what could not be recorded is recorded by the next try, and not shown twice: $what', async ({ state, key }) => {
  const slack = forgetfulSlack({ method: '' })
  for (let unrecorded = 1; unrecorded <= 3; unrecorded += 1) {
    slack.messages.length = 0
    const { kept, settle } = rendererOn(slack.webApi, undefined, unrecorded)
    for (let tries = 0; tries < 5; tries += 1) await settle(state).catch(() => undefined)
    expect([...kept.keys()]).toContainEqual(typeof key === 'string' ? key : expect.stringMatching(key))
    expect(kept.size).toBe(slack.messages.length)
  }
})

test.for([
  { what: 'twice at most', limits: 0, reads: 2 },
  { what: 'again after a rate limit', limits: 2, reads: 4 },
])('a place where an answer was lost is read $what', async ({ limits, reads }) => {
  const slack = forgetfulSlack({ method: 'chat.postMessage', late: true })
  let refusals = 0
  const webApi: WebApi = {
    async call(method, ...more) {
      if (method !== 'conversations.replies' || refusals >= limits) return slack.webApi.call(method, ...more)
      refusals += 1
      throw refused('ratelimited')
    },
  }
  const { settle } = rendererOn(webApi)
  for (let tries = 0; tries < 6; tries += 1) await settle(finished).catch(() => undefined)
  expect(slack.made.filter((method) => method === 'conversations.replies').length + refusals).toBe(reads)
  expect(slack.messages.map(({ text }) => text)).toEqual(['Hello there.'])
})
