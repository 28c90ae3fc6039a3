import fc from 'fast-check'
import { createEgress } from '../../src/egress/egress.ts'
import { isAppError } from '../../src/errors.ts'
import { createTarget, type FuzzTarget } from './target.ts'

type Address = [number, number, number, number]

const byte = fc.nat(255)
/** Of every block that is not for everybody (IANA's special-purpose registry). */
const privateAddress: fc.Arbitrary<Address> = fc
  .tuple(
    fc.constantFrom('10', '127', '0', '169.254', '172.16', '172.31', '192.168', '100.64', '198.18', '192.0.0'),
    byte,
    byte,
    byte,
  )
  .map(([start, ...rest]) => {
    const [a = 0, b = rest[0], c = rest[1], d = rest[2]] = start.split('.').map(Number)
    return [a, b, c, d]
  })

const hexOf = (numbers: number[]) => numbers.map((one) => one.toString(16).padStart(2, '0')).join('')
const numberOf = (address: Address) => Number.parseInt(hexOf(address), 16)
const groupsOf = (address: Address) => hexOf(address).replace(/(....)(....)/, '$1:$2')
const wide = (text: string) =>
  text.replace(/[0-9.]/g, (sign) => String.fromCodePoint(0xfee0 + (sign.codePointAt(0) ?? 0)))

/** How a host can say an IPv4 address. */
const SPELLINGS: Record<string, (address: Address) => string> = {
  plain: (address) => address.join('.'),
  'with a dot behind': (address) => `${address.join('.')}.`,
  'one number': (address) => String(numberOf(address)),
  hexadecimal: (address) => `0x${hexOf(address)}`,
  'hexadecimal parts': (address) => address.map((one) => `0x${one.toString(16)}`).join('.'),
  octal: (address) => address.map((one) => `0${one.toString(8)}`).join('.'),
  'octal with more zeros': (address) => address.map((one) => `000${one.toString(8)}`).join('.'),
  'three parts': ([a, b, c, d]) => `${a}.${b}.${c * 256 + d}`,
  'two parts': ([a, b, c, d]) => `${a}.0x${hexOf([b, c, d])}`,
  'full-width digits': (address) => wide(address.join('.')),
  'ideographic dots': (address) => address.join('\u3002'),
  'percent codes': (address) => address.join('.').replace(/\d/g, (sign) => `%3${sign}`),
  mapped: (address) => `[::ffff:${address.join('.')}]`,
  'mapped in hexadecimal': (address) => `[::FFFF:${groupsOf(address)}]`,
  'mapped in full': (address) => `[0:0:0:0:0:ffff:${groupsOf(address)}]`,
  compatible: (address) => `[::${groupsOf(address)}]`,
  translated: (address) => `[::ffff:0:${groupsOf(address)}]`,
  NAT64: (address) => `[64:ff9b::${groupsOf(address)}]`,
  'local NAT64': (address) => `[64:ff9b:1::${groupsOf(address)}]`,
  '6to4': (address) => `[2002:${groupsOf(address)}::1]`,
  Teredo: (address) => `[2001:0:${groupsOf(address)}::1]`,
  ISATAP: (address) => `[fe80::5efe:${groupsOf(address)}]`,
}
const OWN = [
  '[::1]',
  '[::]',
  '[fe80::1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[ff02::1]',
  '[fe80::1%25eth0]',
  '[::127.0.0.1]',
]
const spelled = fc
  .tuple(privateAddress, fc.constantFrom(...Object.values(SPELLINGS)))
  .map(([address, spell]) => spell(address))

const inputs = fc.record({
  host: fc.oneof(spelled, fc.constantFrom(...OWN), fc.constant('names.example')),
  scheme: fc.constantFrom(
    'https://',
    'HTTPS:\\\\',
    'https:',
    'https:/',
    ' https://',
    'ht\ttps://',
    'http://',
    'postgres://',
    'mysql://',
    'POSTGRESQL://',
  ),
  user: fc.constantFrom('', 'a@', 'a:b@', 'public.example:443@', '1.1.1.1\\@', '1.1.1.1#@', '1.1.1.1?@'),
  port: fc.constantFrom('', ':', ':443', ':0', ':65535', ':00443'),
  path: fc.constantFrom('', '/', '/mcp', '?a=1', '#a', '\\', '/../', ';a', '\t', '\u0000'),
  answer: fc.array(
    privateAddress.map((address) => address.join('.')),
    { minLength: 1, maxLength: 3 },
  ),
  publicToo: fc.boolean(),
  junk: fc.string({ unit: 'grapheme', maxLength: 60 }),
})

/** No spelling of a private address, and no name that leads to one, is let through. */
export async function egressGuard(): Promise<FuzzTarget> {
  return createTarget(inputs, async ({ host, scheme, user, port, path, answer, publicToo, junk }) => {
    const found = [...(publicToo ? ['1.1.1.1'] : []), ...answer]
    const resolve = async (name: string) => {
      // The system reads numbers as addresses without asking anybody, as a browser does.
      const url = URL.parse(`http://${name}`)
      const numbers = url !== null && /^[\d.]+$/.test(url.hostname) ? [url.hostname] : undefined
      return (numbers ?? found).map((address) => ({ address, family: 4 }))
    }
    using egress = createEgress({ allow: [], resolve })
    const url = `${scheme}${user}${host}${port}${path}`
    const to = await refusedOr(() => egress.check(url))
    // Of some spellings the host is the public one before the @, and the private one is a path.
    if (to !== undefined && to.host !== '1.1.1.1') throw new Error(`${url} leads to ${to.host}`)
    for (const address of [url, junk, `https://${junk}`, `https://${junk}${host}`]) {
      await refusedOr(async () => egress.precheck(address))
      await refusedOr(() => egress.check(address))
    }
  })
}

/** Undefined where it was refused in the house's own words. */
async function refusedOr<T>(open: () => Promise<T>): Promise<T | undefined> {
  try {
    return await open()
  } catch (error) {
    if (!isAppError(error, 'egress_refused', 'server_unreachable')) throw error
    return undefined
  }
}
