import { expect, test } from 'vitest'
import { z } from 'zod'
import { startStubApp } from '../../support/stub-app.ts'
import { controls, manifestWithScopes, plain, until } from '../emulator-with-bolt.ts'

/** A workspace with people and channels that came later; `shared` has a person of another company. */
async function startWithNewcomers() {
  const app = await startStubApp()
  const people = controls(app.slack)
  await people.act('person', { name: 'ada', real_name: 'Ada Lovelace' })
  await people.act('person', { name: 'gone', real_name: 'Gone Away', standing: 'deactivated' })
  await people.act('person', { name: 'sam', real_name: 'Sam Stranger', standing: 'stranger' })
  await people.act('person', { name: 'zoe', real_name: 'Zoe Nowhere', standing: 'stranger' })
  await people.act('channel', { name: 'board', kind: 'private_channel', members: ['ada', 'patchbay'] })
  await people.act('channel', { name: 'shared', members: ['owner', 'sam', 'patchbay'] })
  const lastMessage = () =>
    until(() => app.heard.findLast(({ event }) => JSON.stringify(event ?? '').includes('"message"')))
  const command = () => app.heard.find((payload) => payload.command !== undefined)
  return { app, people, lastMessage, command, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
}

test.each([
  ['owner', 'ask @ada about it', 'ask <@UADA01> about it'],
  ['owner', 'ask @gone', 'ask <@UGONE01>'],
  ['owner', 'see #shared', 'see <#CSHARED01|shared>'],
  ['owner', 'see #board', 'see #board'],
  ['ada', 'see #board', 'see <#CBOARD01|board>'],
])('%s types %s', { timeout: 60_000 }, async (as, text, sent) => {
  await using town = await startWithNewcomers()
  await town.people.act('say', { as, channel: 'dm', text })
  expect(await town.lastMessage()).toMatchObject({ event: { text: sent } })
})

test('a command names them with their label', { timeout: 60_000 }, async () => {
  await using town = await startWithNewcomers()
  await town.people.act('command', { as: 'owner', channel: 'dm', text: 'approvers @ada #shared' })
  expect(town.command()).toMatchObject({ text: 'approvers <@UADA01|ada> <#CSHARED01|shared>' })
})

const include = (...kinds: string[]) => ({ filter: { include: kinds } })

test.each([
  [{ type: 'users_select' }, 'ada', 200],
  [{ type: 'multi_users_select' }, ['UADA01', 'sam'], 200],
  [{ type: 'users_select' }, 'gone', 409],
  [{ type: 'users_select' }, 'shared', 409],
  [{ type: 'channels_select' }, 'shared', 200],
  [{ type: 'channels_select' }, 'board', 409],
  [{ type: 'conversations_select' }, 'board', 200],
  [{ type: 'conversations_select' }, 'ada', 409],
  [{ type: 'conversations_select', ...include('private') }, 'board', 200],
  [{ type: 'conversations_select', ...include('public') }, 'board', 409],
  [{ type: 'conversations_select', filter: { exclude_external_shared_channels: true } }, 'shared', 409],
])('in the menu %j a member of the board chooses %j: %i', { timeout: 60_000 }, async (menu, value, status) => {
  await using town = await startWithNewcomers()
  const blocks = [{ type: 'actions', elements: [{ ...menu, action_id: 'menu' }] }]
  const posted = await town.app.call('chat.postMessage', { channel: 'UADA01', text: 'choose', blocks })
  const { ts } = posted
  expect(await town.people.act('press', { as: 'ada', channel: 'dm', ts, button: 'menu', value })).toMatchObject({
    status,
  })
})

test('users.list and users.info know everybody', { timeout: 60_000 }, async () => {
  await using town = await startWithNewcomers()
  const { members } = await town.app.call('users.list', {})
  for (const id of ['UADA01', 'UGONE01', 'USAM01', 'UZOE01']) {
    const { user } = await town.app.call('users.info', { user: id })
    expect(user).toMatchObject({ id })
    const { is_stranger: _, ...listed } = z.looseObject({}).parse(user)
    expect(members).toContainEqual(listed)
  }
})

test.each([
  ['UMEMBER1', 'Morgan Member', 'member'],
  ['UADA01', 'Ada Lovelace', 'ada'],
])('the app calls %s %s, as the page does', { timeout: 60_000 }, async (user, shown, name) => {
  await using town = await startWithNewcomers()
  const { user: found } = await town.app.call('users.info', { user })
  expect(found).toMatchObject({ name, real_name: shown, profile: { display_name: shown } })
})

test.each([
  ['UADA01', undefined, undefined],
  ['USAM01', false, 'TOTHER01'],
  ['UZOE01', true, 'TOTHER01'],
])('%s is a stranger: %s', { timeout: 60_000 }, async (user, is_stranger, team_id = 'TLOCAL01') => {
  await using town = await startWithNewcomers()
  const answer = await town.app.call('users.info', { user })
  expect({ is_stranger: undefined, ...Object(answer.user) }).toMatchObject({ is_stranger, team_id })
})

test.each([
  [['users:read'], 'UADA01', undefined],
  [['users:read', 'users:read.email'], 'UADA01', 'ada@local.test'],
  [['users:read', 'users:read.email'], 'UOWNER01', 'owner@local.test'],
  [['users:read', 'users:read.email'], 'USAM01', undefined],
])('with %j the address of %s is %s', { timeout: 60_000 }, async (scopes, user, email) => {
  await using town = await startWithNewcomers()
  town.app.slack.setManifest(manifestWithScopes(scopes))
  const answer = await town.app.call('users.info', { user })
  expect({ email: undefined, ...Object(Object(answer.user).profile) }).toMatchObject({ email })
})

test.each([
  ['sam', 'shared', true, 'TOTHER01'],
  ['owner', 'shared', true, 'TLOCAL01'],
  ['owner', 'general', false, 'TLOCAL01'],
])('an event of %s in %s', { timeout: 60_000 }, async (as, channel, shared, team) => {
  await using town = await startWithNewcomers()
  await town.people.act('say', { as, channel, text: 'hello' })
  const event = { team, ...(team === 'TOTHER01' && { user_team: team, source_team: team }) }
  expect(await town.lastMessage()).toMatchObject({ is_ext_shared_channel: shared, event })
})

test('the channel says that it is shared', { timeout: 60_000 }, async () => {
  await using town = await startWithNewcomers()
  const shared = await town.app.call('conversations.info', { channel: 'CSHARED01' })
  expect(shared.channel).toMatchObject({
    is_ext_shared: true,
    is_shared: true,
    shared_team_ids: ['TLOCAL01', 'TOTHER01'],
  })
  const own = await town.app.call('conversations.info', { channel: 'CGENERAL1' })
  expect(own.channel).toMatchObject({ is_ext_shared: false, is_shared: false })
})

test('a file comes with mentions as elements, too', { timeout: 60_000 }, async () => {
  await using town = await startWithNewcomers()
  const files = [{ name: 'a.txt', data: Buffer.from('x').toString('base64') }]
  await town.people.act('upload', { as: 'owner', channel: 'dm', text: 'for @ada', files })
  const [said] = (await town.people.messages('owner', 'dm')).slice(-1)
  expect(JSON.stringify(said?.blocks)).toContain('"user_id":"UADA01"')
})

const input = {
  type: 'input',
  block_id: 'who',
  label: plain('Who'),
  element: { type: 'users_select', action_id: 'who' },
}

test('a modal takes a newcomer', { timeout: 60_000 }, async () => {
  await using town = await startWithNewcomers()
  await town.people.act('command', { as: 'owner', channel: 'dm', text: '' })
  const trigger_id = String(town.command()?.trigger_id)
  const view = { type: 'modal', callback_id: 'm', title: plain('Who'), submit: plain('Send'), blocks: [input] }
  await town.app.call('views.open', { trigger_id, view })
  await town.people.act('submit', { as: 'owner', values: { Who: 'ada' } })
  const submission = town.app.heard.find(({ type }) => type === 'view_submission')
  expect(JSON.stringify(submission)).toContain('"selected_user":"UADA01"')
})
