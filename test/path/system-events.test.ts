import { expect, test } from 'vitest'
import { says } from '../support/scripted-model.ts'
import { startWorld } from '../support/world.ts'

test.each(['http', 'socket'] as const)('over %s the app acknowledges app_rate_limited', async (mode) => {
  await using world = await startWorld({ mode })
  expect(await world.as('owner').post('app-rate-limited', {})).toEqual({ ok: true })
})

test('over HTTP the app sends the challenge of url_verification back', async () => {
  await using world = await startWorld()
  expect(await world.as('owner').post('verify-url', {})).toEqual({ ok: true })
})

test('a command that the app does not have is answered by Slack, and the app hears nothing', async () => {
  await using world = await startWorld()
  const member = world.as('member')
  await member.post('command', { channel: 'general', command: '/mpc', text: 'help' })
  const [said] = await member.messages('general')
  expect(said).toMatchObject({ from: 'Slackbot', ephemeral: true })
  expect(said?.text).toMatch(/^\/mpc is not a valid command\. In Slack, all messages that start with the "\/"/)
  expect(await world.as('owner').messages('general')).toEqual([])
})

test.each(['private_channel', 'mpim'])('a mention in a %s is answered there', async (kind) => {
  await using world = await startWorld({ model: [says('Among ourselves.')] })
  const member = world.as('member')
  await member.post('channel', { name: 'inner', kind, members: ['member', 'patchbay'] })
  await member.see(await member.mention('say hello', 'inner'), /Among ourselves/)
})
