import { expect, test } from 'vitest'
import { readCards } from '../../../src/cards/read.ts'
import { checkInputs } from '../../../src/connect/connections/check-draft.ts'
import { offeredValuesFor, operatorValuesFor } from '../../../src/connect/connections/operator-values.ts'

const cards = readCards('run-cards')
const SECRET = 'OPERATOR-SECRET-0123456789'
const secretsOf = (name: string) => {
  const card = cards.find((one) => one.name === name)
  if (card === undefined) throw new Error(`no card ${name}`)
  const secrets = card.inputs.filter((input) => input.secret).map((input): [string, string] => [input.name, SECRET])
  return { card, set: Object.fromEntries(secrets) }
}

test.each(['custom', 'elasticsearch', 'kubernetes', 'playwright', 'splunk', 'vault'])(
  'the secrets set for %s go to no address that a person typed',
  (name) => {
    const { card, set } = secretsOf(name)
    const typed = Object.fromEntries(
      card.inputs
        .filter((input) => !input.secret && !input.choices)
        .map((input) => [input.name, 'https://evil.example/mcp']),
    )
    const deps = { prefills: { [name]: set }, mcp: { addressProblemIn: () => undefined } }
    expect(JSON.stringify(checkInputs(deps, card, typed, {}).filled)).not.toContain(SECRET)
    expect(Object.values(offeredValuesFor(card, set))).not.toContain(SECRET)
  },
)

test('they go to the address that the operator set beside them', () => {
  const { card, set } = secretsOf('custom')
  const [place] = card.inputs.filter((input) => !input.secret && input.required)
  const both = { ...set, [place?.name ?? '']: 'https://own.example/mcp' }
  expect(operatorValuesFor(card, both, {})).toEqual(both)
  expect(operatorValuesFor(card, both, { [place?.name ?? '']: 'https://own.example/mcp' })).toEqual(both)
  expect(Object.values(operatorValuesFor(card, both, { [place?.name ?? '']: 'https://evil.example' }))).not.toContain(
    SECRET,
  )
})

test('they fill a card whose address nobody types', () => {
  const { card, set } = secretsOf('github')
  expect(operatorValuesFor(card, set, {})).toEqual(set)
  expect(offeredValuesFor(card, set)).toEqual(set)
})
