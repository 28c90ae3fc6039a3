import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startStubApp } from '../../support/stub-app.ts'
import { controls, manifestWithEvents, until } from '../emulator-with-bolt.ts'

type Event = Record<string, unknown>

async function startTown(events?: string[]) {
  const app = await startStubApp()
  if (events !== undefined) app.slack.setManifest(manifestWithEvents(events))
  const people = controls(app.slack)
  const heard = (): Event[] => app.heard.flatMap(({ event }) => (event === undefined ? [] : [Object(event)]))
  return { app, people, heard, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
}
const upload = (text: string) => ({
  as: 'member',
  channel: 'general',
  text,
  files: [{ name: 'a.txt', data: Buffer.from('words').toString('base64') }],
})

test.each(['message', 'app_mention'] as const)('%s is held back', async (type) => {
  await using town = await startTown()
  await town.people.act('event-shape', { hold: { type, ms: 300 } })
  await town.people.act('say', { as: 'member', channel: 'general', text: '@Patchbay hello' })
  await until(() => town.heard().length === 2)
  expect(town.heard().map((event) => event.type)).toEqual([type === 'message' ? 'app_mention' : 'message', type])
})

test.each(['message', 'app_mention'] as const)('%s comes without files', async (type) => {
  await using town = await startTown()
  await town.people.act('event-shape', { without_files: [type] })
  await town.people.act('upload', upload('@Patchbay read this'))
  await until(() => town.heard().length === 2)
  const bare = town.heard().find((event) => event.type === type)
  const whole = town.heard().find((event) => event.type !== type)
  expect(bare).not.toHaveProperty('files')
  expect(bare).not.toHaveProperty('subtype')
  expect(whole).toMatchObject({ files: [{ name: 'a.txt' }] })
})

test('absent fields come as null, in events and in answers', async () => {
  await using town = await startTown()
  await town.people.act('event-shape', { nulls: true })
  await town.people.act('say', { as: 'member', channel: 'general', text: 'hello' })
  await until(() => town.heard().length === 1)
  const nulls = { bot_id: null, files: null, thread_ts: null, subtype: null }
  expect(town.heard()[0]).toMatchObject({ ...nulls, text: 'hello', user: 'UMEMBER1' })
  const { messages } = await town.app.call('conversations.history', { channel: 'CGENERAL1' })
  expect(messages).toMatchObject([nulls])
})

test.each([
  [{}, 2],
  [{ type: 'app_mention' }, 1],
])('acknowledged events come again: %j', async (choice, delivered) => {
  await using town = await startTown()
  const { ts } = await town.people.act('say', { as: 'member', channel: 'general', text: '@Patchbay hello' })
  await until(() => town.heard().length === 2)
  await sleep(50)
  expect(await town.people.act('redeliver', { ts, ...choice })).toMatchObject({ status: 200, delivered })
  const ids = town.app.heard.map(({ event_id }) => event_id)
  expect([ids.length, new Set(ids).size]).toEqual([2 + delivered, 2])
  expect(await town.people.act('redeliver', { ts: '1.000001' })).toMatchObject({ status: 409 })
})

test('any event is delivered', async () => {
  await using town = await startTown()
  const event = { type: 'message', subtype: 'channel_topic', channel: 'CGENERAL1', ts: '1.000001', topic: 'x' }
  await town.people.act('deliver', { event, envelope: { is_ext_shared_channel: true } })
  expect(await until(() => town.app.heard[0])).toMatchObject({
    type: 'event_callback',
    event,
    is_ext_shared_channel: true,
  })
})

test.each([
  ['archive', { channel: 'ops' }, { type: 'channel_archive', channel: 'COPS00001' }, 'archived the channel'],
  [
    'rename',
    { channel: 'ops', name: 'ops-2' },
    { type: 'channel_rename', channel: { name: 'ops-2' } },
    '"ops" to "ops-2"',
  ],
  [
    'membership',
    { channel: 'ops', user: 'member', member: false },
    { type: 'member_left_channel', user: 'UMEMBER1' },
    '<@UMEMBER1> has left',
  ],
])('%s %j', async (act, body, event, notice) => {
  await using town = await startTown(['message.channels', event.type])
  expect(await town.people.act(act, body)).toMatchObject({ status: 200 })
  await until(() => town.heard().length === 2)
  expect(town.heard()).toMatchObject([{ type: 'message', text: expect.stringContaining(notice) }, event])
})

test.each([
  [
    'person',
    { name: 'ada', real_name: 'Ada', tz: 'Asia/Tokyo' },
    { type: 'team_join', user: { tz: 'Asia/Tokyo', tz_offset: 32_400 } },
  ],
  [
    'person',
    { name: 'member', real_name: 'M', standing: 'deactivated' },
    { type: 'user_change', user: { deleted: true } },
  ],
  [
    'person',
    { name: 'member', real_name: 'M', standing: 'single_channel_guest' },
    { type: 'user_change', user: { is_ultra_restricted: true, is_restricted: true } },
  ],
  [
    'usergroup',
    { handle: 'night', name: 'Night shift', members: ['owner'] },
    { type: 'subteam_created', subteam: { handle: 'night', users: ['UOWNER01'] } },
  ],
])('%s %j is told to an app that asked for it', async (act, body, event) => {
  await using town = await startTown([event.type])
  await town.people.act(act, body)
  expect(await until(() => town.heard()[0])).toMatchObject(event)
})

test.each([
  ['member', 'rename', { channel: 'ops', name: 'x' }],
  ['owner', 'archive', { channel: 'general' }],
  ['member', 'membership', { channel: 'general', user: 'member', member: false }],
])('%s may not %s %j', async (as, act, body) => {
  await using town = await startTown()
  expect(await town.people.act(act, { as, ...body })).toMatchObject({ status: 409 })
})
