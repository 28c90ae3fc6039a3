import { addressPartsOf, fitsAddressPart, signInAddressesOf } from '../../cards/address-parts.ts'
import type { Card } from '../../cards/card.ts'
import { placeholdersIn } from '../../cards/placeholders.ts'
import type { Mcp } from '../../mcp/mcp.ts'
import { fillPlaceholders } from '../../mcp/protocol/server-target.ts'
import type { InputProblem } from '../connect-types.ts'
import type { FilledInputs } from './fill-inputs.ts'

/** What a parameter that carries a credential is called, word by word. */
const KEY_WORDS =
  /^(?:(?:api|access|auth|client|secret)?(?:keys?|tokens?|secrets?)|sig|signature|password|passwd|pwd|auth|authorization|credentials?)$/

/** What is wrong with the addresses among a card's inputs, found without asking the network. */
export function findAddressProblems(
  card: Card,
  { plain }: FilledInputs,
  mcp: Pick<Mcp, 'addressFault'>,
): InputProblem[] {
  const keyed = Object.entries(plain)
    .filter(([, value]) => holdsKey(value))
    .map(([field]) => ({ field, message: 'Put the key in the header value, where it is kept as a secret.' }))
  const misfits = keyed.length > 0 ? keyed : partProblems(card, plain)
  return misfits.length > 0 ? misfits : serverProblems(card, plain, mcp)
}

/** Every address of a card that may hold what a person typed. */
export const cardAddressesOf = ({ server, auth }: Card): string[] => [
  ...(server.kind === 'http' ? [server.url] : []),
  ...signInAddressesOf(auth ?? {}),
]

function partProblems(card: Card, plain: FilledInputs['plain']): InputProblem[] {
  const misfits = cardAddressesOf(card)
    .flatMap(addressPartsOf)
    .filter((part) => {
      const value = plain[part.name]
      return value !== undefined && !fitsAddressPart(part, value)
    })
  const fields = [...new Set(misfits.map(({ name }) => name))]
  return fields.map((field) => ({ field, message: MISFIT }))
}

const MISFIT = 'Enter only this piece of the address, without what stands before or behind it.'

function holdsKey(value: string): boolean {
  if (!URL.canParse(value)) return false
  const names = [...new URL(value).searchParams.keys()]
  return names.some((name) => wordsOf(name).some((word) => KEY_WORDS.test(word)))
}

const wordsOf = (name: string): string[] =>
  name
    .replaceAll(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z]+/)

function serverProblems(
  { server }: Card,
  plain: FilledInputs['plain'],
  mcp: Pick<Mcp, 'addressFault'>,
): InputProblem[] {
  if (server.kind !== 'http') return []
  const [field] = placeholdersIn(server.url)
  const url = fillPlaceholders(server.url, plain)
  const message = field === undefined || url === undefined ? undefined : mcp.addressFault(url)
  return field === undefined || message === undefined ? [] : [{ field, message }]
}
