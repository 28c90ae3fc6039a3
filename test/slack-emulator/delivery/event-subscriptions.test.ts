import { expect, test } from 'vitest'
import { z } from 'zod'
import { startStubApp } from '../../support/stub-app.ts'
import { controls, manifestWithEvents, manifestWithScopes, until } from '../emulator-with-bolt.ts'

const Heard = z.object({ event: z.object({ type: z.string(), channel_type: z.string().optional() }) })
type App = Awaited<ReturnType<typeof startStubApp>>

/** What the app heard of a mention, a private channel, a group DM, a DM, an opened Home and an uninstall. */
async function eventsOf(app: App): Promise<string[]> {
  const people = controls(app.slack)
  await people.act('channel', { name: 'board', kind: 'private_channel', members: ['owner', 'patchbay'] })
  await people.act('channel', { name: 'group', kind: 'mpim', members: ['owner', 'member', 'patchbay'] })
  for (const channel of ['general', 'board', 'group', 'dm'])
    await people.act('say', { as: 'owner', channel, text: channel === 'general' ? '@patchbay hello' : 'hello' })
  await people.look('home', { as: 'member', refresh: 'true' })
  await people.act('uninstall', {})
  await people.act('app-rate-limited', {})
  await until(() => app.heard.some(({ type }) => type === 'app_rate_limited'))
  await new Promise((resolve) => setTimeout(resolve, 200))
  const events = app.heard.flatMap((one) => Heard.safeParse(one).data?.event ?? [])
  return [
    ...new Set(events.map(({ type, channel_type }) => (type === 'message' ? `${type} ${channel_type}` : type))),
  ].sort()
}

test.each([
  ['none', undefined, []],
  ['an empty list', [], []],
  ['message.channels', ['message.channels'], ['message channel']],
  ['message.groups', ['message.groups'], ['message group']],
  ['message.mpim', ['message.mpim'], ['message mpim']],
  ['message.im', ['message.im'], ['message im']],
  ['app_mention', ['app_mention'], ['app_mention']],
  ['app_home_opened', ['app_home_opened'], ['app_home_opened']],
  ['tokens_revoked', ['tokens_revoked'], ['tokens_revoked']],
  ['two', ['app_uninstalled', 'message.im'], ['app_uninstalled', 'message im']],
])(
  'with the subscriptions %s, the app hears what it subscribed to',
  { timeout: 60_000 },
  async (_, events, expected) => {
    await using app = await startStubApp()
    app.slack.setManifest(manifestWithEvents(events))
    expect(await eventsOf(app)).toEqual(expected)
  },
)

test.each([
  [['channels:history'], ['message channel']],
  [['groups:history'], ['message group']],
  [
    ['mpim:history', 'im:history'],
    ['message im', 'message mpim'],
  ],
  [['app_mentions:read'], ['app_mention']],
])('with the scopes %s, the app hears %s and what needs no scope', { timeout: 60_000 }, async (scopes, expected) => {
  await using app = await startStubApp()
  app.slack.setManifest(manifestWithScopes(scopes))
  expect(await eventsOf(app)).toEqual([...expected, 'app_home_opened', 'app_uninstalled', 'tokens_revoked'].sort())
})
