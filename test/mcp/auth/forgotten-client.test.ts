import { expect, it, test } from 'vitest'
import { readAuthorizationCode } from '../../../src/mcp/auth/oauth/read-callback.ts'
import { type Protected, startProtected } from '../../fixtures/authorization-server.ts'
import { textOf } from '../../support/mcp-house.ts'
import { type SignInHouse, signIn, startSignInHouse } from '../../support/sign-in-house.ts'

const WHOAMI = { name: 'whoami', description: '', inputSchema: { type: 'object' } }
const quiet = () => ({ signal: AbortSignal.timeout(30_000), onProgress: () => undefined })
const registrations = (server: Protected) => server.requests.filter(({ path }) => path === '/register').length
type Connection = Awaited<ReturnType<SignInHouse['connection']>>

/** Ways for a service to lose a client that was registered with it. */
const LOSSES: Record<string, (house: SignInHouse, server: Protected, connection: Connection) => Promise<void>> = {
  'forgotten, which the renewal of the tokens shows': async (house, server, connection) => {
    server.clients.clear()
    server.expireAccess()
    const outcome = await house.first.mcp.call(connection, WHOAMI, {}, quiet())
    expect(textOf(outcome)).toMatch(/Sign in again/)
  },
  'forgotten, which only its page shows': async (_house, server) => server.clients.clear(),
  'refused when the code is redeemed': async (house, server, connection) => {
    server.does.tokenErrors.push('invalid_client')
    await expect(signIn(house.first.auth, house.target(), connection.id)).rejects.toThrow(
      /no longer knows Patchbay. Sign in again/,
    )
  },
  'given a secret that has ended': async (house, _server, connection) => {
    const tokens = await house.first.auth.storedTokens(connection.id)
    if (tokens === undefined) throw new Error('nobody signed in')
    const client = { ...tokens.client, client_secret: 's', client_secret_expires_at: 1 }
    await house.first.auth.saveTokens(connection.id, { ...tokens, client })
  },
}

test.each(Object.entries(LOSSES))('a client that was %s is registered anew, once', async (_, lose) => {
  await using server = await startProtected()
  await using house = await startSignInHouse(server)
  const connection = await house.connection()
  await signIn(house.first.auth, house.target(), connection.id)
  await lose(house, server, connection)
  await signIn(house.first.auth, house.target(), connection.id)
  expect((await house.first.mcp.call(connection, WHOAMI, {}, quiet())).kind).toBe('ok')
  await signIn(house.first.auth, house.target(), connection.id)
  expect(registrations(server)).toBe(2)
})

const METADATA = {
  issuer: 'https://as.example.com',
  authorization_endpoint: 'https://as.example.com/authorize',
  token_endpoint: 'https://as.example.com/token',
  response_types_supported: ['code'],
}

it.each([
  ['https://as.example.com', false, true],
  ['https://as.example.com/', false, true],
  ['HTTPS://AS.example.com:443', false, true],
  ['https://as.example.com', true, true],
  // The name by which the server is called in the resource's metadata.
  ['https://as.example.com/named/', true, true],
  ['https://as.example.com/', true, false],
  ['https://evil.example.com', false, false],
  ['https://evil.example.com', true, false],
  ['https://as.example.com/other', false, false],
  [undefined, false, true],
  [undefined, true, false],
])('an answer from %s (announced: %s) is taken: %s', (iss, announced, taken) => {
  const metadata = { ...METADATA, authorization_response_iss_parameter_supported: announced }
  const request = {
    title: 'It',
    host: 'as.example.com',
    discovered: { metadata, server: 'https://as.example.com/named/' },
  }
  const read = () => readAuthorizationCode(request, new URLSearchParams({ code: 'c', ...(iss && { iss }) }))
  if (taken) expect(read()).toBe('c')
  else expect(read).toThrow(/did not come from the sign-in service/)
})
