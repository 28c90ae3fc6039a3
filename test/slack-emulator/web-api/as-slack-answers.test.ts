import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Payload, startStubApp } from '../../support/stub-app.ts'
import { controls, manifestWithScopes, manifestWithView, until } from '../emulator-with-bolt.ts'

let app: Awaited<ReturnType<typeof startStubApp>>
let people: ReturnType<typeof controls>

beforeAll(async () => {
  const begun = Date.now()
  // The clock stands still, so that no limit refills while the machine is busy.
  app = await startStubApp(() => undefined, { now: () => begun })
  people = controls(app.slack)
  await people.act('channel', { name: 'closed', members: ['owner', 'patchbay'] })
  await people.act('channel', { name: 'secret', kind: 'private_channel', members: ['owner'] })
})
beforeEach(() => people.act('limits', { pass_seconds: 120 }))
afterAll(() => app[Symbol.asyncDispose]())

const GENERAL = 'CGENERAL1'
const GONE = '1700000000.000001'
const post = async (more: Payload = {}) =>
  z
    .object({ ts: z.string(), message: z.record(z.string(), z.unknown()) })
    .parse(await app.call('chat.postMessage', { channel: GENERAL, text: 'x', ...more }))
const tops = async () => (await people.messages('member', 'general')).map(({ ts }) => ts)

describe('a thread that is gone', () => {
  it('is ignored by a message, which stands at the top', async () => {
    const { ts, message } = await post({ thread_ts: GONE })
    expect(message.thread_ts).toBeUndefined()
    expect(await tops()).toContain(ts)
  })

  it('is ignored by a file', async () => {
    const before = await tops()
    const files = [{ id: await uploaded() }]
    await app.call('files.completeUploadExternal', { files, channel_id: GENERAL, thread_ts: GONE })
    await until(async () => (await tops()).length > before.length)
  })

  it('shows an ephemeral to nobody', async () => {
    const before = await tops()
    const said = { channel: GENERAL, user: 'UMEMBER1', text: 'x', thread_ts: GONE }
    expect(await app.ask('chat.postEphemeral', said)).toMatchObject({ ok: true })
    expect(await tops()).toEqual(before)
  })

  it.each([
    ['chat.startStream', { channel: GENERAL, recipient_team_id: 'TLOCAL01', recipient_user_id: 'UMEMBER1' }],
    ['chat.startStream', { channel: 'DMEMBER1' }],
    ['agents.sessions.setStatus', { channel_id: GENERAL, status: 'active' }],
    ['assistant.threads.setStatus', { channel_id: GENERAL, status: 'x' }],
  ])('%s %j refuses it', async (method, args) => {
    expect(await app.ask(method, { ...args, thread_ts: GONE })).toMatchObject({ error: 'invalid_thread_ts' })
  })
})

describe('a deleted message', () => {
  it('leaves a tombstone while it has replies, and goes with the last', async () => {
    const root = await post()
    const reply = await post({ thread_ts: root.ts })
    await app.call('chat.delete', { channel: GENERAL, ts: root.ts })
    const { messages } = await app.call('conversations.replies', { channel: GENERAL, ts: root.ts })
    expect(messages).toMatchObject([
      { subtype: 'tombstone', user: 'USLACKBOT', hidden: true, reply_count: 1 },
      { ts: reply.ts },
    ])
    for (const method of ['chat.update', 'chat.delete'])
      expect(await app.ask(method, { channel: GENERAL, ts: root.ts, text: 'x' })).toMatchObject({
        error: 'message_not_found',
      })
    const changed = ({ event }: Payload) => JSON.stringify(event ?? '').includes('"tombstone"')
    expect(await until(() => app.heard.find(changed))).toMatchObject({ event: { subtype: 'message_changed' } })
    expect((await post({ thread_ts: root.ts })).message.thread_ts).toBe(root.ts)
    const { messages: now } = await app.call('conversations.replies', { channel: GENERAL, ts: root.ts })
    for (const { ts } of z
      .array(z.object({ ts: z.string() }))
      .parse(now)
      .slice(1))
      await app.call('chat.delete', { channel: GENERAL, ts })
    expect(await tops()).not.toContain(root.ts)
  })

  it('goes at once without replies', async () => {
    const { ts } = await post()
    await app.call('chat.delete', { channel: GENERAL, ts })
    expect(await tops()).not.toContain(ts)
  })
})

