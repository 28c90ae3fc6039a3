import { WebClient } from '@slack/web-api'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type SlackEmulator, startSlackEmulator } from '../../../slack-emulator/start-slack-emulator.ts'
import { METHOD_SCOPES } from '../../../slack-emulator/web-api/method-scopes.ts'
import { controls, log, manifestWithScopes, plain, silent } from '../emulator-with-bolt.ts'

let slack: SlackEmulator
let client: WebClient
let people: ReturnType<typeof controls>
let clock = Date.now()
let general = { channel: '', ts: '' }

beforeAll(async () => {
  slack = await startSlackEmulator({ port: 0, mode: 'http', appUrls: [], log, now: () => clock })
  slack.setManifest(manifestWithScopes(EVERY_SCOPE))
  client = new WebClient(slack.botToken, { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 }, logger: silent })
  people = controls(slack)
  general = await people.act('say', { as: 'member', channel: 'general', text: 'a question' })
})
// Each test has a minute of its own on the clock of the rate limits.
beforeEach(() => people.act('limits', { pass_seconds: 60 }))
afterAll(() => slack[Symbol.asyncDispose]())

const KINDS = ['channels', 'groups', 'im', 'mpim']
const EVERY_SCOPE = Object.values(METHOD_SCOPES).flatMap((needs) =>
  typeof needs === 'string' ? KINDS.map((kind) => `${kind}:${needs}`) : [...needs],
)

const errorOf = (method: string, args: object, by = client) =>
  by.apiCall(method, { ...args }).then(
    () => 'no error',
    (error: { data: { error: string } }) => error.data.error,
  )
const long = (characters: number) => 'x'.repeat(characters)
const GENERAL = 'CGENERAL1'

