import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { createConnectionId } from '../../../src/ids.ts'
import { readIdentity, saveIdentity } from '../../../src/mcp/auth/enterprise/identity.ts'
import { type Behaviour, type Protected, startProtected } from '../../fixtures/authorization-server.ts'
import { type Provider, startIdentityProvider } from '../../fixtures/identity-provider.ts'
import { PERSON, textOf } from '../../support/mcp-house.ts'
import { type SignInHouse, signIn, startSignInHouse, termsOf } from '../../support/sign-in-house.ts'

const WHOAMI = { name: 'whoami', description: '', inputSchema: { type: 'object' } }
const quiet = () => ({ signal: AbortSignal.timeout(30_000), onProgress: () => undefined })
const THERE = { id: 'patchbay-there', secret: 'shh-there' }

async function startManaged(idp: Provider, change: Partial<Behaviour> = {}): Promise<Protected> {
  const server = await startProtected({ trusts: idp, ...change })
  server.register({ ...THERE, redirects: [] })
  idp.allow({ audience: server.issuer, resource: server.url, clientId: THERE.id })
  return server
}

/** A connection that lives by the organization's word, in a house that knows the client. */
async function managed(house: SignInHouse, signedIn = true) {
  const target = house.as(termsOf({ registered: [THERE] }))
  const connection = await house.connection()
  if (signedIn) await signIn(house.first.auth, target, connection.id)
  return connection
}

/** As if that much time had passed since the person signed in. */
async function age(house: SignInHouse, ms: number): Promise<void> {
  const identity = await readIdentity(house.credentials, PERSON)
  if (identity === undefined) throw new Error('nobody is signed in')
  const { at, endsAt } = identity
  await saveIdentity(house.credentials, PERSON, { ...identity, at: at - ms, endsAt: endsAt - ms })
}

const HOUR_MS = 3_600_000

test('two connections on two instances find everything ended at once: the identity is refreshed once', async () => {
  await using idp = await startIdentityProvider()
  await using server = await startManaged(idp)
  await using house = await startSignInHouse(server, { instances: 2, idp })
  const one = await managed(house)
  const other = await managed(house, false)
  const call = (at: number) => house.instances[at % 2]?.mcp.call(at % 4 < 2 ? one : other, WHOAMI, {}, quiet())
  expect((await call(0))?.kind).toBe('ok')
  expect((await call(2))?.kind).toBe('ok')
  await age(house, HOUR_MS)
  server.expireAccess()
  const outcomes = await Promise.all(Array.from({ length: 8 }, (_, at) => call(at)))
  expect(outcomes.map((outcome) => outcome?.kind)).toEqual(Array.from({ length: 8 }, () => 'ok'))
  expect(idp.grants('refresh_token')).toBe(1)
  expect(idp.grants('token-exchange'), 'each connection once, and once more').toBe(4)
  expect(idp.signIns()).toBe(1)
})

test.each([false, 'tokens'] as const)(
  'an identity that cannot be refreshed (%s) is good until it ends; then the person signs in again',
  async (refresh) => {
    await using idp = await startIdentityProvider({ refresh })
    await using server = await startManaged(idp)
    await using house = await startSignInHouse(server, { idp })
    const connection = await managed(house)
    server.expireAccess()
    expect((await house.first.mcp.call(connection, WHOAMI, {}, quiet())).kind).toBe('ok')
    await age(house, HOUR_MS)
    server.expireAccess()
    const outcome = await house.first.mcp.call(connection, WHOAMI, {}, quiet())
    expect(outcome).toMatchObject({ why: 'sign_in', sent: false, challenge: { scope: 'read' } })
    await signIn(house.first.auth, house.target(), connection.id)
    expect((await house.first.mcp.call(connection, WHOAMI, {}, quiet())).kind).toBe('ok')
  },
)

test('an identity that was ended before its time is told from a service that is not allowed', async () => {
  await using idp = await startIdentityProvider()
  await using server = await startManaged(idp)
  await using house = await startSignInHouse(server, { idp })
  const connection = await managed(house)
  const call = () => {
    server.expireAccess()
    return house.first.mcp.call(connection, WHOAMI, {}, quiet())
  }
  idp.does.refusal = 'invalid_grant'
  expect(await call()).toMatchObject({ why: 'unreachable', message: expect.stringContaining('does not allow you') })
  expect(idp.grants('refresh_token'), 'to be sure that it lives').toBe(1)
  idp.does.refusal = undefined
  idp.endSessions()
  expect(await call()).toMatchObject({ why: 'sign_in', message: expect.stringContaining('has ended') })
})

test('one that cannot be refreshed is taken for ended when it is not new', async () => {
  await using idp = await startIdentityProvider({ refresh: false, refusal: 'invalid_grant' })
  await using server = await startManaged(idp)
  await using house = await startSignInHouse(server, { idp })
  await expect(managed(house)).rejects.toThrow(/does not allow you/)
  idp.does.refusal = undefined
  const connection = await managed(house)
  idp.does.refusal = 'invalid_grant'
  await age(house, HOUR_MS / 2)
  server.expireAccess()
  expect(await house.first.mcp.call(connection, WHOAMI, {}, quiet())).toMatchObject({ why: 'sign_in' })
})