describe('streams', () => {
  it('need no recipient in a DM', async () => {
    const { ts } = await people.act('say', { as: 'member', channel: 'dm', text: 'hi' })
    expect(await app.ask('chat.startStream', { channel: 'DMEMBER1', thread_ts: ts })).toMatchObject({ ok: true })
  })

  it('may stand at the top of a channel', async () => {
    const recipient = { recipient_team_id: 'TLOCAL01', recipient_user_id: 'UMEMBER1' }
    const { ts } = await app.call('chat.startStream', { channel: GENERAL, ...recipient, markdown_text: 'hi' })
    expect(await tops()).toContain(ts)
    expect(await app.ask('chat.appendStream', { channel: GENERAL, ts })).toMatchObject({ error: 'no_text' })
  })

  it.each([
    ['TLOCAL01', 'UOTHER01', 'user_not_found'],
    ['TOTHER01', 'UOTHER01', undefined],
    ['TOTHER01', 'UMEMBER1', 'user_not_found'],
  ])('name the workspace of who reads: %s %s', async (recipient_team_id, recipient_user_id, error) => {
    await people.act('person', { name: 'other', real_name: 'Other', standing: 'stranger' })
    const { ts: thread_ts } = await post()
    const asked = { channel: GENERAL, thread_ts, recipient_team_id, recipient_user_id }
    expect((await app.ask('chat.startStream', asked)).error).toBe(error)
  })
})

describe('an archived channel', () => {
  beforeAll(() => people.act('archive', { channel: 'closed' }))
  const channel = 'CCLOSED01'

  it.each([
    ['chat.postMessage', { channel, text: 'x' }, 'is_archived'],
    ['chat.postEphemeral', { channel, user: 'UOWNER01', text: 'x' }, 'is_archived'],
    ['chat.startStream', { channel, thread_ts: GONE }, 'is_archived'],
    ['conversations.history', { channel }, undefined],
    ['conversations.members', { channel }, undefined],
  ])('%s: %s', async (method, args, error) => {
    expect((await app.ask(method, args)).error).toBe(error)
  })

  it('keeps what stands in it as it is', async () => {
    await people.act('archive', { channel: 'closed', archived: false })
    const { ts } = await post({ channel })
    expect(await people.act('archive', { channel: 'closed' })).toMatchObject({ status: 200 })
    expect(await app.ask('chat.update', { channel, ts, text: 'y' })).toMatchObject({ error: 'is_inactive' })
    const reaction = { channel, timestamp: ts, name: 'eyes' }
    app.slack.setManifest(manifestWithScopes(['reactions:write']))
    expect(await app.ask('reactions.add', reaction)).toMatchObject({ error: 'is_archived' })
    app.slack.setManifest(manifestWithScopes(EVERYTHING))
    expect((await app.call('conversations.info', { channel })).channel).toMatchObject({ is_archived: true })
    expect(await people.act('say', { as: 'owner', channel: 'closed', text: 'x' })).toMatchObject({ status: 409 })
  })

  it('is left out of a list on demand', async () => {
    const listed = async (more: object) => JSON.stringify(await app.call('conversations.list', { ...more }))
    expect(await listed({})).toContain(channel)
    expect(await listed({ exclude_archived: true })).not.toContain(channel)
  })
})
const EVERYTHING = ['chat:write', 'channels:read', 'channels:history', 'files:read', 'files:write', 'assistant:write']

describe('where the app is not', () => {
  it.each([
    ['chat.update', { ts: GONE, text: 'x' }],
    ['chat.delete', { ts: GONE }],
    ['chat.getPermalink', { message_ts: GONE }],
    ['conversations.info', {}],
  ])('%s of a private channel is channel_not_found', async (method, args) => {
    app.slack.setManifest(manifestWithScopes(['chat:write', 'groups:read']))
    for (const channel of ['CSECRET01', 'CNOWHERE1'])
      expect((await app.ask(method, { channel, ...args })).error).toMatch(/channel_not_found|missing_scope/)
    expect((await app.ask(method, { channel: 'CSECRET01', ...args })).error).toBe('channel_not_found')
    app.slack.setManifest(manifestWithScopes(EVERYTHING))
  })
})

