import { expect, it } from 'vitest'
import { z } from 'zod'
import { startStubApp } from '../../support/stub-app.ts'
import { controls } from '../emulator-with-bolt.ts'
import { manifestWith } from '../manifest-with.ts'

const GENERAL = 'CGENERAL1'
const FACE = { username: 'Reviewer', icon_emoji: ':mag:' }
const RECIPIENT = { recipient_team_id: 'TLOCAL01', recipient_user_id: 'UMEMBER1' }
const CUSTOMIZE = 'chat:write.customize'

async function begin(optional: string[]) {
  const app = await startStubApp()
  app.slack.setManifest(manifestWith({ optional }))
  const people = controls(app.slack)
  const { ts } = await people.act('say', { as: 'member', channel: 'general', text: 'hello' })
  return { app, people, ts, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
}

const calls = (ts: string): [string, object][] => [
  ['chat.postMessage', { channel: GENERAL, text: 'x' }],
  ['chat.postEphemeral', { channel: GENERAL, user: 'UMEMBER1', text: 'x' }],
  ['chat.startStream', { channel: GENERAL, thread_ts: ts, ...RECIPIENT }],
  ['agents.sessions.setStatus', { channel_id: GENERAL, thread_ts: ts, status: 'processing' }],
  ['assistant.threads.setStatus', { channel_id: GENERAL, thread_ts: ts, status: 'is thinking…' }],
]

it('another name or face needs its scope, and nothing is posted without it', async () => {
  await using world = await begin([])
  const before = await world.people.messages('member', 'general')
  for (const [method, args] of calls(world.ts)) {
    for (const face of [{ username: 'Reviewer' }, { icon_emoji: ':mag:' }, { icon_url: 'https://x.test/a.png' }]) {
      const answer = await world.app.ask(method, { ...args, ...face })
      expect(answer, method).toMatchObject({ ok: false, error: 'missing_scope', needed: CUSTOMIZE })
      expect(answer.provided).toContain('chat:write')
      expect(answer.provided).not.toContain(CUSTOMIZE)
    }
    expect(await world.app.ask(method, { ...args, username: '' }), `${method} with an empty name`).toMatchObject({
      ok: true,
    })
  }
  const [first, ...rest] = await world.people.messages('member', 'general')
  expect(first?.ts).toBe(before[0]?.ts)
  expect(rest.every((one) => one.from === 'Patchbay')).toBe(true)
})

it('with the scope each of them takes the name', async () => {
  await using world = await begin([CUSTOMIZE])
  for (const [method, args] of calls(world.ts))
    expect(await world.app.ask(method, { ...args, ...FACE }), method).toMatchObject({ ok: true })
})

it('an optional scope counts until it is declined, and again when it is granted', async () => {
  await using world = await begin([CUSTOMIZE])
  const post = () => world.app.ask('chat.postMessage', { channel: GENERAL, text: 'x', ...FACE })
  expect(await post()).toMatchObject({ ok: true })
  expect(await world.people.act('decline-scopes', { scopes: ['chat:write'] })).toMatchObject({ status: 409 })
  await world.people.act('decline-scopes', { scopes: [CUSTOMIZE] })
  expect(await post()).toMatchObject({ error: 'missing_scope' })
  await world.people.act('decline-scopes', { scopes: [] })
  expect(await post()).toMatchObject({ ok: true })
})

it('such a message is a bot_message that names no user, in answers and when it is read', async () => {
  await using world = await begin([CUSTOMIZE])
  const { message, ts } = await world.app.call('chat.postMessage', { channel: GENERAL, text: 'Found two', ...FACE })
  const shape = {
    subtype: 'bot_message',
    username: 'Reviewer',
    icons: { emoji: ':mag:' },
    bot_id: 'BPATCHB1',
    app_id: 'APATCHB1',
  }
  expect(message).toMatchObject({ ...shape, text: 'Found two' })
  expect(message).not.toHaveProperty('user')
  const { messages } = await world.app.call('conversations.history', { channel: GENERAL })
  const read = z.array(z.looseObject({ ts: z.string() })).parse(messages)
  expect(read.find((one) => one.ts === ts)).toMatchObject(shape)

  const urls = { icon_url: 'https://x.test/a.png' }
  const plain = await world.app.call('chat.postMessage', { channel: GENERAL, text: 'x', ...urls })
  expect(plain.message).toMatchObject({ username: 'Patchbay', icons: { image_48: urls.icon_url } })
  const both = await world.app.call('chat.postMessage', { channel: GENERAL, text: 'x', icon_emoji: 'mag', ...urls })
  expect(both.message).toMatchObject({ icons: { emoji: ':mag:' } })
})

it('a stream keeps the name to its end, and an update neither changes nor removes it', async () => {
  await using world = await begin([CUSTOMIZE])
  const started = await world.app.call('chat.startStream', {
    channel: GENERAL,
    thread_ts: world.ts,
    ...RECIPIENT,
    ...FACE,
  })
  const at = { channel: GENERAL, ts: started.ts }
  await world.app.call('chat.appendStream', { ...at, markdown_text: 'words' })
  const { message } = await world.app.call('chat.stopStream', at)
  expect(message).toMatchObject({ username: 'Reviewer', icons: { emoji: ':mag:' }, streaming_state: 'completed' })
  const changed = await world.app.call('chat.update', { ...at, text: 'other words', username: 'Somebody else' })
  expect(changed.message).toMatchObject({ text: 'other words', username: 'Reviewer' })
  await world.app.call('chat.delete', at)
})

it('a broadcast reply stays a broadcast', async () => {
  await using world = await begin([CUSTOMIZE])
  const reply = { channel: GENERAL, thread_ts: world.ts, text: 'x', reply_broadcast: true, ...FACE }
  const { message } = await world.app.call('chat.postMessage', reply)
  expect(message).toMatchObject({ subtype: 'thread_broadcast', username: 'Reviewer', bot_id: 'BPATCHB1' })
})

it('the name of a session stays until null takes it back', async () => {
  await using world = await begin([CUSTOMIZE])
  const at = { channel_id: GENERAL, thread_ts: world.ts }
  const session = () => world.people.look('messages', { as: 'member', channel: 'general', thread_ts: world.ts })
  await world.app.call('agents.sessions.setStatus', { ...at, status: 'processing', ...FACE })
  expect(await session()).toMatchObject({ session: { username: 'Reviewer', icon_emoji: ':mag:' } })
  await world.app.call('agents.sessions.setStatus', { ...at, status: 'active' })
  expect(await session()).toMatchObject({ session: { status: 'active', username: 'Reviewer' } })
  const long = { ...at, status: 'active', username: 'x'.repeat(201) }
  expect(await world.app.ask('agents.sessions.setStatus', long)).toMatchObject({ error: 'invalid_arguments' })
  const headers = { authorization: `Bearer ${world.app.slack.botToken}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ ...at, status: 'active', username: null, icon_emoji: null })
  await fetch(`${world.app.slack.apiUrl}agents.sessions.setStatus`, { method: 'POST', headers, body })
  expect(await session()).not.toMatchObject({ session: { username: 'Reviewer' } })
})

it('a session is named by channel_id alone', async () => {
  await using world = await begin([])
  const given = { channel: GENERAL, thread_ts: world.ts, status: 'active' }
  expect(await world.app.ask('agents.sessions.setStatus', given)).toMatchObject({ error: 'invalid_arguments' })
})
