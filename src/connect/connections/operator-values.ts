import { signInAddressesOf } from '../../cards/address-parts.ts'
import type { Card, CardInput } from '../../cards/card.ts'
import { placeholdersIn } from '../../cards/placeholders.ts'

type Values = Record<string, string>

/** What the operator set for a card, without its secrets where a person says where they would go. */
export function operatorValuesFor(card: Card, set: Values, typed: Values): Values {
  if (!placesOf(card).some((input) => isTypedPlace(input, set, typed))) return set
  const secrets = new Set(card.inputs.filter(({ secret }) => secret).map(({ name }) => name))
  return Object.fromEntries(Object.entries(set).filter(([name]) => !secrets.has(name)))
}

/** What the operator set, as the form may offer it: a place that has to be typed will be the person's. */
export function offeredValuesFor(card: Card, set: Values): Values {
  const open = placesOf(card).filter(
    (input) => input.required && set[input.name] === undefined && input.default === undefined,
  )
  return operatorValuesFor(card, set, Object.fromEntries(open.map(({ name }) => [name, name])))
}

function isTypedPlace({ name }: CardInput, set: Values, typed: Values): boolean {
  const value = typed[name]?.trim() ?? ''
  return value !== '' && value !== set[name]?.trim()
}

/** The inputs that say where the others go. Of a program that is every free text, as nobody here knows what it does with it. */
function placesOf(card: Card): CardInput[] {
  const { server, auth, inputs } = card
  const free = inputs.filter((input) => !input.secret && input.choices === undefined)
  if (server.kind === 'stdio') return free
  const addresses = [
    server.kind === 'http' ? server.url : `{${server.address}}`,
    ...(server.kind === 'http' ? Object.keys(server.headers) : []),
    ...signInAddressesOf(auth ?? {}),
  ]
  const named = new Set(addresses.flatMap(placeholdersIn))
  return free.filter(({ name }) => named.has(name))
}