test('an identity provider that wants a fresh sign-in gets one; trouble of its own is not the end', async () => {
  await using idp = await startIdentityProvider()
  await using server = await startManaged(idp)
  await using house = await startSignInHouse(server, { idp })
  const connection = await managed(house)
  const outcomes: Record<string, object> = {
    insufficient_user_authentication: { why: 'sign_in', message: expect.stringContaining('sign in anew') },
    temporarily_unavailable: { why: 'unreachable', sent: false },
    unauthorized_client: { why: 'unreachable', message: expect.stringContaining('does not allow you') },
  }
  for (const [refusal, expected] of Object.entries(outcomes)) {
    idp.does.refusal = refusal
    server.expireAccess()
    expect(await house.first.mcp.call(connection, WHOAMI, {}, quiet()), refusal).toMatchObject(expected)
  }
  idp.does.refusal = undefined
  expect((await house.first.mcp.call(connection, WHOAMI, {}, quiet())).kind).toBe('ok')
  for (const secret of [...idp.secrets(), ...server.secrets()]) expect(house.logged.join().includes(secret)).toBe(false)
})

test('a service that does not trust the identity provider is named, and who can help', async () => {
  await using idp = await startIdentityProvider()
  await using server = await startManaged(idp, {
    trusts: { issuer: 'https://another.example', publicKey: idp.publicKey },
  })
  await using house = await startSignInHouse(server, { idp })
  await expect(managed(house)).rejects.toThrow(/Remote did not take the word of 127.+Whoever runs Patchbay/)
})

test.each([
  ['another', /claims to be another one.+ENTERPRISE_IDP_ISSUER/],
  ['nothing', /does not describe itself in a way I can read/],
] as const)('an identity provider that describes %s gets nobody and nothing', async (describes, words) => {
  await using idp = await startIdentityProvider({ describes })
  await using server = await startManaged(idp)
  await using house = await startSignInHouse(server, { idp })
  await expect(managed(house)).rejects.toThrow(words)
  expect(idp.requests.map(({ path }) => path)).toEqual(['/.well-known/openid-configuration'])
})

test('a token of another kind than was asked for is not passed on', async () => {
  await using idp = await startIdentityProvider({ gives: 'urn:ietf:params:oauth:token-type:access_token' })
  await using server = await startManaged(idp)
  await using house = await startSignInHouse(server, { idp })
  await expect(managed(house)).rejects.toThrow(/did not complete the sign-in/)
  expect(idp.grants('token-exchange')).toBe(1)
  expect(server.requests.filter(({ path }) => path === '/token')).toEqual([])
})

test('a permission that was got stays through renewals, which come before the tokens end', async () => {
  await using idp = await startIdentityProvider()
  await using server = await startManaged(idp, { expiresIn: 30 })
  await using house = await startSignInHouse(server, { idp })
  const connection = await managed(house, false)
  await signIn(house.first.auth, house.target(), connection.id, { scope: 'read write' })
  server.does.expiresIn = 3_600
  const write = { ...WHOAMI, name: 'write' }
  for (let at = 0; at < 2; at++) expect((await house.first.mcp.call(connection, write, {}, quiet())).kind).toBe('ok')
  expect(idp.grants('token-exchange')).toBe(2)
  server.expireAccess()
  expect((await house.first.mcp.call(connection, write, {}, quiet())).kind).toBe('ok')
})

test('tokens bound to a key, and a client that signs with a private key', async () => {
  await using idp = await startIdentityProvider()
  await using server = await startManaged(idp, { bound: true })
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  server.register({ id: THERE.id, key: publicKey, redirects: [] })
  await using house = await startSignInHouse(server, { idp, instances: 2 })
  const secret = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const target = house.as(termsOf({ registered: [{ ...THERE, secret }] }))
  const connection = await house.connection()
  await signIn(house.first.auth, target, connection.id)
  expect((await house.first.mcp.call(connection, WHOAMI, {}, quiet())).kind).toBe('ok')
  server.expireAccess()
  expect(textOf((await house.instances[1]?.mcp.call(connection, WHOAMI, {}, quiet())) ?? fail())).toMatch(/you came/)
})

const fail = (): never => {
  throw new Error('there is no second instance')
}

test.each([
  ['no client is registered', termsOf(), true],
  ['it is registered with another issuer', termsOf({ registered: [{ ...THERE, issuer: 'https://a.example' }] }), true],
  ['the service takes JWTs of some kind, and people', termsOf({ registered: [THERE] }), false],
])('people sign in to the service itself where %s', async (_, terms, trusts) => {
  await using idp = await startIdentityProvider()
  await using server = await startManaged(idp, trusts ? {} : { trusts: undefined, takesJwts: true })
  server.register({ ...THERE, redirects: ['http://127.0.0.1:9/oauth/callback'] })
  await using house = await startSignInHouse(server, { idp })
  const kept = await signIn(house.first.auth, house.as(terms), createConnectionId())
  expect(kept.managed).toBeUndefined()
  expect(idp.requests).toEqual([])
})

test('a turn that a stopped instance left does not keep a person waiting at a button', async () => {
  await using idp = await startIdentityProvider()
  await using server = await startManaged(idp)
  await using house = await startSignInHouse(server, { idp })
  const { id } = await managed(house)
  const { auth, registry } = house.first
  const wanted = { id, challenge: { scope: 'read' }, signal: AbortSignal.timeout(30_000) }
  expect(await auth.tryWithoutBrowser(house.target(), {}, wanted)).toBe(true)
  expect(await registry.lease(id, 'stopped', 40_000)).toBe(true)
  const began = performance.now()
  expect(await auth.tryWithoutBrowser(house.target(), {}, wanted)).toBe(false)
  expect(performance.now() - began).toBeLessThan(15_000)
})

test('a card may say what its service does not', async () => {
  await using idp = await startIdentityProvider()
  await using server = await startManaged(idp, { silent: true })
  await using house = await startSignInHouse(server, { idp })
  const target = house.as(termsOf({ registered: [THERE], managed: true }))
  expect((await signIn(house.first.auth, target, createConnectionId())).managed).toBe(idp.issuer)
})
