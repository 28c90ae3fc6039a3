import { expect, test } from 'vitest'
import { startStubApp } from '../../support/stub-app.ts'
import { controls, until } from '../emulator-with-bolt.ts'

type Event = Record<string, unknown>

async function startTown() {
  const app = await startStubApp()
  const people = controls(app.slack)
  const events = (): Event[] => app.heard.flatMap(({ event }) => (event === undefined ? [] : [Object(event)]))
  const heard = (fits: (event: Event) => boolean) => until(() => events().findLast(fits))
  const said = async (text: string, more: object = {}) =>
    (await people.act('say', { as: 'member', channel: 'general', text, ...more })).ts
  return { app, people, events, heard, said, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
}
const bySubtype = (subtype: string) => (event: Event) => event.subtype === subtype
const byType = (type: string) => (event: Event) => event.type === type

test.each([
  [{ me: true }, 'me_message', { user: 'UMEMBER1', text: 'waves' }],
  [{ attachments: [{ text: 'x' }] }, undefined, { attachments: [{ id: 1, text: 'x' }] }],
  [{ blocks: [{ type: 'divider' }] }, undefined, { blocks: [{ type: 'divider' }] }],
])('a person says %j', async (more, subtype, expected) => {
  await using town = await startTown()
  const ts = await town.said('waves', more)
  expect(await town.heard((event) => event.ts === ts)).toMatchObject({ type: 'message', ...expected })
  expect((await town.heard((event) => event.ts === ts)).subtype).toBe(subtype)
})

test('a reply is sent to the channel, too', async () => {
  await using town = await startTown()
  const thread_ts = await town.said('root')
  const ts = await town.said('for all', { thread_ts, broadcast: true })
  const event = await town.heard(bySubtype('thread_broadcast'))
  expect(event).toMatchObject({ ts, thread_ts, root: { ts: thread_ts, text: 'root', reply_count: 1 } })
  expect((await town.people.messages('owner', 'general')).map((one) => one.ts)).toEqual([thread_ts, ts])
  expect((await town.people.messages('owner', 'general', thread_ts)).map((one) => one.ts)).toEqual([thread_ts, ts])
})

test('a person edits a message, and a mention that is in it then comes as a mention', async () => {
  await using town = await startTown()
  const ts = await town.said('deploy')
  await town.people.act('edit', { as: 'member', channel: 'general', ts, text: '@Patchbay deploy' })
  const changed = await town.heard(bySubtype('message_changed'))
  expect(changed).toMatchObject({
    hidden: true,
    message: { ts, text: '<@UPATCHB1> deploy', edited: { user: 'UMEMBER1' } },
    previous_message: { ts, text: 'deploy' },
  })
  expect(await town.heard(byType('app_mention'))).toMatchObject({ ts, edited: { user: 'UMEMBER1' } })
})

test.each([
  ['owner', 409],
  ['member', 200],
])('%s edits what the member said: %i', async (as, status) => {
  await using town = await startTown()
  const ts = await town.said('mine')
  expect(await town.people.act('edit', { as, channel: 'general', ts, text: 'yours' })).toMatchObject({ status })
})

test.each([
  ['member', 'member', 200],
  ['approver', 'member', 409],
  ['owner', 'member', 200],
  ['owner', 'app', 200],
  ['member', 'app', 409],
])('%s deletes what the %s said: %i', async (as, author, status) => {
  await using town = await startTown()
  const ts =
    author === 'app'
      ? String((await town.app.call('chat.postMessage', { channel: 'CGENERAL1', text: 'card' })).ts)
      : await town.said('mine')
  expect(await town.people.act('delete', { as, channel: 'general', ts })).toMatchObject({ status })
  if (status !== 200) return
  expect(await town.heard(bySubtype('message_deleted'))).toMatchObject({ deleted_ts: ts, previous_message: { ts } })
})

test('what the app posts into a thread whose root was deleted stands at the top', async () => {
  await using town = await startTown()
  const ts = await town.said('root')
  await town.people.act('delete', { as: 'member', channel: 'general', ts })
  const { message } = await town.app.call('chat.postMessage', { channel: 'CGENERAL1', thread_ts: ts, text: 'answer' })
  expect(message).not.toHaveProperty('thread_ts')
  expect((await town.people.messages('owner', 'general')).map(({ text }) => text)).toEqual(['answer'])
})

test('a locked thread takes no replies of the app', async () => {
  await using town = await startTown()
  const thread_ts = await town.said('root')
  await town.people.act('lock', { channel: 'general', ts: thread_ts })
  const place = { channel: 'CGENERAL1', thread_ts }
  const recipient = { recipient_team_id: 'TLOCAL01', recipient_user_id: 'UMEMBER1' }
  const refused = { ok: false, error: 'restricted_action_thread_locked' }
  expect(await town.app.ask('chat.postMessage', { ...place, text: 'x' })).toMatchObject(refused)
  expect(await town.app.ask('chat.startStream', { ...place, ...recipient })).toMatchObject(refused)
  await town.people.act('lock', { channel: 'general', ts: thread_ts, locked: false })
  expect(await town.app.ask('chat.postMessage', { ...place, text: 'x' })).toMatchObject({ ok: true })
})

test('a stream in a channel that the app left stays open until it expires', async () => {
  await using town = await startTown()
  const thread_ts = await town.said('root')
  const recipient = { recipient_team_id: 'TLOCAL01', recipient_user_id: 'UMEMBER1' }
  const { ts } = await town.app.call('chat.startStream', { channel: 'CGENERAL1', thread_ts, ...recipient })
  await town.people.act('membership', { channel: 'general', user: 'patchbay', member: false })
  const at = { channel: 'CGENERAL1', ts: String(ts) }
  expect(await town.app.ask('chat.stopStream', at)).toMatchObject({ error: 'not_in_channel' })
  expect(await town.app.ask('chat.update', { ...at, text: 'x' })).toMatchObject({ error: 'streaming_state_conflict' })
})

test.each([
  ['', undefined],
  ['look', undefined],
  ['@Patchbay look', 'app_mention'],
])('a message is forwarded with %j', async (text, type) => {
  await using town = await startTown()
  const ts = await town.said('the *deploy* failed')
  const forward = { as: 'owner', channel: 'general', ts, to: 'ops', text }
  const { ts: forwarded } = await town.people.act('forward', forward)
  const event = await town.heard((one) => one.ts === forwarded && (type === undefined || one.type === type))
  const share = { is_share: true, is_msg_unfurl: true, author_id: 'UMEMBER1', channel_id: 'CGENERAL1', ts }
  const words = { text: 'the *deploy* failed', author_name: 'Morgan Member', channel_name: 'general' }
  expect(event).toMatchObject({ attachments: [{ ...share, ...words, message_blocks: [{ ts }] }] })
})

test('a link unfurls without an edit', async () => {
  await using town = await startTown()
  const ts = await town.said('@Patchbay see https://x.test/a')
  await town.people.act('unfurl', { channel: 'general', ts, url: 'https://x.test/a', title: 'A', text: 'All of A' })
  const changed = await town.heard(bySubtype('message_changed'))
  expect(changed.message).toMatchObject({ attachments: [{ from_url: 'https://x.test/a', title: 'A' }] })
  expect(changed.message).not.toHaveProperty('edited')
  expect(town.events().filter(byType('app_mention'))).toHaveLength(1)
})

test.each([
  [{ app: 'pager' }, { user: 'UPAGER01', bot_id: 'BPAGER01', bot_profile: { name: 'pager' } }, undefined],
  [{ app: 'pager', subtype: 'bot_message' }, { bot_id: 'BPAGER01', username: 'pager', subtype: 'bot_message' }, 'user'],
  [
    { app: 'pager', as_workflow: true, username: 'Stand-up' },
    { username: 'Stand-up', bot_profile: { is_workflow_bot: true } },
    'user',
  ],
  [{ app: 'slackbot' }, { user: 'USLACKBOT' }, 'bot_id'],
])('%j posts', async (post, expected, absent) => {
  await using town = await startTown()
  const attachments = [{ color: 'danger', fields: [{ title: 'Host', value: 'db-1' }] }]
  const { ts } = await town.people.act('app-post', { ...post, channel: 'general', attachments })
  const event = await town.heard((one) => one.ts === ts)
  expect(event).toMatchObject({ type: 'message', text: '', attachments, ...expected })
  if (absent !== undefined) expect(event).not.toHaveProperty(absent)
  expect(await town.app.call('conversations.history', { channel: 'CGENERAL1' })).toMatchObject({
    messages: [{ ts, ...expected }],
  })
})
