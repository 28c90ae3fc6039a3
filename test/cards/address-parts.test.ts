import { describe, expect, it } from 'vitest'
import { addressPartsOf, fitsAddressPart, signInAddressesOf } from '../../src/cards/address-parts.ts'
import { placeholdersIn } from '../../src/cards/placeholders.ts'
import { readCards } from '../../src/cards/read.ts'
import { fillPlaceholders } from '../../src/mcp/protocol/server-target.ts'

const cards = readCards('run-cards')
const addresses = cards
  .flatMap(({ server, auth }) => [...(server.kind === 'http' ? [server.url] : []), ...signInAddressesOf(auth ?? {})])
  .filter((address) => addressPartsOf(address).length > 0)

const NASTY =
  'evil.com evil.com/ evil.com# evil.com? a/b a\\b a@b a:b a:443 %2e %2e%2e %2f .. . ../.. a%00 a%0d%0a [::1] 0x7f.1 -a a- ‥ ／ ａ а ⓐ a。b a．b xn--80ak6aa92e {other}'
const BREAKS = ['a b', 'a\n', '\na', 'a\r\nb', 'a\tb', 'a\u0000', 'a\u00ad', 'a\u200b', '', ' ', 'a'.repeat(300)]
const CHARACTERS = [
  'a',
  '1',
  '-',
  '.',
  '/',
  '\\',
  '@',
  ':',
  '#',
  '?',
  '%',
  '2e',
  '[',
  ']',
  '\n',
  '\t',
  ' ',
  'é',
  '。',
  '／',
  '_',
  '~',
]

/** Pseudo-random, and the same each time. */
function* scrambled(count: number): Generator<string> {
  let seed = 20_261_128
  const next = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((seed / 2 ** 31) * below)
  }
  for (let at = 0; at < count; at++)
    yield Array.from({ length: 1 + next(6) }, () => CHARACTERS[next(CHARACTERS.length)]).join('')
}

/** All of an address that a person must not change: what is theirs stands as "x". */
function frameOf(address: string, template: string): string {
  const { protocol, username, password, hostname, port, pathname, hash, searchParams } = new URL(address)
  const parts = addressPartsOf(template)
  const named = new URL(template.replaceAll(/[{}]/g, '')).hostname.split('.')
  const mine = parts.filter(({ at }) => at === 'host').map(({ name }) => name.toLowerCase())
  const host = hostname.split('.').map((one, at) => (mine.includes(named[at] ?? '') ? 'x' : one))
  const shape = new URL(template.replaceAll(/[{}]/g, '')).pathname.split('/')
  const names = parts.filter(({ at }) => at === 'path').map(({ name }) => name)
  const path = pathname.split('/').map((one, at) => (names.includes(shape[at] ?? '') ? 'x' : one))
  return JSON.stringify([protocol, username, password, host, port, path, hash, [...searchParams]])
}

describe('an input that is a piece of an address', () => {
  it.each(addresses)('%s: leads nowhere else', (address) => {
    const plain = Object.fromEntries(placeholdersIn(address).map((name) => [name, 'x']))
    const frame = frameOf(fillPlaceholders(address, plain) ?? '', address)
    let fitting = 0
    for (const part of addressPartsOf(address))
      for (const value of [...NASTY.split(' '), ...BREAKS, ...scrambled(5_000)]) {
        if (!fitsAddressPart(part, value)) continue
        fitting++
        expect(
          frameOf(fillPlaceholders(address, { ...plain, [part.name]: value }) ?? '', address),
          JSON.stringify(value),
        ).toBe(frame)
      }
    expect(fitting).toBeGreaterThan(100)
  })

  it('takes what people really have', () => {
    const host = { name: 'instance', at: 'host' } as const
    const path = { name: 'server', at: 'path' } as const
    for (const value of ['dev12345', 'acme-prod', 'x']) expect(fitsAddressPart(host, value)).toBe(true)
    for (const value of ['sn_mcp_server_default', '01234567-89ab-cdef-0123-456789abcdef', 'v1.2'])
      expect(fitsAddressPart(path, value)).toBe(true)
    for (const value of ['acme.evil', 'acme/', 'a@b', 'a:1', 'acme_prod', 'acme%2e', 'аcme', 'acme\n'])
      expect(fitsAddressPart(host, value), value).toBe(false)
    for (const value of ['..', '.', 'a/b', '%2e%2e', 'a?b', 'a#b', 'a\\b', 'a\n'])
      expect(fitsAddressPart(path, value), value).toBe(false)
  })

  it('is found in hosts, ports and paths; a host that is all a person’s own is none', () => {
    expect(addressPartsOf('https://{a}.example.com:{b}/x/{c}?d={d}')).toEqual([
      { name: 'a', at: 'host' },
      { name: 'b', at: 'port' },
      { name: 'c', at: 'path' },
    ])
    expect(addressPartsOf('https://{host}/mcp')).toEqual([])
    expect(addressPartsOf('{url}')).toEqual([])
    expect(addresses.length).toBeGreaterThan(6)
  })
})
