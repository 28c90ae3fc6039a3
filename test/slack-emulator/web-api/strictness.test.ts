import { WebClient } from '@slack/web-api'
import { expect, it } from 'vitest'
import { startSlackEmulator } from '../../../slack-emulator/start-slack-emulator.ts'
import { controls, log, silent } from '../emulator-with-bolt.ts'

const GENERAL = 'CGENERAL1'

it('links a reply with its thread and channel, and a root without', async () => {
  await using slack = await startSlackEmulator({ port: 0, mode: 'http', appUrls: [], log })
  const client = new WebClient(slack.botToken, { slackApiUrl: slack.apiUrl, logger: silent })
  const root = await client.chat.postMessage({ channel: GENERAL, text: 'a root' })
  const reply = await client.chat.postMessage({ channel: GENERAL, text: 'a reply', thread_ts: String(root.ts) })
  const linkOf = async (ts: unknown) =>
    (await client.chat.getPermalink({ channel: GENERAL, message_ts: String(ts) })).permalink
  expect(await linkOf(reply.ts)).toMatch(new RegExp(`\\?thread_ts=${root.ts}&cid=${GENERAL}$`))
  expect(await linkOf(root.ts)).not.toContain('?')
})

it('shows an ephemeral in a thread only when the thread has replies', async () => {
  await using slack = await startSlackEmulator({ port: 0, mode: 'http', appUrls: [], log })
  const client = new WebClient(slack.botToken, { slackApiUrl: slack.apiUrl, logger: silent })
  const root = await client.chat.postMessage({ channel: GENERAL, text: 'a root' })
  const whisper = () =>
    client.chat.postEphemeral({
      channel: GENERAL,
      user: slack.people.member,
      text: 'whispered',
      thread_ts: String(root.ts),
    })
  const seen = async () =>
    JSON.stringify(
      await controls(slack).look('messages', { as: 'member', channel: 'general', thread_ts: String(root.ts) }),
    )
  await whisper()
  expect(await seen()).not.toContain('whispered')
  await client.chat.postMessage({ channel: GENERAL, text: 'a reply', thread_ts: String(root.ts) })
  await whisper()
  expect(await seen()).toContain('whispered')
})

it.each(['nonsense:scope', 'chat:write,admin', 'reactions:write'])(
  'asks nobody for %s, which the manifest lacks',
  async (scope) => {
    const client = { id: '1.2', secret: 'secret' }
    const app = { signingSecret: 's', client }
    await using slack = await startSlackEmulator({ port: 0, mode: 'http', appUrls: [], log, app, installed: false })
    const asked = new URLSearchParams({ client_id: client.id, redirect_uri: 'https://app.example/cb', scope })
    const answer = await fetch(`${slack.url}/oauth/v2/authorize?${asked}`)
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('invalid_scope_requested')])
  },
)
