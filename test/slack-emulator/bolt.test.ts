import type { App } from '@slack/bolt'
import type { View } from '@slack/types'
import { describe, expect, it } from 'vitest'
import { mrkdwn, plain, startWorld, until } from './emulator-with-bolt.ts'

const question = { type: 'section' as const, text: mrkdwn('Shall I?') }
const buttons = {
  type: 'actions' as const,
  block_id: 'ask',
  elements: [
    { type: 'button' as const, text: plain('Approve'), action_id: 'approve', value: '1', style: 'primary' as const },
    { type: 'button' as const, text: plain('Deny'), action_id: 'deny', value: '1' },
  ],
}

const modal = (more: object = {}): View => ({
  type: 'modal',
  callback_id: 'connect',
  title: plain('Connect'),
  submit: plain('Connect'),
  notify_on_close: true,
  blocks: [
    {
      type: 'input',
      block_id: 'name',
      label: plain('Name'),
      element: { type: 'plain_text_input', action_id: 'v', min_length: 2 },
    },
    {
      type: 'input',
      block_id: 'card',
      label: plain('Card'),
      dispatch_action: true,
      element: { type: 'external_select', action_id: 'card', min_query_length: 0 },
    },
  ],
  ...more,
})

const heard: string[] = []

/** A small app that does a bit of everything. */
function app(bolt: App): void {
  bolt.event('app_mention', async ({ event, say }) => {
    await say({ text: `mentioned in ${event.text}`, thread_ts: event.ts })
  })
  bolt.message('hello', async ({ message, say }) => {
    if (message.subtype === undefined && message.channel_type === 'im') await say({ text: `hi <@${message.user}>` })
  })
  bolt.message('ask me', async ({ say }) => {
    await say({ text: 'Shall I?', blocks: [question, buttons] })
  })
  bolt.action('approve', async ({ ack, body, client, respond }) => {
    await ack()
    if (body.type !== 'block_actions' || body.channel === undefined || body.message === undefined) return
    await client.chat.update({
      channel: body.channel.id,
      ts: body.message.ts,
      text: `Approved by <@${body.user.id}>`,
      blocks: [],
    })
    await respond({ text: 'only for you', replace_original: false })
  })
  bolt.action('deny', async ({ ack, body, client }) => {
    await ack()
    await client.chat.postEphemeral({
      channel: body.channel?.id ?? '',
      user: body.user.id,
      text: 'Denied, quietly',
      blocks: [buttons],
    })
  })
  bolt.command('/mcp', async ({ ack, command, client }) => {
    if (command.text === 'connect') {
      await ack()
      await client.views.open({ trigger_id: command.trigger_id, view: modal() })
    } else if (command.text.startsWith('silent')) return
    else
      await ack({
        text: `you said ${command.text}`,
        response_type: command.text.startsWith('loud') ? 'in_channel' : 'ephemeral',
      })
  })
  bolt.options('card', async ({ ack, options }) => {
    const all = ['everything', 'memory', 'filesystem'].filter((one) => one.includes(options.value))
    await ack({ options: all.map((one) => ({ text: plain(one.toUpperCase()), value: one })) })
  })
  bolt.action('card', async ({ ack, body }) => {
    await ack()
    if (body.type === 'block_actions') heard.push(`card:${JSON.stringify(body.view?.state.values.card)}`)
  })
  bolt.view('connect', async ({ ack, view, client }) => {
    const name = view.state.values.name?.v?.value ?? ''
    if (name === 'taken') return ack({ response_action: 'errors', errors: { name: 'That name is taken' } })
    if (name === 'stray') return ack({ response_action: 'errors', errors: { nowhere: 'x' } })
    if (name === 'push')
      return ack({ response_action: 'push', view: modal({ callback_id: 'second', title: plain('Second') }) })
    if (name === 'close') return ack()
    await ack({ response_action: 'update', view: { type: 'modal', title: plain('Testing…'), blocks: [question] } })
    await client.views.update({
      view_id: view.id,
      view: { type: 'modal', title: plain('Connected'), blocks: [question, buttons] },
    })
    heard.push(`submitted:${name}:${view.state.values.card?.card?.selected_option?.value}`)
  })
  bolt.view({ callback_id: 'connect', type: 'view_closed' }, async ({ ack, body }) => {
    await ack()
    heard.push(`closed:${body.user.name}`)
  })
  bolt.event('app_home_opened', async ({ event, client }) => {
    heard.push(`home:${event.tab}`)
    if (event.tab === 'home') {
      await client.views.publish({ user_id: event.user, view: { type: 'home', blocks: [question, buttons] } })
    }
  })
  bolt.event('agent_session_stopped', async ({ event }) => {
    heard.push(`stopped:${event.user}`)
  })
  bolt.shortcut('ask', async ({ ack, shortcut, client }) => {
    await ack()
    heard.push(`shortcut:${shortcut.type}`)
    await client.views.open({ trigger_id: shortcut.trigger_id, view: modal() })
  })
}

