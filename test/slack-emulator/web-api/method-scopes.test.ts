import { expect, test } from 'vitest'
import { startSlackEmulator } from '../../../slack-emulator/start-slack-emulator.ts'
import { METHOD_SCOPES } from '../../../slack-emulator/web-api/method-scopes.ts'
import { METHODS } from '../../../src/slack/web-api/methods.ts'
import { log, manifestWithScopes } from '../emulator-with-bolt.ts'

/** An installed app with these bot scopes. */
async function startWithScopes(bot: string[]) {
  const slack = await startSlackEmulator({ port: 0, mode: 'http', appUrls: [], log })
  slack.setManifest(manifestWithScopes(bot))
  return {
    async call(method: string, args: Record<string, string> = {}) {
      const headers = { authorization: `Bearer ${slack.botToken}` }
      const answer = await fetch(`${slack.apiUrl}${method}`, {
        method: 'POST',
        headers,
        body: new URLSearchParams(args),
      })
      return { headers: answer.headers, body: JSON.parse(await answer.text()) }
    },
    [Symbol.asyncDispose]: () => slack[Symbol.asyncDispose](),
  }
}

const all = Object.entries(METHOD_SCOPES)

test.each(all)('%s without any scope', async (method, needs) => {
  await using app = await startWithScopes([])
  const { body } = await app.call(method, { channel: 'CGENERAL1', types: 'public_channel' })
  const missing = needs.length > 0
  expect(body.error, JSON.stringify(body)).not.toBe('unknown_method')
  expect(body.error === 'missing_scope').toBe(missing)
})

test.each([
  ['conversations.history', { channel: 'CGENERAL1' }, 'channels:history'],
  ['conversations.history', { channel: 'DMEMBER1' }, 'im:history'],
  ['conversations.replies', { channel: 'DMEMBER1', ts: '1.000000' }, 'im:history'],
  ['conversations.members', { channel: 'DMEMBER1' }, 'im:read'],
  ['conversations.list', { types: 'private_channel, mpim' }, 'groups:read,mpim:read'],
  ['conversations.open', { users: 'UMEMBER1' }, 'im:write'],
  ['conversations.open', { users: 'UMEMBER1,UOWNER01' }, 'mpim:write'],
  ['reactions.add', { channel: 'CGENERAL1', timestamp: '1.000000', name: 'eyes' }, 'reactions:write'],
  ['users.lookupByEmail', { email: 'owner@local.test' }, 'users:read.email'],
  ['team.info', {}, 'team:read'],
])('%s %o needs %s', async (method, args, needed) => {
  await using app = await startWithScopes(['chat:write', 'users:read'])
  const { body, headers } = await app.call(method, args)
  expect(body).toEqual({ ok: false, error: 'missing_scope', needed, provided: 'chat:write,users:read' })
  expect(headers.get('x-oauth-scopes')).toBe('chat:write,users:read')
  expect(headers.get('x-accepted-oauth-scopes')).toBe(needed)
})

test('the table names exactly the scopes that the app counts on', () => {
  for (const [method, { scopes }] of Object.entries(METHODS)) {
    const needs = METHOD_SCOPES[method === 'files.uploadV2' ? 'files.completeUploadExternal' : method]
    if (typeof needs === 'string')
      expect(
        scopes.every((scope) => scope.endsWith(`:${needs}`)),
        method,
      ).toBe(true)
    else expect(scopes, method).toEqual(needs)
  }
})
