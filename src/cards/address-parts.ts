import type { CardAuth } from './card.ts'
import { placeholdersIn } from './placeholders.ts'

/** An input that is a piece of an address whose rest is the card's, and which piece. */
export type AddressPart = { name: string; at: 'host' | 'port' | 'path' }

const FITS: Record<AddressPart['at'], RegExp> = {
  /** One label of a name (RFC 1123). */
  host: /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/,
  port: /^[0-9]{1,5}$/,
  /** One segment, of characters that stand for themselves (RFC 3986), and neither "." nor "..". */
  path: /^(?!\.{1,2}$)[A-Za-z0-9._~-]{1,255}$/,
}

/** Which inputs are pieces of the address. A host that is one input as a whole is a person's own, and so is none of them. */
export function addressPartsOf(address: string): AddressPart[] {
  const [, host = '', port = '', path = ''] =
    /^[a-z]+:\/\/([^/?#]*?)(?::(\{\w+\}))?(\/[^?#]*)?(?:[?#]|$)/.exec(address) ?? []
  const whole = /^\{\w+\}$/.test(host)
  const at = (text: string, where: AddressPart['at']) => placeholdersIn(text).map((name) => ({ name, at: where }))
  return [...(whole ? [] : at(host, 'host')), ...at(port, 'port'), ...at(path, 'path')]
}

/** Whether the value stays within its piece: with any other, the address could lead elsewhere. */
export const fitsAddressPart = ({ at }: AddressPart, value: string): boolean => FITS[at].test(value)

/** Where people sign in, as the card says it: each may hold `{name}` for an input. */
export const signInAddressesOf = ({ issuer, endpoints }: Pick<CardAuth, 'issuer' | 'endpoints'>): string[] =>
  [issuer, endpoints?.authorization, endpoints?.token, endpoints?.revocation].filter((one) => one !== undefined)
