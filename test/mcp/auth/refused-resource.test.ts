import { expect, test } from 'vitest'
import { type Protected, startProtected } from '../../fixtures/authorization-server.ts'
import { type SignInHouse, signIn, startSignInHouse, termsOf } from '../../support/sign-in-house.ts'

const WHOAMI = { name: 'whoami', description: '', inputSchema: { type: 'object' } }
const quiet = () => ({ signal: AbortSignal.timeout(30_000), onProgress: () => undefined })

const REFUSALS: Record<string, Record<string, string>> = {
  'its code': { error: 'invalid_target' },
  'the parameter': { error: 'invalid_request', error_description: 'Unexpected parameter: resource' },
  'Entra’s words': {
    error: 'invalid_request',
    error_description: "AADSTS901002: The 'resource' request parameter is not supported.",
  },
  'a check’s words': { error: 'invalid_request', error_description: '"resource" is not allowed' },
  'a code of its own': { error: 'bad_parameters', message: 'unrecognized parameters: resource' },
}

const tokenRequests = (server: Protected) =>
  server.requests.filter(({ path }) => path === '/token').map(({ body }) => body.resource !== undefined)

async function renewed(house: SignInHouse, server: Protected) {
  const connection = await house.connection()
  await signIn(house.first.auth, house.target(), connection.id)
  server.expireAccess()
  expect((await house.first.mcp.call(connection, WHOAMI, {}, quiet())).kind).toBe('ok')
  return connection
}

test.each(Object.entries(REFUSALS))(
  'a token endpoint that refuses the resource with %s is asked once more',
  async (_, error) => {
    await using server = await startProtected({ resourceRefusal: { at: 'token', error } })
    await using house = await startSignInHouse(server)
    const connection = await renewed(house, server)
    expect(tokenRequests(server)).toEqual([true, false, false])
    await signIn(house.first.auth, house.target(), connection.id)
    expect(tokenRequests(server), 'what worked is remembered').toEqual([true, false, false, false])
  },
)

test.each(Object.entries(REFUSALS))(
  'a renewal that refuses the resource with %s is asked once more',
  async (_, error) => {
    await using server = await startProtected()
    await using house = await startSignInHouse(server)
    const connection = await house.connection()
    await signIn(house.first.auth, house.target(), connection.id)
    server.does.resourceRefusal = { at: 'token', error }
    for (let at = 0; at < 2; at++) {
      server.expireAccess()
      expect((await house.first.mcp.call(connection, WHOAMI, {}, quiet())).kind).toBe('ok')
    }
    expect(tokenRequests(server)).toEqual([true, true, false, false])
  },
)

test.each(Object.entries(REFUSALS))(
  'a page that refuses the resource with %s is not shown to anybody',
  async (_, error) => {
    await using server = await startProtected({ refusesResource: true, resourceRefusal: { at: 'page', error } })
    await using house = await startSignInHouse(server)
    house.as(termsOf({ issuer: server.issuer }))
    await renewed(house, server)
    expect(tokenRequests(server)).toEqual([false, false])
  },
)

test('nor where the client was registered by hand', async () => {
  await using server = await startProtected({ resourceRefusal: { at: 'page', error: { error: 'invalid_target' } } })
  await using house = await startSignInHouse(server)
  const byHand = { id: 'by-hand', secret: 'given' }
  server.register({ ...byHand, redirects: ['http://127.0.0.1:9/oauth/callback'] })
  house.as(termsOf({ registered: [byHand] }))
  await renewed(house, server)
  expect(tokenRequests(server)).toEqual([false, false])
})

test('a page that refuses the resource from now on is noticed at the next sign-in', async () => {
  await using server = await startProtected()
  await using house = await startSignInHouse(server)
  const { id } = await house.connection()
  await signIn(house.first.auth, house.target(), id)
  server.does.resourceRefusal = { at: 'page', error: { error: 'invalid_target' } }
  await signIn(house.first.auth, house.target(), id)
  expect(tokenRequests(server)).toEqual([true, false])
})

test.each([
  ['describes itself', false, 1],
  ['leaves the resource to be guessed', true, 2],
] as const)('a first sign-in to a server that %s', async (_, refusesResource, pages) => {
  await using server = await startProtected({ refusesResource })
  await using house = await startSignInHouse(server)
  const { id } = await house.connection()
  await signIn(house.first.auth, house.as(termsOf({ issuer: server.issuer })), id).catch(() => undefined)
  expect(server.requests.filter(({ path }) => path === '/authorize')).toHaveLength(pages)
})

test.each([
  ['sends the browser back', 'redirect', false],
  ['spends the code as well', 'token', true],
] as const)('a service that refuses the resource and %s gets the browser once more', async (_, at, spends) => {
  await using server = await startProtected({ resourceRefusal: { at, error: { error: 'invalid_target' }, spends } })
  await using house = await startSignInHouse(server)
  const { id } = await house.connection()
  const { auth } = house.first
  const signal = AbortSignal.timeout(20_000)
  const target = house.target()
  const started = await auth.begin(target, {}, { id, challenge: {}, state: 'abc', signal })
  const back = async (url: string) =>
    new URL(String((await fetch(url, { redirect: 'manual' })).headers.get('location'))).searchParams
  const redeem = async (pending: typeof started.pending, url: string) =>
    auth.redeem(pending, await back(url), { id, target, secrets: {}, signal })
  const error = await redeem(started.pending, started.url).catch((reason: unknown) => reason)
  const retry = await auth.retry(started.pending, error, 'def')
  if (retry === undefined) throw new Error('it is not asked once more')
  const tokens = await redeem(retry.pending, retry.url)
  expect(tokens).toMatchObject({ tokens: { refusesResource: true } })
  expect(await auth.retry(retry.pending, error, 'ghi'), 'once, not for ever').toBeUndefined()
})

test('another failure is not asked about again', async () => {
  await using server = await startProtected({ deny: true })
  await using house = await startSignInHouse(server)
  const { id } = await house.connection()
  await expect(signIn(house.first.auth, house.target(), id)).rejects.toThrow(/said no/)
})
