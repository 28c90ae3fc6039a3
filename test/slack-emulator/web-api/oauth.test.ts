import { WebClient } from '@slack/web-api'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { startSlackEmulator } from '../../../slack-emulator/start-slack-emulator.ts'
import { eventually } from '../../support/eventually.ts'
import { manifestAt } from '../../support/two-workspaces.ts'
import { log, silent } from '../emulator-with-bolt.ts'

const CLIENT = { id: '1.2', secret: 'secret' }
const REDIRECT = 'https://app.example/slack/oauth_redirect'

async function startTown() {
  await using starting = new AsyncDisposableStack()
  const app = { signingSecret: 's', client: CLIENT }
  const slack = starting.use(
    await startSlackEmulator({ port: 0, mode: 'http', appUrls: [], log, app, installed: false }),
  )
  slack.setManifest(manifestAt('https://app.example'))
  const asks = { client_id: CLIENT.id, redirect_uri: REDIRECT, scope: 'chat:write', state: 'st' }
  const client = (token?: string) =>
    new WebClient(token, { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 }, logger: silent })
  const things = starting.move()
  return {
    slack,
    client,
    authorize: (more: object = {}) =>
      fetch(`${slack.url}/oauth/v2/authorize?${new URLSearchParams({ ...asks, ...more })}`),
    async decide(more: object = {}): Promise<URL> {
      const body = new URLSearchParams({ ...asks, as: 'owner', decision: 'allow', ...more })
      const told = await fetch(`${slack.url}/oauth/v2/authorize`, { method: 'POST', body, redirect: 'manual' })
      return new URL(told.headers.get('location') ?? 'none:')
    },
    access: (code: string, more: object = {}) =>
      client().oauth.v2.access({
        code,
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uri: REDIRECT,
        ...more,
      }),
    [Symbol.asyncDispose]: () => things.disposeAsync(),
  }
}

test('a person leaves an optional scope out, and no other', async () => {
  await using town = await startTown()
  const manifest = parse(manifestAt('https://app.example'))
  const scopes = { bot: ['chat:write'], bot_optional: ['chat:write.customize', 'reactions:read'] }
  town.slack.setManifest(stringify({ ...manifest, oauth_config: { ...manifest.oauth_config, scopes } }))
  const scope = 'chat:write,chat:write.customize,reactions:read'
  const page = await (await town.authorize({ scope })).text()
  expect(page.match(/leave this out/g)).toHaveLength(2)
  const without = { 'without chat:write.customize': 'on', 'without chat:write': 'on' }
  const code = (await town.decide({ scope, ...without })).searchParams.get('code') ?? ''
  expect(await town.access(code)).toMatchObject({ scope: 'chat:write,reactions:read' })
  const { access_token } = await town.access(
    (await town.decide({ scope: 'chat:write' })).searchParams.get('code') ?? '',
  )
  const post = { channel: 'CGENERAL1', text: 'x', username: 'Reviewer' }
  await expect(town.client(access_token).chat.postMessage(post)).rejects.toEqual(refused('missing_scope'))
})

const refused = (error: string) => expect.objectContaining({ data: expect.objectContaining({ error }) })

test('a code is changed for a token once, by the right app, for the right address', async () => {
  await using town = await startTown()
  expect(await (await town.authorize()).text()).toContain('wants to be added to Local workspace')
  expect((await town.authorize({ client_id: '9.9' })).status).toBe(400)
  expect((await town.authorize({ redirect_uri: '' })).status).toBe(400)
  expect((await town.decide({ decision: 'cancel' })).searchParams.get('error')).toBe('access_denied')

  const back = await town.decide()
  expect(back.searchParams.get('state')).toBe('st')
  const code = back.searchParams.get('code') ?? ''
  await expect(town.access(code, { client_id: '9.9' })).rejects.toEqual(refused('invalid_client_id'))
  await expect(town.access(code, { client_secret: 'guess' })).rejects.toEqual(refused('bad_client_secret'))
  await expect(town.access(code, { redirect_uri: 'https://other.example/' })).rejects.toEqual(
    refused('bad_redirect_uri'),
  )
  await expect(town.access('made-up')).rejects.toEqual(refused('invalid_code'))
  const installed = await town.access(code)
  expect(installed).toMatchObject({ team: { id: town.slack.teamId }, is_enterprise_install: false })
  await expect(town.access(code)).rejects.toEqual(refused('code_already_used'))
  await expect(town.client(installed.access_token).auth.test()).resolves.toMatchObject({ team_id: town.slack.teamId })
  await expect(town.client(town.slack.botToken).auth.test()).rejects.toEqual(refused('invalid_auth'))
})

test('a removed app’s token is dead, another install gives another', async () => {
  await using town = await startTown()
  const install = async () =>
    (await town.access((await town.decide()).searchParams.get('code') ?? '')).access_token ?? ''
  const first = await install()
  expect(await install(), 'installed again without having been removed').toBe(first)
  const remove = () => fetch(`${town.slack.url}/local/uninstall`, { method: 'POST' })
  expect((await remove()).status).toBe(200)
  expect((await remove()).status).toBe(409)
  await expect(town.client(first).auth.test()).rejects.toEqual(refused('account_inactive'))
  const second = await install()
  expect(second).not.toBe(first)
  await eventually(async () => expect(await town.client(second).auth.test()).toMatchObject({ ok: true }))
})

test('where no client is known, nobody gets a token', async () => {
  await using slack = await startSlackEmulator({ port: 0, mode: 'http', appUrls: [], log })
  const client = new WebClient(undefined, { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 }, logger: silent })
  const given = { code: 'x', client_id: '', client_secret: '' }
  await expect(client.oauth.v2.access(given)).rejects.toEqual(refused('invalid_client_id'))
})

test.each([
  ['https://evil.example/', 400],
  ['https://app.example/', 400],
  ['https://app.example/slack/oauth_redirects', 400],
  ['http://app.example/slack/oauth_redirect', 400],
  ['https://app.example:8443/slack/oauth_redirect', 400],
  [`${REDIRECT}/below`, 200],
  [REDIRECT, 200],
])('people come back to an address of the manifest only: %s is %i', async (redirect_uri, status) => {
  await using town = await startTown()
  const answer = await town.authorize({ redirect_uri })
  expect([answer.status, (await answer.text()).includes('bad_redirect_uri')]).toEqual([status, status === 400])
})
