import type { Card } from '../cards/card.ts'
import { mentions } from '../cards/placeholders.ts'
import { fill } from '../mcp/fill.ts'
import type { Mcp } from '../mcp/mcp.ts'
import type { Filled, Problem } from './inputs.ts'

/** What a parameter that carries a credential is called, word by word. */
const KEY_WORDS =
  /^(?:(?:api|access|auth|client|secret)?(?:keys?|tokens?|secrets?)|sig|signature|password|passwd|pwd|auth|authorization|credentials?)$/

/** What is wrong with the addresses among a card's inputs, found without asking the network. */
export function addressProblems(card: Card, { plain }: Filled, mcp: Pick<Mcp, 'addressFault'>): Problem[] {
  const keyed = Object.entries(plain)
    .filter(([, value]) => holdsKey(value))
    .map(([field]) => ({ field, message: 'Put the key in the header value, where it is kept as a secret.' }))
  return keyed.length > 0 ? keyed : serverProblems(card, plain, mcp)
}

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

function serverProblems({ server }: Card, plain: Filled['plain'], mcp: Pick<Mcp, 'addressFault'>): Problem[] {
  if (server.kind !== 'http') return []
  const [field] = mentions(server.url)
  const url = fill(server.url, plain)
  const message = field === undefined || url === undefined ? undefined : mcp.addressFault(url)
  return field === undefined || message === undefined ? [] : [{ field, message }]
}
