import { WebClient } from '@slack/web-api'
import { expect, test } from 'vitest'
import { startSlackEmulator } from '../../../slack-emulator/start-slack-emulator.ts'
import { controls, log, silent } from '../emulator-with-bolt.ts'

async function startWithEverybody() {
  const slack = await startSlackEmulator({ port: 0, mode: 'http', appUrls: [], log })
  const people = controls(slack)
  for (const standing of ['guest', 'deactivated', 'stranger'])
    await people.act('person', { name: standing, real_name: `A ${standing}`, standing })
  await people.act('channel', { name: 'secret', kind: 'private_channel', members: ['owner'] })
  await people.act('channel', { name: 'board', kind: 'private_channel', members: ['owner', 'patchbay'] })
  await people.act('channel', { name: 'group', kind: 'mpim', members: ['owner', 'member', 'patchbay'] })
  await people.act('channel', { name: 'open', members: ['owner'] })
  await people.act('usergroup', { handle: 'off', name: 'Off', members: ['owner'], disabled: true })
  const client = new WebClient(slack.botToken, {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    logger: silent,
  })
  const answer = (method: string, args: object): Promise<string> =>
    client.apiCall(method, { ...args }).then(
      () => 'ok',
      (error: { data: { error: string } }) => error.data.error,
    )
  return { slack, people, client, answer, [Symbol.asyncDispose]: () => slack[Symbol.asyncDispose]() }
}

test.each([
  ['chat.postMessage', { channel: 'CSECRET01', text: 'x' }, 'channel_not_found'],
  ['chat.postMessage', { channel: 'COPEN01', text: 'x' }, 'not_in_channel'],
  ['chat.postMessage', { channel: 'CBOARD01', text: 'x' }, 'ok'],
  ['chat.postMessage', { channel: 'CGROUP01', text: 'x' }, 'ok'],
  ['chat.postEphemeral', { channel: 'CSECRET01', user: 'UOWNER01', text: 'x' }, 'channel_not_found'],
  ['conversations.history', { channel: 'CSECRET01' }, 'channel_not_found'],
  ['conversations.history', { channel: 'COPEN01' }, 'not_in_channel'],
  ['conversations.history', { channel: 'CBOARD01' }, 'ok'],
  ['conversations.members', { channel: 'CSECRET01' }, 'channel_not_found'],
  ['conversations.members', { channel: 'COPEN01' }, 'ok'],
  ['conversations.info', { channel: 'CSECRET01' }, 'channel_not_found'],
  ['conversations.info', { channel: 'CGROUP01' }, 'ok'],
  ['conversations.open', { users: 'UGUEST01' }, 'ok'],
  ['conversations.open', { users: 'UDEACTIVATED01' }, 'user_disabled'],
  ['conversations.open', { users: 'USTRANGER01' }, 'user_not_visible'],
  ['conversations.open', { users: 'UNOBODY01' }, 'user_not_found'],
  ['users.info', { user: 'UNOBODY01' }, 'user_not_found'],
  ['usergroups.users.list', { usergroup: 'SONCALL01' }, 'ok'],
  ['usergroups.users.list', { usergroup: 'SOFF01' }, 'no_such_subteam'],
  ['usergroups.users.list', { usergroup: 'SOFF01', include_disabled: true }, 'ok'],
  ['usergroups.users.list', { usergroup: 'SNOBODY01' }, 'no_such_subteam'],
])('%s %o: %s', async (method, args, expected) => {
  await using town = await startWithEverybody()
  expect(await town.answer(method, args)).toBe(expected)
})

test.each([
  ['UGUEST01', { is_restricted: true, deleted: false }],
  ['UDEACTIVATED01', { deleted: true, is_restricted: false }],
  ['USTRANGER01', { is_stranger: true, team_id: 'TOTHER01' }],
])('users.info of %s', async (user, expected) => {
  await using town = await startWithEverybody()
  expect((await town.client.users.info({ user })).user).toMatchObject(expected)
})

test('conversations.list names private conversations only where the app is', async () => {
  await using town = await startWithEverybody()
  const { channels = [] } = await town.client.conversations.list({ types: 'public_channel,private_channel,mpim' })
  expect(channels.map(({ name }) => name)).toEqual(['general', 'ops', 'alerts', 'partners', 'board', 'group', 'open'])
  expect(channels.find(({ name }) => name === 'board')).toMatchObject({ is_private: true, is_mpim: false })
  expect(channels.find(({ name }) => name === 'group')).toMatchObject({ is_private: true, is_mpim: true })
})

test('who was deactivated acts no more and has left every channel', async () => {
  await using town = await startWithEverybody()
  await town.people.act('person', { name: 'member', real_name: 'Morgan Member', standing: 'deactivated' })
  expect(await town.people.act('say', { as: 'member', channel: 'general', text: 'still here' })).toMatchObject({
    status: 409,
  })
  const { members = [] } = await town.client.conversations.members({ channel: 'CGENERAL1' })
  expect(members).not.toContain('UMEMBER1')
})