describe('refusals', () => {
  it('answers unknown methods and bad tokens as Slack does', async () => {
    expect(await errorOf('chat.postMassage', {})).toBe('unknown_method')
    const as = (token?: string) =>
      new WebClient(token, { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 }, logger: silent })
    expect(await errorOf('auth.test', {}, as('xoxb-wrong'))).toBe('invalid_auth')
    expect(await errorOf('auth.test', {}, as())).toBe('not_authed')
    expect(await errorOf('auth.test', {}, as(slack.appToken))).toBe('not_allowed_token_type')
    expect(await errorOf('apps.connections.open', {}, as(slack.appToken))).toBe('socket_mode_disabled')
    expect(await as().apiCall('api.test')).toMatchObject({ ok: true })
  })

  const nowhere = '1700000000.000001'
  it.each([
    ['chat.postMessage', { channel: 'CNOWHERE', text: 'x' }, 'channel_not_found'],
    ['chat.postMessage', { channel: GENERAL }, 'no_text'],
    ['chat.postMessage', { text: 'x' }, 'invalid_arguments'],
    [
      'chat.postMessage',
      { channel: GENERAL, text: 'x', blocks: [{ type: 'header', text: plain(long(151)) }] },
      'invalid_blocks',
    ],
    ['chat.postMessage', { channel: GENERAL, markdown_text: long(12_001) }, 'msg_too_long'],
    ['chat.postMessage', { channel: GENERAL, markdown_text: 'x', text: 'x' }, 'markdown_text_conflict'],
    ['chat.postMessage', { channel: GENERAL, text: 'x', metadata: { event_type: 'x' } }, 'invalid_metadata_format'],
    ['chat.update', { channel: GENERAL, ts: nowhere, text: 'x' }, 'message_not_found'],
    ['chat.delete', { channel: GENERAL, ts: nowhere }, 'message_not_found'],
    ['chat.postEphemeral', { channel: GENERAL, user: 'UNOBODY', text: 'x' }, 'user_not_in_channel'],
    ['chat.getPermalink', { channel: GENERAL, message_ts: nowhere }, 'message_not_found'],
    ['chat.startStream', { channel: GENERAL, thread_ts: nowhere }, 'invalid_thread_ts'],
    ['chat.startStream', { channel: 'DMEMBER1' }, 'invalid_thread_ts'],
    ['views.open', { trigger_id: 'x', view: { type: 'modal', title: plain('x'), blocks: [] } }, 'invalid_trigger_id'],
    [
      'views.open',
      { trigger_id: 'x', view: { type: 'modal', title: plain(long(25)), blocks: [] } },
      'invalid_arguments',
    ],
    ['views.update', { view_id: 'V1', view: { type: 'modal', title: plain('x'), blocks: [] } }, 'not_found'],
    ['views.publish', { user_id: 'UNOBODY', view: { type: 'home', blocks: [] } }, 'user_not_found'],
    ['users.info', { user: 'UNOBODY' }, 'user_not_found'],
    ['users.lookupByEmail', { email: 'nobody@local.test' }, 'users_not_found'],
    ['conversations.info', { channel: 'CNOWHERE' }, 'channel_not_found'],
    ['conversations.replies', { channel: GENERAL, ts: nowhere }, 'thread_not_found'],
    ['files.info', { file: 'F1' }, 'file_not_found'],
    ['files.completeUploadExternal', { files: [{ id: 'F1' }] }, 'file_not_found'],
    ['agents.sessions.setStatus', { channel_id: GENERAL, thread_ts: nowhere, status: 'active' }, 'invalid_thread_ts'],
    ['reactions.add', { channel: GENERAL, timestamp: nowhere, name: 'eyes' }, 'message_not_found'],
    ['bots.info', { bot: 'B1' }, 'bot_not_found'],
  ])('%s %j: %s', async (method, args, error) => {
    expect(await errorOf(method, args)).toBe(error)
  })

  it('names what is wrong with blocks', async () => {
    const refused = client.chat.postMessage({
      channel: GENERAL,
      text: 'x',
      blocks: [{ type: 'section', text: { type: 'mrkdwn', text: '' } }],
    })
    await expect(refused).rejects.toMatchObject({
      data: {
        response_metadata: { messages: ['[ERROR] min length: at least 1, got 0 [json-pointer:/blocks/0/text/text]'] },
      },
    })
  })

  it("keeps the app's hands off other people's messages and channels it is not in", async () => {
    expect(await errorOf('chat.update', { ...general, text: 'x' })).toBe('cant_update_message')
    expect(await errorOf('chat.delete', { ...general })).toBe('cant_delete_message')
    await people.act('membership', { channel: 'ops', user: 'patchbay', member: false })
    expect(await errorOf('chat.postMessage', { channel: 'COPS00001', text: 'x' })).toBe('not_in_channel')
    expect(await errorOf('conversations.history', { channel: 'COPS00001' })).toBe('not_in_channel')
    await people.act('membership', { channel: 'ops', user: 'patchbay', member: true })
  })
})

