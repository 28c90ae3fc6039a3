import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { parse, stringify } from 'yaml'
import { checkView } from '../../src/block-kit/check-view.ts'
import type { Card } from '../../src/cards/card.ts'
import { readCard } from '../../src/cards/read.ts'
import { isAppError } from '../../src/errors.ts'
import { connectModal } from '../../src/slack/connections/connect-form.ts'
import { ROOT } from '../support/paths.ts'
import { createTarget, type FuzzTarget } from './target.ts'

const FOLDER = join(ROOT, 'run-cards')
const TEXTS = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => readFileSync(join(FOLDER, file), 'utf8'))
const LINES = [...new Set(TEXTS.flatMap((text) => text.split('\n')))]

/** What nobody expects as a value. */
export const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    [],
    {},
    0,
    -1,
    1e21,
    true,
    '',
    '{x}',
    '{__proto__}',
    '(a+)+$',
    '[',
    '\u0000',
    '\u202e',
    'x'.repeat(4_000),
    '../../etc/passwd',
    'http://127.0.0.1',
    'https://{x}@evil.example',
  ),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.jsonValue({ maxDepth: 2 }),
)
const brokenLine = fc.constantFrom(
  '&a [*a, *a]',
  'a: &b [*b]',
  '<<: *x',
  '!!js/function x',
  '!!binary ====',
  '? [a]: b',
  '\t- a',
  '---',
  '...',
  '%YAML 9.9',
  'a: 2026-11-30',
  '__proto__: {a: 1}',
  '- - - - -',
)

/** A card of ours with a few lines exchanged, or with a few values that are none. */
const cardText = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(...TEXTS),
      fc.array(
        fc.tuple(fc.nat(200), fc.nat(1), fc.oneof(fc.constantFrom(...LINES), brokenLine, fc.string({ maxLength: 40 }))),
        { minLength: 1, maxLength: 4 },
      ),
    )
    .map(([text, changes]) =>
      changes
        .reduce((lines, [at, gone, line]) => lines.toSpliced(at % lines.length, gone, line), text.split('\n'))
        .join('\n'),
    ),
  fc
    .tuple(fc.constantFrom(...TEXTS), fc.array(fc.tuple(fc.nat(60), odd), { minLength: 1, maxLength: 3 }))
    .map(([text, changes]) =>
      stringify(changes.reduce((value: unknown, [at, put]) => replaceAt(value, { left: at }, put), parse(text))),
    ),
  fc.jsonValue().map((value) => stringify(value)),
  fc.string({ unit: 'grapheme' }),
)

/** The value with another one in place of what is met at a count. */
function replaceAt(value: unknown, count: { left: number }, put: unknown): unknown {
  if (count.left-- === 0) return put
  if (Array.isArray(value)) return value.map((inner) => replaceAt(inner, count, put))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaceAt(inner, count, put)]))
}

/** A card's file is a card whose form Slack takes, or refused with the field at fault. */
export async function runCards(): Promise<FuzzTarget> {
  return createTarget(cardText, (text) => {
    try {
      expectForm(readCard(join(FOLDER, 'made-up.yaml'), text))
    } catch (error) {
      if (!isAppError(error, 'card_invalid')) throw error
    }
  })
}

/** Throws where Slack would not take the form of a card. */
export function expectForm({ name, title, icon, category, description, docs, starters, inputs }: Card): void {
  const card = { name, title, icon, category, description, docs, starters, inputs }
  const view = connectModal({ cards: [card], card, name: 'made-up', values: {}, metadata: { more: true } })
  const problems = checkView(view)
  if (problems.length > 0) throw new Error(`Slack does not take its form: ${JSON.stringify(problems)}`)
}
