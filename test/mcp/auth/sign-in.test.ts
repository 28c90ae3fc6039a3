import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { createConnectionId } from '../../../src/ids.ts'
import { clientMetadataDocumentFor, createClientIdentity } from '../../../src/mcp/auth/oauth/client-metadata.ts'
import { authChallengeOf } from '../../../src/mcp/protocol/auth-challenge.ts'
import { startProtected } from '../../fixtures/authorization-server.ts'
import { PERSON, textOf } from '../../support/mcp-house.ts'
import { type SignInHouse, signIn, startSignInHouse, termsOf } from '../../support/sign-in-house.ts'

const WHOAMI = { name: 'whoami', description: '', inputSchema: { type: 'object' } }
const quiet = () => ({ signal: AbortSignal.timeout(30_000), onProgress: () => undefined })

async function signedIn(house: SignInHouse) {
  const connection = await house.connection()
  await signIn(house.first.auth, house.target(), connection.id)
  return connection
}

test('two instances find the tokens expired at once: one renewal, and both go on', async () => {
  await using server = await startProtected({ slowMs: 100 })
  await using house = await startSignInHouse(server, { instances: 2 })
  const connection = await signedIn(house)
  const call = (at: number) => house.instances[at % 2]?.mcp.call(connection, WHOAMI, {}, quiet())
  await Promise.all([call(0), call(1)])
  server.expireAccess()
  const outcomes = await Promise.all(Array.from({ length: 8 }, (_, at) => call(at)))
  expect(outcomes.map((one) => one?.kind)).toEqual(Array.from({ length: 8 }, () => 'ok'))
  expect(server.grants('refresh_token')).toBe(1)
})

test('an answer to an old token that comes late spends no new one', async () => {
  await using server = await startProtected()
  await using house = await startSignInHouse(server)
  const connection = await signedIn(house)
  const bearer = house.first.auth.bearer(connection.id, house.target(), {})
  if (bearer?.provider.onUnauthorized === undefined) throw new Error('nobody signs in')
  server.expireAccess()
  const token = await bearer.provider.token()
  const send = () => bearer.bind(fetch)(server.url, { method: 'POST', headers: { authorization: `Bearer ${token}` } })
  const responses = [await send(), await send()]
  expect(responses.map(({ status }) => status)).toEqual([401, 401])
  for (const response of responses)
    await bearer.provider.onUnauthorized({ response, serverUrl: new URL(server.url), fetchFn: fetch })
  expect(server.grants('refresh_token')).toBe(1)
  expect(await bearer.provider.token()).not.toBe(token)
})

test('a credential store that fails once is asked again', async () => {
  await using server = await startProtected()
  await using house = await startSignInHouse(server)
  const connection = await signedIn(house)
  const failures = [new AppError('credential_store_failed', 'The credential store is away.')]
  const get = async (ref: string) => {
    const failure = failures.pop()
    if (failure !== undefined) throw failure
    return house.credentials.get(ref)
  }
  const bearer = house.authWith({ ...house.credentials, get }).bearer(connection.id, house.target(), {})
  await expect(bearer?.provider.token()).rejects.toThrow('away')
  expect(server.secrets()).toContain(await bearer?.provider.token())
})

test('tokens are renewed before they end', async () => {
  await using server = await startProtected({ expiresIn: 30 })
  await using house = await startSignInHouse(server)
  const connection = await signedIn(house)
  server.does.expiresIn = 3_600
  for (let at = 0; at < 3; at++) expect((await house.first.mcp.call(connection, WHOAMI, {}, quiet())).kind).toBe('ok')
  expect(server.grants('refresh_token')).toBe(1)
})

test('trouble at the token endpoint is not the end of a sign-in, and what it repeats is told to nobody', async () => {
  await using server = await startProtected()
  await using house = await startSignInHouse(server)
  const connection = await signedIn(house)
  server.expireAccess()
  server.does.tokenErrors.push('temporarily_unavailable', 'temporarily_unavailable')
  const first = await house.first.mcp.call(connection, WHOAMI, {}, quiet())
  expect(textOf(first)).toMatch(/did not complete the sign-in/)
  expect(first).toMatchObject({ kind: 'failed', why: 'unreachable', sent: false })
  server.does.tokenErrors.length = 0
  expect((await house.first.mcp.call(connection, WHOAMI, {}, quiet())).kind).toBe('ok')
  for (const secret of server.secrets()) expect(house.logged.join()).not.toContain(secret)
})

test('a sign-in that is over needs a person, and says so at once and again', async () => {
  await using server = await startProtected()
  await using house = await startSignInHouse(server)
  const connection = await signedIn(house)
  server.endAll()
  for (let at = 0; at < 2; at++) {
    const outcome = await house.first.mcp.call(connection, WHOAMI, {}, quiet())
    expect(outcome).toMatchObject({ why: 'sign_in', sent: false, challenge: { scope: 'read' } })
  }
  await signIn(house.first.auth, house.target(), connection.id)
  expect((await house.first.mcp.call(connection, WHOAMI, {}, quiet())).kind).toBe('ok')
  expect(
    server.requests.filter(({ path }) => path === '/register'),
    'the client is used again',
  ).toHaveLength(1)
})

test('tokens are not shown to another address than they are for', async () => {
  await using server = await startProtected()
  await using other = await startProtected()
  await using house = await startSignInHouse(server)
  const connection = await signedIn(house)
  house.as(termsOf(), { url: other.url.replace('127.0.0.1', '127.0.0.1') })
  await house.first.mcp.call(connection, WHOAMI, {}, quiet())
  expect(other.secrets()).toEqual([])
})

