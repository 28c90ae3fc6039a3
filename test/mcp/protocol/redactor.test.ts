import fc from 'fast-check'
import { expect, it } from 'vitest'
import { redactSchema } from '../../../src/mcp/features/redact-schema.ts'
import { createRedactor } from '../../../src/mcp/protocol/redactor.ts'
import { ENCODINGS, ESCAPES } from '../../support/secret-spellings.ts'

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

const SECRET = 'k3y/ö+v&l"u\\e=Zq'

/** Every way of writing a secret that the redactor knows. */
const SPELLINGS: Record<string, (secret: string) => string> = {
  ...ESCAPES,
  ...ENCODINGS,
  'percent codes twice': (secret) => encodeURIComponent(encodeURIComponent(secret)),
  'JSON in JSON': (secret) => JSON.stringify(JSON.stringify(secret)).slice(1, -1),
}

it.each(Object.entries(SPELLINGS))('a secret as %s is gone, and what stands around it stays', (_, spell) => {
  const said = redactorOf(SECRET).text(`it is ${spell(SECRET)} here`)
  expect(said).toMatch(/^it is [\w=+/"\\-]*\[secret\][\w=+/"\\-]* here$/)
})

it('leaves every text alone that holds no secret', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.jsonValue(), (text, value) => {
      const redactor = redactorOf('Zq9Zq9Zq9Zq9', 'Bearer q7Vw8x')
      expect(redactor.text(text)).toBe(text.replaceAll('\0', ''))
      expect(redactor.blob(Buffer.from(text).toString('base64'))).toBe(Buffer.from(text).toString('base64'))
      const json = JSON.stringify(value)
      if (!json.includes(String.raw`\u0000`)) expect(JSON.stringify(redactor.json(JSON.parse(json)))).toBe(json)
    }),
  )
})

it('finds a secret that ends in the next text', () => {
  expect(redactorOf('s3cr3t_value').texts(['a s3cr', '3t_va', 'lue b'])).toEqual(['a [secret]', '', ' b'])
})

it('cleans a file of text, and overwrites in any other', () => {
  const redactor = redactorOf('s3cr3t_value')
  const cleaned = (bytes: Buffer) => Buffer.from(redactor.blob(bytes.toString('base64')), 'base64')
  expect(cleaned(Buffer.from('file says s3cr3t_value.')).toString()).toBe('file says [secret].')
  const binary = Buffer.concat([Buffer.from([0xff, 0]), Buffer.from('s3cr3t_value'), Buffer.from([0xfe])])
  expect(cleaned(binary).toString('latin1')).toBe(`\xff\0${'*'.repeat(12)}\xfe`)
  expect(cleaned(Buffer.from('is s3cr3t_value', 'utf16le')).includes(Buffer.from('s3cr', 'utf16le'))).toBe(false)
})

it('takes a secret of digits out of numbers', () => {
  expect(redactorOf('8472619').json({ pin: 8_472_619, count: 8 })).toEqual({ pin: '[secret]', count: 8 })
})

it('takes a short secret only where it is a word of its own', () => {
  const redactor = redactorOf('Xy12')
  expect(redactor.text('?key=Xy12&a=1')).toBe('?key=[secret]&a=1')
  expect(redactor.text('id 7fXy12ab, WHkxMgab')).toBe('id 7fXy12ab, WHkxMgab')
})

it('knows each line of a private key, however long its lines are', () => {
  const line = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj'
  const key = `-----BEGIN PRIVATE KEY-----\n${line}\nMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu\n-----END PRIVATE KEY-----\n`
  const redactor = redactorOf(key)
  expect(redactor.text(`see ${line}`)).toBe('see [secret]')
  expect(redactor.text('-----BEGIN PRIVATE KEY-----')).toBe('-----BEGIN PRIVATE KEY-----')
  expect(redactor.text(JSON.stringify({ key }))).not.toContain('MIIE')
})

it('reads a text once, however many secrets it holds', () => {
  const said = redactorOf('s3cr3t_value').text('s3cr3t_value\n'.repeat(5_000))
  expect(said === '[secret]\n'.repeat(5_000)).toBe(true)
})

it('reads a million backslashes, ampersands or percent signs once', () => {
  const redactor = redactorOf('s3cr"3t\\value')
  for (const sign of ['\\', '&#', '%', '\n', '&#0', '\\u{0'])
    expect(redactor.text(sign.repeat(100_000))).toBe(sign.repeat(100_000))
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
