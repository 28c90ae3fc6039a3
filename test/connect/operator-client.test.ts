import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readCards } from '../../src/cards/read.ts'
import { readConfig } from '../../src/config.ts'
import { createServerTargets } from '../../src/connect/server-targets.ts'
import type { AuthConfig } from '../../src/mcp/auth/tokens/auth-config.ts'
import { startProtected } from '../fixtures/authorization-server.ts'
import { PERSON, ROOT } from '../support/mcp-house.ts'
import { signIn, startSignInHouse } from '../support/sign-in-house.ts'

const cards = readCards(join(ROOT, 'run-cards'))

/** How a connection of this card signs people in, with these variables set. */
function termsWith(environment: Record<string, string>, card: string) {
  const target = createServerTargets(cards, '/nowhere', readConfig(environment).prefills).target({
    ...PERSON,
    card,
    name: card,
    inputs: { url: 'https://example.com' },
  })
  if (target.kind !== 'http' || target.auth === undefined) throw new Error(`nobody signs in to ${card}`)
  return target.auth
}

/** The card's own issuer is not to be reached from a test; everything else is as the card and the variables say. */
const at = (terms: AuthConfig, issuer: string): AuthConfig => ({
  ...terms,
  issuer,
  registered: terms.registered.map((one) => ({ ...one, issuer })),
})

test('the client of MCP_<CARD>_CLIENT_ID signs people in, with its secret, and none is registered', async () => {
  await using server = await startProtected()
  await using house = await startSignInHouse(server)
  server.register({ id: 'operators', secret: 'operators-secret', redirects: ['http://127.0.0.1:9/oauth/callback'] })
  const set = { MCP_GITHUB_CLIENT_ID: 'operators', MCP_GITHUB_CLIENT_SECRET: 'operators-secret' }
  const terms = termsWith(set, 'github')
  const target = house.as(at(terms, server.issuer))
  const connection = await house.connection()
  await signIn(house.first.auth, target, connection.id)
  const paths = server.requests.map(({ path }) => path)
  expect(paths).not.toContain('/register')
  expect(server.requests.find(({ path }) => path === '/token')?.body.code).toBeDefined()
  const [call] = [{ name: 'whoami', description: '', inputSchema: { type: 'object' } }]
  const quiet = { signal: AbortSignal.timeout(20_000), onProgress: () => undefined }
  expect((await house.first.mcp.call(connection, call, {}, quiet)).kind).toBe('ok')
  expect(house.logged.join()).not.toContain('operators-secret')
})

test('a wrong secret of the operator’s is said, and signs nobody in', async () => {
  await using server = await startProtected()
  await using house = await startSignInHouse(server)
  server.register({ id: 'operators', secret: 'operators-secret', redirects: ['http://127.0.0.1:9/oauth/callback'] })
  const terms = termsWith({ MCP_GITHUB_CLIENT_ID: 'operators', MCP_GITHUB_CLIENT_SECRET: 'another' }, 'github')
  const target = house.as(at(terms, server.issuer))
  const connection = await house.connection()
  await expect(signIn(house.first.auth, target, connection.id)).rejects.toMatchObject({
    code: 'sign_in_failed',
    message: expect.stringContaining('does not know the client id or its secret'),
  })
  expect(server.live()).toBe(0)
})

test('it goes to the issuer a card names, and where a card names none it goes nowhere', () => {
  expect(termsWith({ MCP_GITHUB_CLIENT_ID: 'operators' }, 'github')).toMatchObject({
    issuer: 'https://github.com/login/oauth',
    registered: [{ id: 'operators', secret: undefined }],
  })
  expect(termsWith({ MCP_SLACK_CLIENT_ID: 'operators' }, 'github').registered).toEqual([])
  const open = termsWith({ MCP_CUSTOM_CLIENT_ID: 'operators', MCP_CUSTOM_CLIENT_SECRET: 'theirs' }, 'custom')
  expect(JSON.stringify(open)).not.toMatch(/operators|theirs/)
})
