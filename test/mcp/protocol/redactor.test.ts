import { expect, it } from 'vitest'
import { redactSchema } from '../../../src/mcp/features/redact-schema.ts'
import { createRedactor } from '../../../src/mcp/protocol/redactor.ts'

const redactorOf = (...secrets: string[]) =>
  createRedactor(
    () => secrets,
    (text) => text,
  )

it.each([
  ['token ghp_a1b2c3d4e5', 'count_tokens with a pageToken', 'ghp_a1b2c3d4e5'],
  ['Bearer sk-12345678', 'Bearer of news', 'sk-12345678'],
  ['Basic dXNlcjpwYXNz', 'Basic or basic', 'dXNlcjpwYXNz'],
  ['ApiKey 0a1b2c3d4e5f', 'an ApiKey is needed', '0a1b2c3d4e5f'],
  ['Api-Key 0a1b2c3d4e5f', 'an Api-Key is needed', '0a1b2c3d4e5f'],
  ['OAuth2 0a1b2c3d4e5f', 'OAuth2 is needed', '0a1b2c3d4e5f'],
  ['GoogleLogin auth=0a1b2c3d', 'GoogleLogin', 'auth=0a1b2c3d'],
])('of "%s" only the secret is taken out', (secret, kept, taken) => {
  const redactor = redactorOf(secret)
  expect(redactor.text(kept)).toBe(kept)
  expect(redactor.text(`it is ${taken}.`)).toBe('it is [secret].')
})

it.each(['page', 'token', 'public', 'TEST', 'Bearer', 'server', 'password', 'postgres'])(
  '"%s" is a common word, no secret',
  (word) => {
    expect(redactorOf(word).text(`a ${word}s table`)).toBe(`a ${word}s table`)
  },
)

it.each(['hunter', 'Dragon', 'MONKEY', 'letmein', 'qwertz', 'sunshine', 'Xy12'])('"%s" is a password', (secret) => {
  expect(redactorOf(secret).text(`my ${secret}.`)).toBe('my [secret].')
  expect(redactorOf(`Bearer ${secret}`).text(`Bearer of ${secret}`)).toBe('Bearer of [secret]')
})

const ODD_SECRET = 'a/b+c?d"e~ü>>>f'

it.each([
  ['base64', Buffer.from(ODD_SECRET).toString('base64')],
  ['base64 without its end', Buffer.from(ODD_SECRET).toString('base64').replace(/=+$/, '')],
  ['base64 for URLs', Buffer.from(ODD_SECRET).toString('base64url')],
  ['a URL', encodeURIComponent(ODD_SECRET)],
  ['a URL in small letters', encodeURIComponent(ODD_SECRET).replace(/%../g, (code) => code.toLowerCase())],
  ['a form', new URLSearchParams({ a: ODD_SECRET }).toString().slice(2)],
  ['JSON', JSON.stringify(ODD_SECRET).slice(1, -1)],
  ['JSON of PHP', JSON.stringify(ODD_SECRET).slice(1, -1).replaceAll('/', String.raw`\/`)],
  ['JSON of Python', JSON.stringify(ODD_SECRET).slice(1, -1).replace('ü', String.raw`\u00fc`)],
])('a secret as %s writes it is taken out', (_, spelling) => {
  expect(redactorOf(ODD_SECRET).text(`it is ${spelling} here`)).toMatch(/^it is \[secret\]=* here$/)
})

it('keeps the keys of a result, and says which it leaves out', () => {
  expect(redactorOf('hunter2222').object({ hunter2222: 1, hunters: 'hunter2222' })).toEqual({
    '[left out]': 'a field whose name holds a secret',
    hunters: '[secret]',
  })
})

it.each([
  ['an argument’s name', { properties: { s3cr3t_value: { type: 'string' } } }],
  ['a choice', { properties: { a: { enum: ['x', 's3cr3t_value'] } } }],
  ['a constant', { properties: { a: { const: 's3cr3t_value' } } }],
  ['a required name', { required: ['s3cr3t_value'] }],
])('a schema with a secret in %s cannot be used', (_, schema) => {
  expect(redactSchema(schema, redactorOf('s3cr3t_value'))).toBeUndefined()
})

it('cleans the texts of a schema alone', () => {
  const schema = {
    description: 'like s3cr3t_value',
    properties: { a: { type: 'string', default: 's3cr3t_value', title: 's3cr3t_value' }, description: { enum: ['x'] } },
  }
  expect(redactSchema(schema, redactorOf('s3cr3t_value'))).toEqual({
    description: 'like [secret]',
    properties: { a: { type: 'string', title: '[secret]' }, description: { enum: ['x'] } },
  })
})