describe('messages', () => {
  it('cuts text at 40,000 characters, and an update with text alone removes blocks', async () => {
    const blocks = [{ type: 'divider', block_id: 'd' }]
    const posted = await client.chat.postMessage({ channel: GENERAL, text: long(40_001), blocks })
    expect(posted.message?.text).toHaveLength(40_000)
    expect(posted).toMatchObject({ warning: 'message_truncated' })
    const updated = await client.chat.update({ channel: GENERAL, ts: posted.ts ?? '', text: 'short' })
    expect(updated.message).toMatchObject({ text: 'short' })
    expect(updated.message?.blocks ?? []).toEqual([])
    expect(await errorOf('chat.update', { channel: GENERAL, ts: posted.ts, text: long(4_001) })).toBe('msg_too_long')
    const sections = Array.from({ length: 5 }, () => ({ type: 'section', text: { type: 'mrkdwn', text: long(2_500) } }))
    expect(await errorOf('chat.postMessage', { channel: GENERAL, text: 'x', blocks: sections })).toBe(
      'msg_blocks_too_long',
    )
    await client.chat.delete({ channel: GENERAL, ts: posted.ts ?? '' })
    expect(await errorOf('chat.delete', { channel: GENERAL, ts: posted.ts })).toBe('message_not_found')
  })

  it('reads a thread back, with metadata only when asked', async () => {
    const metadata = { event_type: 'patchbay_message', event_payload: { run: 'r1', key: 'answer:0' } }
    const thread_ts = general.ts
    await client.chat.postMessage({ channel: GENERAL, thread_ts, text: 'one', metadata })
    await client.chat.postMessage({ channel: GENERAL, thread_ts, text: 'two' })
    await client.chat.postEphemeral({ channel: GENERAL, thread_ts, user: 'UMEMBER1', text: 'psst' })
    const plainly = await client.conversations.replies({ channel: GENERAL, ts: thread_ts })
    expect(plainly.messages?.map((one) => [one.text, one.metadata])).toEqual([
      ['a question', undefined],
      ['one', undefined],
      ['two', undefined],
    ])
    expect(plainly.messages?.[0]).toMatchObject({ reply_count: 2, thread_ts })
    const asked = await client.conversations.replies({
      channel: GENERAL,
      ts: thread_ts,
      include_all_metadata: true,
      limit: 2,
    })
    expect(asked.messages?.[1]?.metadata).toEqual(metadata)
    expect(asked.has_more).toBe(true)
    const history = await client.conversations.history({ channel: GENERAL })
    expect(history.messages?.map((one) => one.text)).toEqual(['a question'])
    expect((await people.messages('owner', 'general', thread_ts)).map((one) => one.text)).not.toContain('psst')
    expect((await people.messages('member', 'general', thread_ts)).at(-1)).toMatchObject({
      text: 'psst',
      ephemeral: true,
    })
  })

  it('refuses a reply of a reply', async () => {
    const reply = await client.chat.postMessage({ channel: GENERAL, thread_ts: general.ts, text: 'a reply' })
    expect(await errorOf('chat.postMessage', { channel: GENERAL, thread_ts: reply.ts, text: 'x' })).toBe(
      'cannot_reply_to_message',
    )
  })

  it('reaches a person by user id, in their DM only', async () => {
    const posted = await client.chat.postMessage({ channel: 'UAPPROV1', text: 'for you' })
    expect(posted.channel).toBe('DAPPROV1')
    expect((await people.messages('approver', 'dm')).map((one) => one.text)).toEqual(['for you'])
    expect(await people.look('messages', { as: 'member', channel: 'DAPPROV1' })).toMatchObject({ status: 409 })
    expect((await client.conversations.open({ users: 'UAPPROV1' })).channel?.id).toBe('DAPPROV1')
  })

  it('adds and removes a reaction once', async () => {
    const at = { channel: GENERAL, timestamp: general.ts, name: 'eyes' }
    await client.reactions.add(at)
    expect(await errorOf('reactions.add', at)).toBe('already_reacted')
    await client.reactions.remove(at)
    expect(await errorOf('reactions.remove', at)).toBe('no_reaction')
  })
})

describe('people and places', () => {
  it('lists and looks up', async () => {
    expect((await client.users.info({ user: 'UOWNER01' })).user).toMatchObject({
      is_owner: true,
      is_admin: true,
      name: 'owner',
    })
    expect((await client.users.info({ user: 'UMEMBER1' })).user).toMatchObject({
      is_owner: false,
      profile: { email: 'member@local.test' },
    })
    expect((await client.users.list({ limit: 2 })).response_metadata?.next_cursor).not.toBe('')
    expect((await client.users.lookupByEmail({ email: 'approver@local.test' })).user?.id).toBe('UAPPROV1')
    expect((await client.conversations.list({ types: 'public_channel' })).channels?.map((one) => one.name)).toEqual([
      'general',
      'ops',
      'alerts',
      'partners',
    ])
    expect((await client.conversations.members({ channel: GENERAL })).members).toContain('UPATCHB1')
    expect((await client.team.info()).team?.id).toBe('TLOCAL01')
    expect(await client.auth.test()).toMatchObject({ user_id: 'UPATCHB1', bot_id: 'BPATCHB1', team_id: 'TLOCAL01' })
    const pages = []
    for await (const page of client.paginate('users.list', { limit: 2 })) pages.push(page)
    expect(pages).toHaveLength(5)
  })
})

