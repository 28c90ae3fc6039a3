import type { Card } from '../../cards/card.ts'
import { placeholdersIn } from '../../cards/placeholders.ts'
import { fillPlaceholders } from '../../mcp/protocol/server-target.ts'
import { schemeIn } from '../import/header-inputs.ts'
import { holdsKeyLikePart } from '../import/imported-address.ts'
import type { CardDraft } from './own-card-types.ts'

type Values = Record<string, string>

/**
 * What a card made of a connection holds: what its person typed and is no secret stays as it is, each secret becomes an input. Of a
 * secret only the scheme before it is read, such as `Bearer`.
 */
export function draftCard(card: Card, plain: Values, secrets: Values): CardDraft | { why: string } {
  const { server } = card
  if (server.kind !== 'http') return { why: 'Only a server with an address can be saved as a card.' }
  const url = fillPlaceholders(server.url, plain)
  if (url === undefined || !URL.canParse(url)) return { why: 'The address of this connection is not known.' }
  if (holdsKeyLikePart(url))
    return { why: 'Its address holds what looks like a key, and everybody who uses a card can read its address.' }
  const headers = openHeadersOf(server.headers, plain, secrets)
  const inputs = headers.flatMap(([name, value]) => placeholdersIn(value).map((input) => inputOf(card, input, name)))
  return { url: literalOf(url), headers: Object.fromEntries(headers), inputs }
}

function openHeadersOf(headers: Values, plain: Values, secrets: Values): [name: string, value: string][] {
  return Object.entries(headers).flatMap(([nameText, valueText]): [string, string][] => {
    const name = fillPlaceholders(nameText, plain)
    const value = openValueOf(valueText, plain, secrets)
    return name === undefined || value === undefined ? [] : [[name, value]]
  })
}

/** What was typed may hold braces, which mean nothing there. */
const literalOf = (text: string): string => text.replaceAll('{', '%7B').replaceAll('}', '%7D')

/** A header's value with its secrets left open; undefined where something in it was left empty. */
function openValueOf(text: string, plain: Values, secrets: Values): string | undefined {
  const names = placeholdersIn(text)
  if (!names.every((name) => Object.hasOwn(plain, name) || Object.hasOwn(secrets, name))) return undefined
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(secrets, name)
      ? `${text === whole ? schemeIn(secrets[name] ?? '') : ''}${whole}`
      : (plain[name] ?? ''),
  )
}

function inputOf(card: Card, name: string, header: string): CardDraft['inputs'][number] {
  const known = card.inputs.find((input) => input.name === name)
  const label = header.toLowerCase() === 'authorization' ? 'Key' : header
  return {
    name,
    label: card.name === 'custom' ? label.slice(0, 48) : (known?.label ?? label),
    hint: `Sent as ${header}.`,
    secret: true,
    required: true,
  }
}
