import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCards } from '../../src/cards/read.ts'
import { createServerTargets } from '../../src/connect/server-targets.ts'
import { type ConnectHouse, startConnectHouse } from '../support/connect-house.ts'
import { PERSON } from '../support/mcp-house.ts'

const TENANT = '01234567-89ab-cdef-0123-456789abcdef'
let house: ConnectHouse
beforeAll(async () => {
  house = await startConnectHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

/** What the form says of each field, by field. */
async function problemsOf(card: string, inputs: Record<string, string>) {
  const problems = await house.connect.check(PERSON, { card, name: card, inputs })
  return Object.fromEntries(problems.map(({ field, message }) => [field, message]))
}

const termsOf = (card: string, inputs: Record<string, string>, prefill: Record<string, string> = {}) => {
  const targets = createServerTargets(readCards('run-cards'), '/nowhere', { [card]: prefill })
  const target = targets.target({ ...PERSON, name: card, card, inputs })
  if (target.kind !== 'http' || target.auth === undefined) throw new Error('signs nobody in')
  return target.auth
}

describe('an address that holds what a person typed', () => {
  it.each(['evil.com/', 'evil.com#', 'a.evil', 'a@b', 'a:8443', '..', 'a%2eb', 'аcme', 'a b', 'a\nb', '-a'])(
    'takes no instance like %j, and the form says so',
    async (instance) => {
      expect(Object.keys(await problemsOf('servicenow', { instance }))).toEqual(['instance'])
      expect(() => termsOf('servicenow', { instance })).toThrow(/where to sign in/)
    },
  )

  it('takes no path in a server’s name, nor anything but an id as a tenant', async () => {
    for (const server of ['../x', 'a/b', 'a?b', 'a#b', '..', 'a%2f'])
      expect(Object.keys(await problemsOf('servicenow', { instance: 'dev1', server }))).toEqual(['server'])
    for (const tenant of ['common', 'evil.com', `${TENANT}/..`, `${TENANT}?`])
      expect(Object.keys(await problemsOf('microsoft-365', { tenant }))).toEqual(['tenant'])
    expect(await problemsOf('servicenow', { instance: 'dev12345' })).toEqual({})
    expect(await problemsOf('microsoft-365', { tenant: TENANT })).toEqual({})
  })

  it('is where people sign in', () => {
    expect(termsOf('servicenow', { instance: 'dev1' })).toMatchObject({
      issuer: 'https://dev1.service-now.com',
      endpoints: {
        authorization: 'https://dev1.service-now.com/oauth_auth.do',
        token: 'https://dev1.service-now.com/oauth_token.do',
        revocation: 'https://dev1.service-now.com/oauth_revoke.do',
        clientAuth: 'client_secret_post',
      },
    })
    expect(termsOf('microsoft-365', { tenant: TENANT })).toMatchObject({
      issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
      resource: 'none',
    })
    expect(() => termsOf('microsoft-365', {})).toThrow(/Press Reconnect/)
  })

  it('gets no secret of the operator where a person chooses the host', () => {
    const operator = { client_id: 'ours', client_secret: 'shh' }
    const ids = (card: string, inputs: Record<string, string>) =>
      termsOf(card, inputs, operator).registered.map(({ id }) => id)
    expect(ids('servicenow', { instance: 'dev1' })).toEqual(['{clientId}'])
    expect(ids('microsoft-365', { tenant: TENANT })).toEqual(['{clientId}', 'ours'])
    expect(ids('github', {})).toEqual(['ours'])
  })

  it('lets the operator name the one issuer their client is for, where no endpoint is typed', () => {
    const issuer = 'https://login.acme.com'
    const operator = { client_id: 'ours', client_secret: 'shh', issuer }
    const registered = (card: string, inputs: Record<string, string>) => termsOf(card, inputs, operator).registered
    expect(registered('linear', {})).toEqual([{ id: 'ours', secret: 'shh', issuer }])
    expect(registered('servicenow', { instance: 'dev1' }).map(({ id }) => id)).toEqual(['{clientId}'])
    expect(registered('github', {})).toMatchObject([{ issuer: 'https://github.com/login/oauth' }])
    expect(termsOf('linear', {}).howToRegister).toContain('MCP_LINEAR_ISSUER')
    expect(termsOf('github', {}).howToRegister).not.toContain('MCP_GITHUB_ISSUER')
  })
})
