import type { Card, CardInput } from '../../cards/card.ts'
import { placeholdersIn } from '../../cards/placeholders.ts'
import { fillPlaceholders } from '../../mcp/protocol/server-target.ts'

/**
 * A typed key as its header wants it: keys are copied with and without the word before them. "Bearer" is added where the header is
 * Authorization and no scheme was typed; a typed one is dropped where the card's text has it. `values`: what else was typed.
 */
export function addKeyScheme(card: Card, input: CardInput, value: string, values: Record<string, string>): string {
  const headers = card.server.kind === 'http' && input.secret ? Object.entries(card.server.headers) : []
  const [name = '', text = ''] = headers.find(([, one]) => placeholdersIn(one).includes(input.name)) ?? []
  if (text === '' || value === '') return value
  if (text === `{${input.name}}`) return isAuthorization(name, card, values) ? withBearer(value) : value
  const [, scheme] = SCHEME_IN_TEXT.exec(text) ?? []
  return scheme === undefined ? value : withoutScheme(value, scheme)
}

/** RFC 9110, section 11.4: a scheme, a space, and what it is followed by. */
const SCHEME_IN_TEXT = /^([A-Za-z][\w.-]*) +\{\w+\}$/

/** A header's name may be an input itself. */
function isAuthorization(name: string, { inputs }: Card, values: Record<string, string>): boolean {
  const defaults = Object.fromEntries(inputs.flatMap((one) => (one.default ? [[one.name, one.default]] : [])))
  const typed = Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim() !== ''))
  return (
    fillPlaceholders(name, { ...defaults, ...typed })
      ?.trim()
      .toLowerCase() === 'authorization'
  )
}

const withBearer = (value: string): string => (/\s/.test(value) ? value : `Bearer ${value}`)

function withoutScheme(value: string, scheme: string): string {
  const [, typed = '', rest = ''] = /^(\S+)\s+(\S.*)$/.exec(value) ?? []
  return typed.toLowerCase() === scheme.toLowerCase() ? rest : value
}
