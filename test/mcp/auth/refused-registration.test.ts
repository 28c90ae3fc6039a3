import { expect, test } from 'vitest'
import { createConnectionId } from '../../../src/ids.ts'
import { type Protected, startProtected } from '../../fixtures/authorization-server.ts'
import { signIn, startSignInHouse } from '../../support/sign-in-house.ts'

type Metadata = Record<string, unknown>
const refusal = (description: string, status = 400): [number, object] => [
  status,
  { error: 'invalid_client_metadata', error_description: description },
]
const asked = (server: Protected) => server.requests.filter(({ path }) => path === '/register')
const GRANTS = '["authorization_code"]'

/** What a service refuses, and what it is told in the end. */
const REFUSALS: [string, (metadata: Metadata) => [number, object] | undefined, Metadata][] = [
  [
    'the grant type refresh_token',
    ({ grant_types }) =>
      String(grant_types).includes('refresh_token') ? refusal('unsupported grant type') : undefined,
    { grant_types: GRANTS, client_uri: 'http://127.0.0.1:9/' },
  ],
  [
    'a type of application',
    ({ application_type }) => (application_type === undefined ? undefined : refusal('unknown field', 422)),
    { application_type: undefined, client_name: 'Patchbay' },
  ],
  [
    'a scope',
    ({ scope }) => (scope === undefined ? undefined : [400, { error: 'invalid_request', message: 'scope?' }]),
    { scope: undefined },
  ],
  [
    'a client without a secret',
    ({ token_endpoint_auth_method: method }) => (method === 'none' ? refusal('no public clients') : undefined),
    { token_endpoint_auth_method: 'client_secret_basic' },
  ],
  [
    'every field but two',
    (metadata) =>
      Object.keys(metadata).some((one) => !['client_name', 'redirect_uris'].includes(one))
        ? [400, { message: 'Additional properties are not allowed' }]
        : undefined,
    { response_types: undefined },
  ],
  [
    'every field but one',
    (metadata) => (Object.keys(metadata).length > 1 ? [400, { detail: 'extra fields' }] : undefined),
    { redirect_uris: '["http://127.0.0.1:9/oauth/callback"]' },
  ],
]

test.each(REFUSALS)('a registration that refuses %s is asked with less', async (_, refusesToRegister, told) => {
  await using server = await startProtected({ refusesToRegister })
  await using house = await startSignInHouse(server)
  expect((await signIn(house.first.auth, house.target(), createConnectionId())).clientFrom).toBe('dcr')
  expect(asked(server).at(-1)?.body).toEqual(expect.objectContaining(clean(told)))
  for (const [name, value] of Object.entries(told))
    if (value === undefined) expect(asked(server).at(-1)?.body).not.toHaveProperty(name)
})

const clean = (fields: Metadata) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

test.each([
  ['a grant type', { grant_types_supported: ['authorization_code'] }, { grant_types: GRANTS }],
  [
    'a way to show who asks',
    { token_endpoint_auth_methods_supported: ['client_secret_post'] },
    { token_endpoint_auth_method: 'client_secret_post' },
  ],
])('%s that the metadata leave out is not asked for', async (_, metadata, told) => {
  await using server = await startProtected({ metadata })
  await using house = await startSignInHouse(server)
  await signIn(house.first.auth, house.target(), createConnectionId())
  expect(asked(server).map(({ body }) => body)).toEqual([expect.objectContaining(told)])
})

test.each([
  ['a redirect address', [400, { error: 'invalid_redirect_uri' }], 1],
  ['who asks', [401, { error: 'invalid_token' }], 1],
  ['who asks, as a bad request', [400, { error: 'invalid_token' }], 1],
  ['a statement', [400, { error: 'invalid_software_statement' }], 1],
  ['a statement that is not approved', [400, { error: 'unapproved_software_statement' }], 1],
  ['a client', [400, { error: 'unauthorized_client' }], 1],
  ['registrations', [400, { error: 'registration_not_supported' }], 1],
  ['what comes too often', [400, { error: 'too_many_requests' }], 1],
  ['everybody', [403, {}], 1],
  ['whatever is said', [400, { error: 'invalid_client_metadata' }], 8],
] satisfies [string, [number, object], number][])(
  'a registration that refuses %s ends in advice',
  async (_, refused, times) => {
    await using server = await startProtected({ refusesToRegister: () => refused })
    await using house = await startSignInHouse(server)
    await expect(signIn(house.first.auth, house.target(), createConnectionId())).rejects.toThrow(
      /registered with it beforehand/,
    )
    expect(asked(server).length).toBeLessThanOrEqual(times)
  },
)

test('a registration that is refused slowly is not asked with less for ever', async () => {
  const refusesToRegister = (): Promise<[number, object]> =>
    new Promise((answer) => setTimeout(answer, 6_000, refusal('no')))
  await using server = await startProtected({ refusesToRegister })
  await using house = await startSignInHouse(server)
  await expect(signIn(house.first.auth, house.target(), createConnectionId())).rejects.toThrow()
  expect(asked(server).length).toBeLessThanOrEqual(3)
})
