import { expect, it } from 'vitest'
import { readAuthAnswer } from '../../../src/mcp/auth/tokens/read-auth-answer.ts'

const TOKEN_REQUEST = {
  url: 'https://as.example.com/token',
  body: new URLSearchParams({ grant_type: 'refresh_token' }),
}
const REGISTRATION = {
  url: 'https://as.example.com/register',
  body: JSON.stringify({ redirect_uris: ['https://us.example.com/back'], client_name: 'Patchbay' }),
}
const METADATA = {
  issuer: 'https://as.example.com',
  authorization_endpoint: 'https://as.example.com/authorize',
  token_endpoint: 'https://as.example.com/token',
}

const answerTo = (request: typeof TOKEN_REQUEST | typeof REGISTRATION, body: unknown, ok = true): unknown =>
  JSON.parse(readAuthAnswer(typeof body === 'string' ? body : JSON.stringify(body), ok, request))

it.each([
  ['no token_type', { access_token: 'a' }, { access_token: 'a', token_type: 'Bearer' }],
  [
    'null for absent',
    { access_token: 'a', token_type: 'bearer', refresh_token: null, expires_in: null, scope: null },
    { access_token: 'a', token_type: 'bearer' },
  ],
  [
    'scopes as a list',
    { access_token: 'a', scope: ['read', 'write'] },
    { access_token: 'a', token_type: 'Bearer', scope: 'read write' },
  ],
  ['an end that is no number', { access_token: 'a', expires_in: 'never' }, { access_token: 'a', token_type: 'Bearer' }],
  ['an odd id token', { access_token: 'a', id_token: { odd: true } }, { access_token: 'a', token_type: 'Bearer' }],
  [
    'a form',
    'access_token=a&token_type=bearer&scope=read%20write',
    { access_token: 'a', token_type: 'bearer', scope: 'read write' },
  ],
  [
    'a byte order mark',
    '\uFEFF{"access_token":"a","token_type":"Bearer"}',
    { access_token: 'a', token_type: 'Bearer' },
  ],
])('tokens with %s are read', (_, body, read) => {
  expect(answerTo(TOKEN_REQUEST, body)).toEqual(read)
})

it.each([
  ['a code of the standard', { error: 'invalid_grant', error_description: 'x' }, 'invalid_grant'],
  ['a code inside an object', { error: { code: 'invalid_client', message: 'x' } }, 'invalid_client'],
  ['words for an unknown client', { message: 'Client not found' }, 'invalid_client'],
  ['a code of its own for the client', { error: 'incorrect_client_credentials' }, 'invalid_client'],
  ['Slack’s code for the client', { ok: false, error: 'invalid_client_id' }, 'invalid_client'],
  ['a form', 'error=bad_verification_code&error_description=x', 'invalid_grant'],
  ['a code of its own for the grant', { error: 'bad_refresh_token' }, 'invalid_grant'],
  ['a plain text', 'unknown client', 'invalid_client'],
  ['a page', '<html><body>The application does not exist</body></html>', 'invalid_client'],
  ['an error of the service', { error: 'temporarily_unavailable' }, 'temporarily_unavailable'],
  ['a page about nothing', '<html>502</html>', 'server_error'],
])('an error as %s has the standard code', (_, body, code) => {
  for (const ok of [true, false]) {
    if (ok && typeof body === 'string' && !body.includes('=')) continue
    expect(answerTo(TOKEN_REQUEST, body, ok)).toEqual({ error: code })
  }
})

it.each([
  ['no redirect addresses', { client_id: 'c' }],
  ['null everywhere', { client_id: 'c', redirect_uris: null, client_secret: null, logo_uri: null, contacts: null }],
  ['empty addresses', { client_id: 'c', client_uri: '', logo_uri: '', jwks_uri: '' }],
  ['times as texts', { client_id: 'c', client_id_issued_at: '1764000000' }],
  ['a list in one line', { client_id: 'c', grant_types: 'authorization_code refresh_token' }],
  ['odd addresses', { client_id: 'c', client_uri: 'not an address', tos_uri: 7 }],
])('a registration with %s is read', (_, body) => {
  expect(answerTo(REGISTRATION, body)).toMatchObject({ client_id: 'c', redirect_uris: ['https://us.example.com/back'] })
})

it('a client id that is a number, and the end of a secret, are kept', () => {
  const body = { client_id: 42, client_secret: 's', client_secret_expires_at: '1900000000' }
  expect(answerTo(REGISTRATION, body)).toMatchObject({ client_id: '42', client_secret_expires_at: 1_900_000_000 })
})

it.each([
  ['no response types', {}],
  [
    'null for absent',
    { registration_endpoint: null, scopes_supported: null, code_challenge_methods_supported: ['S256'] },
  ],
  ['odd addresses', { service_documentation: 'see the wiki', op_policy_uri: '', revocation_endpoint: 'none' }],
  ['a list with an odd item', { scopes_supported: ['read', null, 3], code_challenge_methods_supported: ['S256'] }],
  ['a list in one line', { scopes_supported: 'read write', grant_types_supported: 'authorization_code' }],
])('metadata with %s are read, from either address', (_, more) => {
  for (const at of ['oauth-authorization-server', 'openid-configuration']) {
    const request = { url: `https://as.example.com/.well-known/${at}`, body: undefined }
    const read = JSON.parse(readAuthAnswer(JSON.stringify({ ...METADATA, ...more }), true, request))
    expect(read).toMatchObject({ ...METADATA, response_types_supported: ['code'] })
    expect(read.op_policy_uri).toBeUndefined()
    if ('scopes_supported' in more && more.scopes_supported !== null) expect(read.scopes_supported[0]).toBe('read')
  }
})

it('the protection of codes is never made up', () => {
  const request = { url: 'https://as.example.com/.well-known/oauth-authorization-server', body: undefined }
  expect(readAuthAnswer(JSON.stringify(METADATA), true, request)).not.toContain('S256')
})

it.each([
  ['words of parts', `client ${'a_'.repeat(900)}`],
  ['signs and parts', `client ${`:"'_a`.repeat(390)}`],
])('an answer of hostile %s is read in time', (_, body) => {
  expect(answerTo(TOKEN_REQUEST, body, false)).toEqual({ error: 'server_error' })
})
