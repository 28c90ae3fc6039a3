import { WebAPIPlatformError } from '@slack/web-api'
import { expect, test } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { type AgentIdentity, createAgentIdentities } from '../../../src/slack/web-api/agent-identity.ts'
import { memoryLog } from '../../support/log.ts'

const refused = (error: string) =>
  new AppError('slack_failed', error, { cause: new WebAPIPlatformError({ ok: false, error }) })

test('an agent’s name and face go with a message: an emoji as such, an address as a picture', async () => {
  const { send } = createAgentIdentities(memoryLog().log)
  const sent: unknown[] = []
  const note = async (identity: AgentIdentity | undefined) => void sent.push(identity)
  await send({ name: 'Reviewer', face: ':mag:' }, note)
  await send({ name: 'Reviewer', face: 'https://a.example/face.png' }, note)
  await send({ name: 'Reviewer' }, note)
  await send(undefined, note)
  expect(sent).toEqual([
    { username: 'Reviewer', icon_emoji: ':mag:' },
    { username: 'Reviewer', icon_url: 'https://a.example/face.png' },
    { username: 'Reviewer' },
    undefined,
  ])
})

test('without the scope a message is sent once more without a name, and later ones at once so', async () => {
  const identities = createAgentIdentities(memoryLog().log)
  const sent: unknown[] = []
  const post = async (identity: AgentIdentity | undefined) => {
    sent.push(identity?.username)
    if (identity !== undefined) throw refused('missing_scope')
    return 'posted'
  }
  expect(identities.isAllowed()).toBe(true)
  expect(await identities.send({ name: 'Reviewer' }, post)).toBe('posted')
  expect(identities.isAllowed()).toBe(false)
  expect(await identities.send({ name: 'Reviewer' }, post)).toBe('posted')
  expect(sent).toEqual(['Reviewer', undefined, undefined])
})

test('of two messages at once only the first is tried with a name', async () => {
  const identities = createAgentIdentities(memoryLog().log)
  const sent: unknown[] = []
  const post = async (identity: AgentIdentity | undefined) => {
    sent.push(identity?.username)
    await new Promise((resolve) => setImmediate(resolve))
    if (identity !== undefined) throw refused('missing_scope')
  }
  await Promise.all([identities.send({ name: 'One' }, post), identities.send({ name: 'Two' }, post)])
  expect(sent).toEqual(['One', undefined, undefined])
})

test('another refusal is no reason to leave names out', async () => {
  const identities = createAgentIdentities(memoryLog().log)
  const fail = async () => Promise.reject(refused('channel_not_found'))
  await expect(identities.send({ name: 'Reviewer' }, fail)).rejects.toThrow('channel_not_found')
  expect(identities.isAllowed()).toBe(true)
})