describe('streams', () => {
  const start = (more: object = {}) =>
    client.chat.startStream({
      channel: GENERAL,
      thread_ts: general.ts,
      recipient_team_id: 'TLOCAL01',
      recipient_user_id: 'UMEMBER1',
      ...more,
    })
  const at = (stream: { ts?: string }) => ({ channel: GENERAL, ts: stream.ts ?? '' })

  it('needs a thread and a recipient', async () => {
    const thread = { channel: GENERAL, thread_ts: general.ts }
    expect(await errorOf('chat.startStream', thread)).toBe('missing_recipient_team_id')
    expect(await errorOf('chat.startStream', { ...thread, recipient_team_id: 'TLOCAL01' })).toBe(
      'missing_recipient_user_id',
    )
  })

  it('has no plan in a timeline, and no plan of more than 50 steps', async () => {
    const update = { type: 'plan_update', title: 'Two steps' }
    const timeline = await start({ markdown_text: 'Hi' })
    expect(await errorOf('chat.appendStream', { ...at(timeline), chunks: [update] })).toBe('invalid_chunks')
    const plan = await start({ task_display_mode: 'plan', chunks: [update] })
    const tasks = Array.from({ length: 51 }, (_, nth) => ({
      type: 'task_update',
      id: `${nth}`,
      title: 'x',
      status: 'pending',
    }))
    expect(await errorOf('chat.appendStream', { ...at(plan), chunks: tasks })).toBe('invalid_chunks')
    await client.apiCall('chat.appendStream', { ...at(plan), chunks: tasks.slice(1) })
    expect(await errorOf('chat.appendStream', { ...at(plan), chunks: [{ ...update, title: '' }] })).toBe(
      'invalid_chunks',
    )
  })

  it('paints a plan, checks chunks, and finishes with blocks and metadata', async () => {
    const stream = await start({ task_display_mode: 'plan', markdown_text: 'Hi' })
    const chunk = (given: object) => ({ ...at(stream), chunks: [given] })
    await client.apiCall('chat.appendStream', chunk({ type: 'plan_update', title: 'Two steps' }))
    for (const id of ['a', 'b']) {
      await client.apiCall('chat.appendStream', chunk({ type: 'task_update', id, title: id, status: 'pending' }))
    }
    expect(
      await errorOf('chat.appendStream', chunk({ type: 'task_update', id: 'c', title: long(257), status: 'pending' })),
    ).toBe('invalid_chunks')
    expect(
      await errorOf('chat.appendStream', chunk({ type: 'task_update', id: 'c', title: 'c', status: 'done' })),
    ).toBe('invalid_chunks')
    expect(
      await errorOf(
        'chat.appendStream',
        chunk({ type: 'blocks', blocks: [{ type: 'file', external_id: 'x', source: 'remote' }] }),
      ),
    ).toBe('invalid_blocks')
    expect(await errorOf('chat.appendStream', { ...at(stream), markdown_text: long(12_001) })).toBe('msg_too_long')
    expect(await errorOf('chat.appendStream', { ...at(stream), markdown_text: long(11_999) })).toBe('msg_too_long')
    const metadata = { event_type: 'patchbay_message', event_payload: { key: 'answer:0' } }
    await client.chat.stopStream({ ...at(stream), blocks: [{ type: 'divider' }], metadata })
    const shown = (await people.messages('member', 'general', general.ts)).at(-1)
    expect(shown).toMatchObject({
      streaming: false,
      text: 'Hi',
      blocks: [
        { type: 'markdown' },
        { type: 'plan', title: 'Two steps', tasks: [{ task_id: 'a' }, { task_id: 'b' }] },
        { type: 'divider' },
      ],
    })
    expect(await errorOf('chat.appendStream', { ...at(stream), markdown_text: 'x' })).toBe(
      'message_not_in_streaming_state',
    )
    await client.chat.update({ ...at(stream), text: 'edited after the end' })
  })

  it('ends after five minutes whatever is appended', async () => {
    const stream = await start()
    clock += 4 * 60_000
    await client.chat.appendStream({ ...at(stream), markdown_text: 'still here' })
    clock += 61_000
    expect(await errorOf('chat.appendStream', { ...at(stream), markdown_text: 'x' })).toBe(
      'message_not_in_streaming_state',
    )
    expect(await errorOf('chat.stopStream', at(stream))).toBe('message_not_in_streaming_state')
    expect(await client.chat.update({ ...at(stream), text: 'taken over' })).toMatchObject({ ok: true })
  })

  it('keeps the state of the session', async () => {
    const thread = { channel_id: GENERAL, thread_ts: general.ts }
    await client.apiCall('agents.sessions.setStatus', { ...thread, status: 'suspended', title: 'Waiting' })
    await client.apiCall('assistant.threads.setStatus', {
      channel_id: GENERAL,
      thread_ts: general.ts,
      status: 'is thinking…',
    })
    const seen = await people.look('messages', { as: 'member', channel: 'general', thread_ts: general.ts })
    expect(seen).toMatchObject({ session: { status: 'suspended', title: 'Waiting', words: 'is thinking…' } })
    expect(await people.act('stop', { as: 'member', channel: 'general', thread_ts: general.ts })).toMatchObject({
      status: 409,
    })
  })
})