test('an issuer that a card pins is the only one', async () => {
  await using server = await startProtected()
  await using house = await startSignInHouse(server)
  const target = house.as(termsOf({ issuer: 'https://login.example.com' }))
  await expect(signIn(house.first.auth, target, createConnectionId())).rejects.toThrow(/instead of login\.example\.com/)
  expect(server.requests.filter(({ path }) => path === '/register')).toEqual([])
})

test('where the card says so, no request names a resource, and secrets go in the body', async () => {
  await using server = await startProtected({ refusesResource: true, postOnly: true })
  server.register({ id: 'ours', secret: 'shh', redirects: ['http://127.0.0.1:9/oauth/callback'] })
  await using house = await startSignInHouse(server)
  const at = (path: string) => `${server.issuer}/${path}`
  const endpoints = { authorization: at('authorize'), token: at('token'), revocation: at('revoke') }
  const pinned = {
    issuer: server.issuer,
    registered: [{ id: 'ours', secret: 'shh' }],
    scopes: ['read', 'offline_access'],
  }
  const terms = termsOf({ ...pinned, resource: 'none', endpoints: { ...endpoints, clientAuth: 'client_secret_post' } })
  house.as(terms)
  const connection = await signedIn(house)
  server.expireAccess()
  expect((await house.first.mcp.call(connection, WHOAMI, {}, quiet())).kind).toBe('ok')
  expect(server.grants('refresh_token')).toBe(1)
  const asked = server.requests.filter(({ path }) => path === '/token')
  expect(asked.map(({ body }) => [body.client_secret, body.resource])).toEqual([
    ['shh', undefined],
    ['shh', undefined],
  ])
  const kept = await house.first.auth.storedTokens(connection.id)
  expect(kept).toMatchObject({ resource: server.url, scope: 'read offline_access' })
  expect(await house.first.auth.revoke(house.target(), {}, kept)).toBe('revoked')
  expect(server.live()).toBe(0)
  await expect(signIn(house.first.auth, house.as({ ...terms, resource: undefined }), connection.id)).rejects.toThrow()
})

test('tokens bound to a key: each request is signed, and a renewal keeps the key', async () => {
  await using server = await startProtected({ bound: true })
  await using house = await startSignInHouse(server, { instances: 2 })
  const connection = await signedIn(house)
  expect((await house.first.mcp.call(connection, WHOAMI, {}, quiet())).kind).toBe('ok')
  server.expireAccess()
  expect((await house.instances[1]?.mcp.call(connection, WHOAMI, {}, quiet()))?.kind).toBe('ok')
  expect(server.grants('refresh_token')).toBe(1)
})

test('a connection with credentials of its own: tokens are got, and got again', async () => {
  await using server = await startProtected({ machineOnly: true })
  server.register({ id: 'machine', secret: 'shh', redirects: [] })
  await using house = await startSignInHouse(server)
  house.as(termsOf({ kind: 'client_credentials', registered: [{ id: 'machine', secret: 'shh' }] }))
  const connection = await house.connection(undefined, false)
  expect((await house.first.mcp.call(connection, WHOAMI, {}, quiet())).kind).toBe('ok')
  server.expireAccess()
  expect((await house.first.mcp.call(connection, WHOAMI, {}, quiet())).kind).toBe('ok')
  expect(server.grants('client_credentials')).toBe(2)
})

test('a private key signs instead of a secret, also one that lost its line breaks', async () => {
  await using server = await startProtected({ machineOnly: true })
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().replaceAll('\n', ' ')
  server.register({ id: 'machine', key: publicKey, redirects: [] })
  await using house = await startSignInHouse(server)
  house.as(termsOf({ kind: 'client_credentials', registered: [{ id: 'machine', secret: pem }] }))
  const connection = await house.connection(undefined, false)
  expect((await house.first.mcp.call(connection, WHOAMI, {}, quiet())).kind).toBe('ok')
  house.as(termsOf({ kind: 'client_credentials', registered: [{ id: 'machine', secret: '-----BEGIN NONSENSE' }] }))
  await house.first.auth.forget(connection.id, PERSON)
  expect(textOf(await house.first.mcp.call(connection, WHOAMI, {}, quiet()))).toMatch(/private key .+ cannot be used/)
})

test.each([
  ['https://patchbay.acme.dev', 'https://patchbay.acme.dev/oauth/client.json'],
  ['https://acme.dev/patchbay', 'https://acme.dev/patchbay/oauth/client.json'],
  ['http://patchbay.acme.dev', undefined],
  ['https://localhost', undefined],
  ['https://10.0.0.7', undefined],
  ['https://patchbay.internal', undefined],
  ['https://patchbay', undefined],
])('%s has the document %s', (publicUrl, url) => {
  const client = createClientIdentity(publicUrl)
  expect(clientMetadataDocumentFor(client)?.client_id).toBe(url)
  expect(client.redirectUrl).toBe(`${publicUrl}/oauth/callback`)
})

test.each([
  ['Bearer scope="a b", resource_metadata="https://x.example/m"', { scope: 'a b', metadataUrl: 'https://x.example/m' }],
  ['DPoP algs="ES256", scope="a"', { scope: 'a', bindsTokens: true }],
  ['Basic realm="x"', {}],
])('challenge %s', (header, challenge) => {
  expect(authChallengeOf(new Response(null, { status: 401, headers: { 'www-authenticate': header } }))).toEqual(
    challenge,
  )
})