describe('arguments', () => {
  it.each([
    ['chat.postMessage', { channel: GENERAL, text: 'x', blocks: '{nonsense' }, 'invalid_blocks_format'],
    ['chat.postMessage', { channel: GENERAL, text: 'x', blocks: { type: 'section' } }, 'invalid_blocks_format'],
    ['conversations.history', { channel: GENERAL, cursor: 'nonsense' }, 'invalid_cursor'],
    ['conversations.list', { cursor: 'bmV4dDo' }, 'invalid_cursor'],
    ['conversations.list', { limit: 1_001 }, 'invalid_limit'],
    ['conversations.members', { channel: GENERAL, limit: 0 }, 'invalid_limit'],
  ])('%s %j: %s', async (method, args, error) => {
    expect(await app.ask(method, args)).toMatchObject({ ok: false, error })
  })
})

it.each([
  ['auth.teams.list', 20],
  ['users.list', 20],
  ['api.test', 100],
  ['assistant.threads.setSuggestedPrompts', 100],
])('%s is allowed %i times a minute', async (method, count) => {
  for (let nth = 0; nth < count; nth += 1) expect((await app.ask(method, {})).error).not.toBe('ratelimited')
  expect(await app.ask(method, {})).toMatchObject({ error: 'ratelimited' })
})

it('takes a hundred attachments', async () => {
  const attached = (count: number) => ({ channel: GENERAL, attachments: Array(count).fill({ text: 'x' }) })
  expect(await app.ask('chat.postMessage', attached(100))).toMatchObject({ ok: true })
  expect(await app.ask('chat.postMessage', attached(101))).toMatchObject({ error: 'too_many_attachments' })
})

describe('bodies', () => {
  const send = async (
    method: string,
    type: string | undefined,
    body: string | Uint8Array<ArrayBuffer>,
    token = app.slack.botToken,
  ) => {
    const headers = { ...(type && { 'content-type': type }), ...(token && { authorization: `Bearer ${token}` }) }
    return (await fetch(`${app.slack.apiUrl}${method}`, { method: 'POST', headers, body })).json()
  }
  const bytes = new Uint8Array(new TextEncoder().encode('text=x'))

  it.each([
    ['chat.postMessage', 'application/json; charset=utf-8', '{"channel":"CGENERAL1","text":"x"}', { ok: true }],
    ['chat.postMessage', 'application/x-www-form-urlencoded', 'channel=CGENERAL1&text=x', { ok: true }],
    ['chat.postMessage', 'application/json', '{broken', { error: 'invalid_json' }],
    ['chat.postMessage', 'application/xml', '<x/>', { error: 'invalid_post_type' }],
    ['chat.postMessage', undefined, bytes, { error: 'missing_post_type' }],
    [
      'conversations.replies',
      'application/json',
      `{"channel":"CGENERAL1","ts":"${GONE}"}`,
      { error: 'invalid_arguments' },
    ],
    ['conversations.info', 'application/json', '{"channel":"CGENERAL1"}', { error: 'invalid_arguments' }],
    ['conversations.info', 'application/x-www-form-urlencoded', 'channel=CGENERAL1', { ok: true }],
  ])('%s as %s', async (method, type, body, answer) => {
    expect(await send(method, type, body)).toMatchObject(answer)
  })

  it('take a token in a form, but not in JSON', async () => {
    const token = app.slack.botToken
    const form = 'application/x-www-form-urlencoded'
    expect(await send('auth.test', form, `token=${token}`, '')).toMatchObject({ ok: true })
    expect(await send('auth.test', 'application/json', JSON.stringify({ token }), '')).toMatchObject({
      error: 'not_authed',
    })
  })
})

async function uploaded(): Promise<string> {
  const announced = await app.call('files.getUploadURLExternal', { filename: 'a.txt', length: 3 })
  await fetch(String(announced.upload_url), { method: 'POST', body: 'abc' })
  return String(announced.file_id)
}

