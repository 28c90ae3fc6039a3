import { BlockList, isIP, isIPv6 } from 'node:net'

const WINDOW_MS = 60_000
/** So many addresses a minute are told apart; all others share one count. */
const MAX_ADDRESSES = 10_000

/** Counts requests by address; false once one has made more than its share of this minute. */
export function createAddressLimit(perMinute: number, now: () => number = Date.now): (address: string) => boolean {
  let counts = new Map<string, number>()
  let from = now()
  return (address) => {
    if (now() - from >= WINDOW_MS) {
      counts = new Map()
      from = now()
    }
    const key = counts.has(address) || counts.size < MAX_ADDRESSES ? address : ''
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    return count <= perMinute
  }
}

const INSIDE = new BlockList()
for (const [net, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['127.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
] as const)
  INSIDE.addSubnet(net, bits, 'ipv4')
INSIDE.addSubnet('fc00::', 7, 'ipv6')
INSIDE.addSubnet('fe80::', 10, 'ipv6')
INSIDE.addAddress('::1', 'ipv6')

/** An address of a network like ours, where a proxy or load balancer stands. */
export function isProxyAddress(address: string): boolean {
  const plain = plainAddress(address)
  return isIP(plain) !== 0 && INSIDE.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4')
}

type Addressed = {
  socket: { remoteAddress?: string | undefined }
  headers: Record<string, string | string[] | undefined>
}

/**
 * Whose request it is. A proxy of ours is inside our network and adds the address it was asked from at the end of X-Forwarded-For;
 * who comes from outside may write there what they like. Undefined where our proxy does not say: it would be everybody's. Of IPv6
 * the network counts, as one person has all of it.
 */
export function addressOf({ socket, headers }: Addressed): string | undefined {
  const peer = plainAddress(socket.remoteAddress ?? '')
  const forwarded = [headers['x-forwarded-for'] ?? ''].flat().join(',').split(',').at(-1)?.trim() ?? ''
  if (!isProxyAddress(peer)) return sharedPartOf(peer)
  return isIP(forwarded) === 0 ? undefined : sharedPartOf(plainAddress(forwarded))
}

const sharedPartOf = (address: string): string => (isIPv6(address) ? networkOf(address) : address)

/** IPv4 without the form that IPv6 sockets give it. */
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '')

/** The first 64 bits. */
function networkOf(address: string): string {
  const [head = '', tail] = address.split('::')
  const before = head.split(':').filter(Boolean)
  const after = tail === undefined ? [] : tail.split(':').filter(Boolean)
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0')
  return [...before, ...(tail === undefined ? [] : zeros), ...after].slice(0, 4).join(':')
}
