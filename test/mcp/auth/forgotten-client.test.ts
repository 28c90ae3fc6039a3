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
    await house.first.auth.accept(connection.id, connection, { tokens: { ...tokens, client } })
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

const LOGIN = '<form><input name="email"><button>Go on</button></form>'
const HELP = 'If you read "invalid client", the application was not found: ask your admin.'

/** Pages for everybody, which say nothing of our client. */
const SIGN_IN_PAGES: Record<string, string> = {
  'its script': `<html><script>const texts = {"invalid_client":"Unknown client"}</script><div id="app"></div></html>`,
  'its data': `<html><script type="application/json">{"error":"invalid_client"}</script><h1>Sign in</h1></html>`,
  'its help text': `<html><h1>Sign in</h1>${LOGIN}<p>${HELP}</p></html>`,
  'its help text, with no form yet': `<html><title>Sign in</title><body><main></main><p>${HELP}</p></body></html>`,
  'a template for later': `<html><template><h1>Invalid client</h1></template><h1>Sign in</h1></html>`,
  'what is hidden': `<html><h1 hidden>Invalid client</h1><h1>Sign in</h1></html>`,
  'a comment': `<html><!-- <h1>Unknown client</h1> --><h1>Sign in</h1></html>`,
  'what runs without scripts': `<html><noscript>Invalid client: switch scripts on</noscript></html>`,
}

test.each(Object.entries(SIGN_IN_PAGES))(
  'a sign-in page that speaks of unknown clients in %s keeps the client',
  async (_, signInPage) => {
    await using server = await startProtected({ signInPage })
    await using house = await startSignInHouse(server)
    const { id } = await house.connection()
    for (let at = 0; at < 3; at++) await signIn(house.first.auth, house.target(), id)
    expect(registrations(server)).toBe(1)
  },
)

/** How pages tell a browser that the client is not known, and how many registrations it takes then. */
const CLIENT_PAGES: Record<string, [NonNullable<Protected['does']['clientPage']>, number]> = {
  'an error page': [{ status: 400, body: '<h1>Oops</h1><p>The application you use does not exist.</p>' }, 2],
  'a page that is not there': [{ status: 404, body: '<body>Client not found</body>' }, 2],
  'the title of a page that is well': [{ status: 200, body: '<title>Error: unknown client</title><div></div>' }, 2],
  'JSON that is well': [{ status: 200, type: 'application/json', body: '{"error":"invalid_client"}' }, 2],
  'JSON of its own': [{ status: 401, type: 'application/json', body: '{"message":"Unregistered application"}' }, 2],
  'a way to an error page': [{ status: 302, body: '', location: '/oops?error=invalid_client' }, 2],
  'a code for what it may not': [{ status: 303, body: '', location: '/oops?error=unauthorized_client' }, 2],
  'trouble of its own': [{ status: 503, body: 'Unknown client' }, 1],
  'too many requests': [{ status: 429, body: 'Unknown client' }, 1],
  'a way to the sign-in': [{ status: 302, body: '', location: '/login?next=%2Finvalid_client' }, 1],
  'a sign-in with a status of refusal': [{ status: 401, body: `${LOGIN}<p>${HELP}</p>` }, 1],
}

test.each(Object.entries(CLIENT_PAGES))('a client that is not known, told by %s', async (_, [clientPage, times]) => {
  await using server = await startProtected()
  await using house = await startSignInHouse(server)
  const { id } = await house.connection()
  await signIn(house.first.auth, house.target(), id)
  server.clients.clear()
  server.does.clientPage = clientPage
  const signal = AbortSignal.timeout(30_000)
  await house.first.auth.begin(house.target(), {}, { id, challenge: {}, state: 'abc', signal })
  expect(registrations(server)).toBe(times)
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