describe('files', () => {
  it('are answered with id and title, and posted later; an upload ends once', async () => {
    const files = [{ id: await uploaded(), title: 'A' }]
    const done = await app.call('files.completeUploadExternal', { files, channel_id: GENERAL })
    expect(done).toEqual({ ok: true, files })
    const [file] = files
    const info = async () => (await app.call('files.info', { file: file?.id })).file
    expect(await info()).toMatchObject({ channels: [] })
    await until(async () => JSON.stringify(await info()).includes(`"channels":["${GENERAL}"]`))
    expect(await app.ask('files.completeUploadExternal', { files })).toMatchObject({ error: 'file_not_found' })
  })

  it.each([
    ['owner', 'general', 'public', 'channels'],
    ['owner', 'circle', 'private', 'groups'],
    ['owner', 'dm', 'private', 'ims'],
  ])('of %s in %s say where they are shared: %s', async (as, channel, kind, list) => {
    await people.act('channel', { name: 'circle', kind: 'private_channel', members: ['owner', 'patchbay'] })
    const root = await people.act('say', { as, channel, text: 'here it comes' })
    const files = [{ name: 'a.txt', data: Buffer.from('x').toString('base64') }]
    const sent = await people.act('upload', { as, channel, thread_ts: root.ts, files })
    const [id] = z.object({ files: z.array(z.string()) }).parse(sent).files
    const { file } = await app.call('files.info', { file: id })
    const share = { ts: sent.ts, thread_ts: root.ts, share_user_id: 'UOWNER01', team_id: 'TLOCAL01' }
    expect(file).toMatchObject({ [list]: [sent.channel], shares: { [kind]: { [sent.channel]: [share] } } })
  })

  it.each([
    ['CNOWHERE1', 'channel_not_found'],
    ['CCLOSED01', 'is_archived'],
  ])('are not shared with %s', async (channel_id, error) => {
    expect(
      await app.ask('files.completeUploadExternal', { files: [{ id: await uploaded() }], channel_id }),
    ).toMatchObject({ error })
  })

  it.each([
    ['general', EVERYTHING, 'hello'],
    ['general', ['chat:write'], 'Sign in'],
    ['secret', EVERYTHING, 'Sign in'],
  ])('in %s with %j are handed over as %s', async (channel, scopes, words) => {
    app.slack.setManifest(manifestWithScopes(scopes))
    const data = Buffer.from('hello').toString('base64')
    const sent = await people.act('upload', { as: 'owner', channel, files: [{ name: 'a.txt', data }] })
    const seen = (await people.messages('owner', channel)).find(({ ts }) => ts === sent.ts)
    const headers = { authorization: `Bearer ${app.slack.botToken}` }
    const reply = await fetch(seen?.files[0]?.url ?? '', { headers })
    expect(reply.status).toBe(200)
    expect(await reply.text()).toContain(words)
    app.slack.setManifest(manifestWithScopes(EVERYTHING))
  })
})

it.each([
  ['agent_view', undefined, false],
  ['assistant_view', undefined, true],
  [undefined, 'not_agent_app', false],
] as const)('prompts for a thread of an app with %s: %s, shown %s', async (view, error, isShown) => {
  await people.act('limits', { pass_seconds: 120 })
  app.slack.setManifest(manifestWithView(view))
  const { ts } = await people.act('say', { as: 'member', channel: 'dm', text: 'hi' })
  const dm = { channel_id: 'DMEMBER1', prompts: [{ title: 'A', message: 'a' }] }
  const shown = async (query: Record<string, string>) =>
    JSON.stringify(await people.look('messages', { as: 'member', channel: 'dm', ...query })).includes('"title":"A"')
  expect((await app.ask('assistant.threads.setSuggestedPrompts', { ...dm, thread_ts: ts })).error).toBe(error)
  expect(await shown({ thread_ts: ts })).toBe(isShown)
  expect((await app.ask('assistant.threads.setSuggestedPrompts', dm)).error).toBe(error)
  expect((await shown({})) || view === undefined).toBe(true)
})