describe('files', () => {
  it('takes exactly the announced bytes', async () => {
    const announced = await client.files.getUploadURLExternal({ filename: 'a.txt', length: 3 })
    const url = announced.upload_url ?? ''
    expect((await fetch(url, { method: 'POST', body: 'toolong' })).status).toBe(400)
    expect(await errorOf('files.completeUploadExternal', { files: [{ id: announced.file_id }] })).toBe('file_not_found')
    expect((await fetch(url, { method: 'POST', body: 'abc' })).status).toBe(200)
    await client.files.completeUploadExternal({ files: [{ id: announced.file_id ?? '', title: 'A' }] })
    expect((await client.files.info({ file: announced.file_id ?? '' })).file).toMatchObject({ title: 'A', size: 3 })
    expect((await fetch(url, { method: 'POST', body: 'abc' })).status).toBe(404)
  })
})

describe('the door', () => {
  it('serves its own machine only', async () => {
    const evil = await fetch(`${slack.url}/local/people`, { headers: { origin: 'https://evil.test' } })
    expect(evil.status).toBe(403)
    expect((await people.look('people', {})).people).toHaveLength(5)
    expect(await people.act('say', { as: 'nobody', channel: 'general', text: 'x' })).toMatchObject({
      status: 409,
      error: 'there is no person "nobody"; there are: owner, approver, member, gwen, sasha',
    })
    expect(await people.act('say', { as: 'member', channel: 'general' })).toMatchObject({ status: 400 })
    expect(await people.act('dance', {})).toMatchObject({ status: 404 })
  })

  it('tells of what happens, by ids only', async () => {
    const feed = await fetch(`${slack.url}/local/events`)
    const reader = feed.body?.pipeThrough(new TextDecoderStream()).getReader()
    await reader?.read()
    const said = await people.act('say', { as: 'member', channel: 'dm', text: 'a secret' })
    let heard = ''
    while (!heard.includes(said.ts)) heard += (await reader?.read())?.value ?? ''
    expect(heard).toContain('"kind":"posted"')
    expect(heard).not.toContain('secret')
    await reader?.cancel()
  })

  it('refuses a taken port by name', async () => {
    const port = Number(new URL(slack.url).port)
    await expect(startSlackEmulator({ port, mode: 'http', appUrls: [], log })).rejects.toMatchObject({
      code: 'port_in_use',
    })
  })
})
