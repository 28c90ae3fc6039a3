import fc from 'fast-check'
import { createRedactor } from '../../src/mcp/protocol/redactor.ts'
import { ENCODINGS, ESCAPES } from '../support/secret-spellings.ts'
import { createTarget, type FuzzTarget, jsonOf, stringsIn } from './target.ts'

/** Letters and signs of real keys, and what escapes are made of. */
const SIGN = fc.constantFrom(...'abzAKZ0189-_.~+/=:@!$&\'"\\%#?;,<>[]{}|^`*()ö€')
const secretLike = fc
  .tuple(fc.string({ unit: SIGN, minLength: 6, maxLength: 60 }), fc.integer({ min: 100, max: 999 }))
  .map(([text, number]) => `${text}${number}`)
const around = fc.string({ unit: fc.constantFrom(' ', '.', 'ü', '\n', '<', '€', '"', '\\', '%', '&'), maxLength: 12 })
const one = <T>(of: Record<string, T>) => fc.constantFrom(...Object.values(of))
/** As deep as a layer of the redactor goes: JSON in JSON in an address. */
const spelling = fc
  .tuple(fc.oneof(fc.constant(ESCAPES.plain), one(ENCODINGS)), fc.array(one(ESCAPES), { maxLength: 3 }))
  .map(
    ([encode, escapes]) =>
      (secret: string) =>
        escapes.reduce((text, write) => write(text), encode?.(secret) ?? ''),
  )

const inputs = fc.record({
  secret: secretLike,
  other: secretLike,
  scheme: fc.constantFrom('', 'Bearer ', 'Basic ', 'token '),
  spelling,
  before: around,
  after: around,
  cut: fc.nat(40),
  key: fc.string({ unit: 'grapheme-ascii', maxLength: 10 }),
  value: fc.jsonValue({ maxDepth: 3 }),
})

/** A secret in any spelling survives nowhere; what is no secret stays as it is. */
export async function redactor(): Promise<FuzzTarget> {
  return createTarget(inputs, ({ secret, other, scheme, spelling: spell, before, after, cut, key, value }) => {
    const clean = createRedactor(
      () => [`${scheme}${secret}`, other],
      (text) => text,
    )
    const spelled = spell(secret)
    // A sign of escapes right before a secret that begins with one belongs to both.
    const text = `${before} x ${spelled} x ${after}`
    const survives = (where: string, found: string) => {
      if (found.includes(spelled)) throw new Error(`${where} still holds the secret as ${spelled}: ${found}`)
    }
    const said = clean.text(text)
    survives('the text', said)
    if (!said.startsWith(`${before} x `) || !said.endsWith(` x ${after}`)) throw new Error(`too much is gone: ${said}`)
    survives('the parts', clean.texts([text.slice(0, cut), text.slice(cut, 2 * cut), text.slice(2 * cut)]).join(''))
    survives('the file', Buffer.from(clean.blob(Buffer.from(text).toString('base64')), 'base64').toString())
    const json = clean.object(jsonOf({ [key]: [text, value], [`k ${spelled}`]: 1 }))
    survives('a value', stringsIn(json).join(''))
    const kept = clean.json(JSON.parse(JSON.stringify(value)))
    if (!holds(value, [secret, other]) && JSON.stringify(kept) !== JSON.stringify(value).replaceAll('\\u0000', ''))
      throw new Error('what holds no secret was changed')
  })
}

const holds = (value: unknown, secrets: string[]): boolean =>
  secrets.some((one) => stringsIn(value).join('').includes(one))