describe.each(['http', 'socket'] as const)('a Bolt app over %s', (mode) => {
  it('answers in a DM, and both events of a mention reach it', async () => {
    await using world = await startWorld(mode, app)
    await world.act('say', { as: 'member', channel: 'dm', text: 'hello there' })
    const reply = await until(async () => (await world.messages('member', 'dm')).find((one) => one.from === 'Patchbay'))
    expect(reply.text).toBe('hi <@UMEMBER1>')
    const said = await world.act('say', { as: 'owner', channel: 'general', text: '@Patchbay hi & bye' })
    const inThread = await until(async () => (await world.messages('owner', 'general', said.ts))[1])
    expect(inThread).toMatchObject({
      from: 'Patchbay',
      text: 'mentioned in <@UPATCHB1> hi &amp; bye',
      thread_ts: said.ts,
    })
    expect(await world.messages('owner', 'general')).toMatchObject([{ ts: said.ts, reply_count: 1 }])
  })

  it('acknowledges a slash command with words, to one or to all', async () => {
    await using world = await startWorld(mode, app)
    await world.act('command', { as: 'member', channel: 'general', text: 'share @owner #ops https://x.test' })
    await world.act('command', { as: 'member', channel: 'general', text: 'loud' })
    expect((await world.messages('member', 'general')).map((one) => [one.text, one.ephemeral])).toEqual([
      ['you said share <@UOWNER01|owner> <#COPS00001|ops> <https://x.test>', true],
      ['you said loud', undefined],
    ])
    expect((await world.messages('owner', 'general')).map((one) => one.text)).toEqual(['you said loud'])
    expect(
      await world.act('command', { as: 'member', channel: 'general', text: 'x', thread_ts: '1.000001' }),
    ).toMatchObject({ status: 409 })
  })

  it('opens a modal, errors, updates, pushes and closes', async () => {
    heard.length = 0
    await using world = await startWorld(mode, app)
    await world.act('command', { as: 'member', channel: 'dm', text: 'connect' })
    expect((await world.look('modal', { as: 'owner' })).view).toBeNull()
    expect((await world.look('modal', { as: 'member' })).view).toMatchObject({ type: 'modal', callback_id: 'connect' })
    const submit = (values: object) => world.act('submit', { as: 'member', values })
    expect(await submit({})).toMatchObject({
      status: 200,
      ok: false,
      errors: { name: 'Please complete this required field.', card: 'Please complete this required field.' },
    })
    expect(await submit({ Name: 'x', Card: 'MEMORY' })).toMatchObject({
      ok: false,
      errors: { name: 'Please enter at least 2 characters.' },
    })
    expect(await submit({ name: 'taken', card: 'memory' })).toMatchObject({
      ok: false,
      errors: { name: 'That name is taken' },
    })
    expect(await submit({ nonsense: 'x' })).toMatchObject({ status: 409 })
    expect(await submit({ name: 'stray' })).toMatchObject({ status: 502 })
    expect(await submit({ name: 'push' })).toMatchObject({ ok: true })
    expect((await world.look('modal', { as: 'member' })).view?.title.text).toBe('Second')
    await world.act('close', { as: 'member' })
    expect(await submit({ name: 'good' })).toMatchObject({ ok: true })
    await until(async () => (await world.look('modal', { as: 'member' })).view?.title.text === 'Connected')
    await until(() => heard.includes('submitted:good:memory'))
    await world.act('close', { as: 'member' })
    expect(await world.act('close', { as: 'member' })).toMatchObject({ status: 409, error: 'member has no modal open' })
  })

  it('tells the app of a choice, a suggestion and a close in a modal', async () => {
    heard.length = 0
    await using world = await startWorld(mode, app)
    await world.act('shortcut', { as: 'member', callback_id: 'ask' })
    expect((await world.look('suggest', { as: 'member', action_id: 'card', value: 'e' })).options).toHaveLength(3)
    const chosen = await world.act('press', { as: 'member', view: true, button: 'card', value: 'memory' })
    expect(chosen).toMatchObject({ ok: true, dispatched: true })
    expect(heard).toContain(
      `card:${JSON.stringify({ card: { type: 'external_select', selected_option: { text: plain('MEMORY'), value: 'memory' } } })}`,
    )
    await world.act('close', { as: 'member' })
    await until(() => heard.includes('closed:member'))
    const said = await world.act('say', { as: 'member', channel: 'general', text: 'look at this' })
    await world.act('shortcut', { as: 'member', callback_id: 'ask', channel: 'general', ts: said.ts })
    expect(heard).toContain('shortcut:message_action')
  })

  it('updates a message on a press, and keeps ephemerals private', async () => {
    await using world = await startWorld(mode, app)
    await world.act('say', { as: 'member', channel: 'general', text: 'ask me' })
    const card = await until(async () =>
      (await world.messages('owner', 'general')).find((one) => one.text === 'Shall I?'),
    )
    const press = (as: string, button: string, ts = card.ts) =>
      world.act('press', { as, channel: 'general', ts, button })
    expect(await press('owner', 'Nope')).toMatchObject({
      status: 409,
      error: expect.stringContaining('"Approve" (approve, value 1), "Deny"'),
    })
    expect(await press('approver', 'Deny')).toMatchObject({ ok: true })
    const quiet = await until(async () => (await world.messages('approver', 'general')).find((one) => one.ephemeral))
    expect(quiet.text).toBe('Denied, quietly')
    expect((await world.messages('owner', 'general')).some((one) => one.ephemeral)).toBe(false)
    expect(await press('owner', 'Approve', quiet.ts)).toMatchObject({ status: 409 })
    expect(await press('owner', 'approve')).toMatchObject({ ok: true })
    const changed = await until(async () => (await world.messages('member', 'general')).find((one) => one.edited))
    expect(changed).toMatchObject({ ts: card.ts, text: 'Approved by <@UOWNER01>' })
    expect(changed.blocks).toBeUndefined()
    expect(
      await until(async () => (await world.messages('owner', 'general')).find((one) => one.text === 'only for you')),
    ).toMatchObject({ ephemeral: true })
  })

  it('publishes the Home tab when it is opened', async () => {
    heard.length = 0
    await using world = await startWorld(mode, app)
    const home = await world.look('home', { as: 'approver' })
    expect(home.view).toMatchObject({ type: 'home', blocks: [{ type: 'section' }, { type: 'actions' }] })
    expect(await world.act('press', { as: 'approver', home: true, button: 'Approve' })).toMatchObject({ ok: true })
    await world.messages('approver', 'dm')
    await until(() => heard.includes('home:messages'))
  })

  it('streams an answer with tasks, and stops when a person says so', async () => {
    heard.length = 0
    await using world = await startWorld(mode, app)
    const said = await world.act('say', { as: 'member', channel: 'general', text: 'go' })
    const stream = world.client.chatStream({
      channel: said.channel,
      thread_ts: said.ts,
      recipient_team_id: world.slack.teamId,
      recipient_user_id: 'UMEMBER1',
      buffer_size: 1,
    })
    await stream.append({ markdown_text: 'Let me **look**' })
    await stream.append({
      chunks: [{ type: 'task_update', id: 't', title: 'Reading', status: 'in_progress', details: 'one' }],
    })
    await stream.append({
      chunks: [{ type: 'task_update', id: 't', title: 'Read', status: 'complete', details: ' two' }],
    })
    await stream.append({ markdown_text: 'Done.' })
    const [, live] = await world.messages('member', 'general', said.ts)
    if (live === undefined) throw new Error('no stream')
    expect(live).toMatchObject({ streaming: true, text: 'Let me **look**Done.' })
    expect(live.blocks).toMatchObject([
      { type: 'markdown', text: 'Let me **look**' },
      {
        type: 'task_card',
        title: 'Read',
        status: 'complete',
        details: { elements: [{ elements: [{ text: 'one two' }] }] },
      },
      { type: 'markdown', text: 'Done.' },
    ])
    const update = world.client.chat.update({ channel: said.channel, ts: live.ts, text: 'x' })
    await expect(update).rejects.toMatchObject({ data: { error: 'streaming_state_conflict' } })
    expect(await world.act('stop', { as: 'member', channel: 'general', thread_ts: said.ts })).toMatchObject({
      streams: [live.ts],
    })
    await until(() => heard.includes('stopped:UMEMBER1'))
    await expect(stream.append({ markdown_text: 'more' })).rejects.toMatchObject({ data: { error: 'stopped_by_user' } })
  })

  it('uploads and downloads a file', async () => {
    await using world = await startWorld(mode, app)
    const said = await world.act('say', { as: 'member', channel: 'ops', text: 'send it' })
    await world.client.filesUploadV2({
      channel_id: said.channel,
      thread_ts: said.ts,
      filename: 'result.csv',
      title: 'The result',
      content: 'a,b\n1,2\n',
      initial_comment: 'Here it is',
    })
    const sent = await until(async () => (await world.messages('member', 'ops', said.ts))[1])
    expect(sent).toMatchObject({
      text: 'Here it is',
      files: [{ name: 'result.csv', title: 'The result', size: 8, mimetype: 'text/csv' }],
    })
    const url = sent.files[0]?.url ?? ''
    expect((await fetch(url, { redirect: 'manual' })).status).toBe(302)
    expect((await fetch(`${url}?as=nobody`)).status).toBe(403)
    const headers = { authorization: `Bearer ${world.slack.botToken}` }
    expect(await (await fetch(url, { headers })).text()).toBe('a,b\n1,2\n')
    expect(await (await fetch(`${url}?as=member`)).text()).toBe('a,b\n1,2\n')
  })

  it('says in Slack words that a command got no answer, and does not ask again', async () => {
    await using world = await startWorld(mode, app)
    const silent = await world.act('command', { as: 'member', channel: 'general', text: 'silent' })
    expect(silent).toMatchObject({ status: 502, error: expect.stringContaining('operation_timeout') })
    expect((await world.messages('member', 'general')).at(-1)).toMatchObject({ from: 'Slackbot', ephemeral: true })
  })
})
