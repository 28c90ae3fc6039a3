import { isIP } from 'node:net'
import ipaddr, { type IPv4, type IPv6 } from 'ipaddr.js'

/** The only IPv6 block with public hosts (RFC 4291, IANA's IPv6 address space). */
const GLOBAL_V6 = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * Addresses at which clouds hand out a machine's own credentials, beside the link-local ones: AWS, Google Cloud, Alibaba
 * Cloud, Azure's wire server (each as the vendor's documentation of its metadata service says).
 */
const METADATA = new Set(['fd00:ec2::254', 'fd20:ce::254', '100.100.100.200', '168.63.129.16'])

/** True for an address that anybody on the internet may offer. What is not an address is not public. */
export function isPublicAddress(address: string): boolean {
  const parsed = addressIn(address)
  if (parsed === undefined || isNever(parsed)) return false
  return parsed.range() === 'unicast' && (parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_V6))
}

/** True for link-local and metadata addresses, also inside an IPv6 address: not even EGRESS_ALLOW opens them. */
export function isNeverReachable(address: string): boolean {
  const parsed = addressIn(address)
  if (parsed === undefined) return false
  const inner = parsed instanceof ipaddr.IPv6 ? ipv4In(parsed) : undefined
  return isNever(parsed) || (inner !== undefined && isNever(inner))
}

/** `::ffff:10.0.0.1`, in any spelling, is 10.0.0.1 to the system that connects. */
export const unmapAddress = (address: string): string => addressIn(address)?.toString() ?? address

/** Only the four-part spelling of IPv4, as the system reads it. */
const addressIn = (text: string): IPv4 | IPv6 | undefined => (isIP(text) === 0 ? undefined : ipaddr.process(text))

const isNever = (address: IPv4 | IPv6): boolean =>
  address.range() === 'linkLocal' || METADATA.has(address.toString().replace(/%.*$/, ''))

/** The IPv4 address that a NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056) or IPv4-compatible (RFC 4291) address leads to. */
function ipv4In(address: IPv6): IPv4 | undefined {
  const bytes = address.toByteArray()
  if (address.range() === '6to4') return new ipaddr.IPv4(bytes.slice(2, 6))
  return CARRIERS.some((block) => address.match(block)) ? new ipaddr.IPv4(bytes.slice(12)) : undefined
}

const CARRIERS = ['64:ff9b::/96', '64:ff9b:1::/48', '::/96'].map((block) => ipaddr.IPv6.parseCIDR(block))
