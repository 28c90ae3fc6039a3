import { expect, it } from 'vitest'
import { z } from 'zod'
import { startStubApp } from '../../support/stub-app.ts'
import { controls, until } from '../emulator-with-bolt.ts'
import { manifestWith } from '../manifest-with.ts'

const SCOPES = ['reactions:read', 'reactions:write', 'chat:write.customize']
const EVENTS = ['reaction_added', 'reaction_removed']
const Reacted = z.object({ event: z.looseObject({ type: z.string().startsWith('reaction_') }) })

async function begin(changes: Parameters<typeof manifestWith>[0] = { scopes: SCOPES, events: EVENTS }) {
  const app = await startStubApp()
  app.slack.setManifest(manifestWith(changes))
  const people = controls(app.slack)
  const { ts } = await people.act('say', { as: 'member', channel: 'ops', text: 'deploy now' })
  const heard = () => app.heard.flatMap((one) => Reacted.safeParse(one).data?.event ?? [])
  return { app, people, ts, heard, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
}

const OPS = 'COPS00001'

it('a person reacts and takes it back, and the app hears of both', async () => {
  await using world = await begin()
  const on = { as: 'approver', channel: 'ops', ts: world.ts, emoji: ':bug:' }
  expect(await world.people.act('react', on)).toMatchObject({ status: 200 })
  expect(await world.people.act('react', on)).toMatchObject({ status: 409 })
  expect(await world.people.act('react', { ...on, as: 'owner', emoji: 'bug' })).toMatchObject({ status: 200 })
  const [shown] = await world.people.messages('member', 'ops')
  expect(shown).toMatchObject({ reactions: [{ name: 'bug', users: ['UAPPROV1', 'UOWNER01'] }] })
  await world.people.act('react', { ...on, removed: true })
  await until(() => world.heard().length === 3)
  const item = { type: 'message', channel: OPS, ts: world.ts }
  const about = { reaction: 'bug', item, item_user: 'UMEMBER1', event_ts: expect.any(String) }
  expect(world.heard()).toEqual([
    { type: 'reaction_added', user: 'UAPPROV1', ...about },
    { type: 'reaction_added', user: 'UOWNER01', ...about },
    { type: 'reaction_removed', user: 'UAPPROV1', ...about },
  ])
})

it.each([
  ['without the scope', { scopes: [], events: EVENTS }],
  ['without the subscription', { scopes: SCOPES, events: [] }],
])('the app hears nothing %s', async (_, changes) => {
  await using world = await begin(changes)
  await world.people.act('react', { as: 'owner', channel: 'ops', ts: world.ts, emoji: 'bug' })
  await world.people.act('say', { as: 'owner', channel: 'ops', text: '@patchbay later' })
  await until(() => JSON.stringify(world.app.heard).includes('later'))
  expect(world.heard()).toEqual([])
})

it('the app hears nothing where it is no member', async () => {
  await using world = await begin()
  await world.people.act('channel', { name: 'quiet', members: ['member'] })
  const { ts } = await world.people.act('say', { as: 'member', channel: 'quiet', text: 'secret' })
  await world.people.act('react', { as: 'member', channel: 'quiet', ts, emoji: 'bug' })
  await world.people.act('react', { as: 'member', channel: 'ops', ts: world.ts, emoji: 'eyes' })
  await until(() => world.heard().length === 1)
  expect(world.heard()).toMatchObject([{ reaction: 'eyes' }])
})

it('a message under another name has no author in the event', async () => {
  await using world = await begin()
  const { ts } = await world.app.call('chat.postMessage', { channel: OPS, text: 'done', username: 'Reviewer' })
  await world.people.act('react', { as: 'member', channel: 'ops', ts, emoji: 'tada' })
  await until(() => world.heard().length === 1)
  expect(world.heard()[0]).not.toHaveProperty('item_user')
})

it.each([
  ['who is not there', { as: 'gwen' }],
  ['a message that is not there', { ts: '1.000000' }],
  ['what is no emoji', { emoji: 'Not One' }],
])('refuses %s', async (_, changed) => {
  await using world = await begin()
  const answer = await world.people.act('react', {
    as: 'member',
    channel: 'ops',
    ts: world.ts,
    emoji: 'bug',
    ...changed,
  })
  expect([400, 409]).toContain(answer.status)
})

it('nobody reacts in an archived channel, to an ephemeral or to what was deleted', async () => {
  await using world = await begin()
  const { message_ts } = await world.app.call('chat.postEphemeral', { channel: OPS, user: 'UMEMBER1', text: 'x' })
  const react = (ts: unknown) => world.people.act('react', { as: 'member', channel: 'ops', ts, emoji: 'bug' })
  expect(await react(message_ts)).toMatchObject({ status: 409 })
  await world.people.act('say', { as: 'owner', channel: 'ops', text: 'a reply', thread_ts: world.ts })
  await world.people.act('delete', { as: 'member', channel: 'ops', ts: world.ts })
  expect(await react(world.ts)).toMatchObject({ status: 409 })
  const { ts } = await world.people.act('say', { as: 'member', channel: 'ops', text: 'more' })
  await world.people.act('archive', { channel: 'ops' })
  expect(await react(ts)).toMatchObject({ status: 409 })
})

it('reactions.get tells who reacted with what, and how many', async () => {
  await using world = await begin()
  await world.people.act('react', { as: 'member', channel: 'ops', ts: world.ts, emoji: 'thumbsup' })
  await world.app.call('reactions.add', { channel: OPS, timestamp: world.ts, name: '+1' })
  const answer = await world.app.call('reactions.get', { channel: OPS, timestamp: world.ts })
  const reactions = [{ name: '+1', users: ['UMEMBER1', 'UPATCHB1'], count: 2 }]
  expect(answer).toMatchObject({ type: 'message', channel: OPS, message: { text: 'deploy now', reactions } })
  const gone = await world.app.ask('reactions.get', { channel: OPS, timestamp: '1.000000' })
  expect(gone).toMatchObject({ error: 'message_not_found' })
})
