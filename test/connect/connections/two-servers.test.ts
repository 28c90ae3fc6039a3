import { expect, test } from 'vitest'
import { readCards } from '../../../src/cards/read.ts'
import { checkInputs } from '../../../src/connect/connections/check-draft.ts'
import { createServerTargets } from '../../../src/connect/server-targets.ts'
import { PERSON } from '../../support/mcp-house.ts'

const cards = readCards('run-cards')
const targets = createServerTargets(cards, '/tmp/data')
const URL = 'https://abcdefghijklmnopqrst.supabase.co'
const TOKEN = `sbp_${'0a'.repeat(20)}`

function fill(typed: Record<string, string>, prefill: Record<string, string> = {}) {
  const card = cards.find(({ name }) => name === 'supabase')
  if (card === undefined) throw new Error('no card')
  const deps = { prefills: { supabase: prefill }, mcp: { addressProblemIn: () => undefined } }
  const { filled, problems } = checkInputs(deps, card, typed, {})
  const target = targets.target({ ...PERSON, name: 'supabase', card: 'supabase', inputs: filled.plain })
  return { kind: target.kind, secrets: Object.keys(filled.secret), problems: problems.map(({ field }) => field) }
}

test.each<[string, Record<string, string>, Record<string, string>, ReturnType<typeof fill>]>([
  ['URL and key', { url: URL, key: 'sb_secret_1' }, {}, { kind: 'builtin', secrets: ['key'], problems: [] }],
  ['a token in their place', { token: TOKEN }, {}, { kind: 'stdio', secrets: ['token'], problems: [] }],
  ['nothing', {}, {}, { kind: 'stdio', secrets: [], problems: ['url', 'key'] }],
  ['an address alone', { url: URL }, {}, { kind: 'builtin', secrets: [], problems: ['key'] }],
  [
    'an address and a token',
    { url: URL, token: TOKEN },
    {},
    { kind: 'builtin', secrets: ['token'], problems: ['key'] },
  ],
  [
    'what the machine is set to',
    {},
    { url: URL, key: 'sb_secret_1' },
    { kind: 'builtin', secrets: ['key'], problems: [] },
  ],
  [
    'a token where the machine has a project',
    { token: TOKEN },
    { url: URL, key: 'sb_secret_1' },
    { kind: 'stdio', secrets: ['token'], problems: [] },
  ],
])('Supabase with %s', (_, typed, prefill, expected) => {
  expect(fill(typed, prefill)).toEqual(expected)
})
