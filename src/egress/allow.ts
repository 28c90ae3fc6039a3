import { BlockList, isIP, isIPv4 } from 'node:net'
import { AppError } from '../errors.ts'
import { isNeverReachable, unmapAddress } from './address.ts'

export type AllowedHosts = {
  /** This host (a name or an address) at this port may be private, and may be spoken to without TLS. */
  host(host: string, port: number): boolean
  /** This address may be connected to although it is private. */
  address(address: string, port: number): boolean
}

/** EGRESS_ALLOW: hosts, `host:port`, addresses (IPv6 in brackets when a port follows) and CIDR blocks. Throws `config_invalid`. */
export function readAllowed(entries: string[]): AllowedHosts {
  const hosts = new Set<string>()
  const blocks = new BlockList()
  for (const entry of entries.map((text) => text.trim().toLowerCase()).filter(Boolean)) {
    if (entry.includes('/')) addBlock(blocks, entry)
    else hosts.add(checkedHost(entry))
  }
  const named = (host: string, port: number) =>
    hosts.has(withoutBrackets(host)) || hosts.has(`${bracketAddress(withoutBrackets(host))}:${port}`)
  const blocked = (address: string) => {
    const plain = unmapAddress(address)
    return isIP(plain) !== 0 && blocks.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6')
  }
  return {
    host: (host, port) => named(host, port) || blocked(withoutBrackets(host)),
    address: (address, port) => named(unmapAddress(address), port) || blocked(address),
  }
}

function addBlock(blocks: BlockList, entry: string): void {
  const [network = '', bits = ''] = entry.split('/')
  const family = isIP(network)
  if (family === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128))
    throw invalidEntryError(entry)
  if (isNeverReachable(network)) throw neverReachableError(entry)
  blocks.addSubnet(network, Number(bits), family === 4 ? 'ipv4' : 'ipv6')
}

function checkedHost(entry: string): string {
  // An address as it stands, but surely meant as an address and a port.
  const portless = /^(::\d?):(\d{2,5})$/.exec(entry)
  if (portless !== null)
    throw invalidEntryError(
      entry,
      ` With a port, brackets belong around an IPv6 address: [${portless[1]}]:${portless[2]}.`,
    )
  const [, bracketed6, plain, port] = ENTRY.exec(entry) ?? []
  const host = bracketed6 ?? plain ?? entry
  if (!isHost(host, bracketed6 !== undefined) || Number(port ?? 1) > MAX_PORT || Number(port ?? 1) === 0)
    throw invalidEntryError(entry)
  if (isNeverReachable(host)) throw neverReachableError(entry)
  const known = unmapAddress(host)
  return port === undefined ? known : `${bracketAddress(known)}:${Number(port)}`
}

function isHost(host: string, inBrackets: boolean): boolean {
  if (isIP(host) !== 0) return !inBrackets || isIP(host) === 6
  const labels = host.replace(/\.$/, '').split('.')
  return !inBrackets && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '')
}

const MAX_PORT = 65_535
const ENTRY = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?$/

const withoutBrackets = (host: string): string => host.toLowerCase().replace(/^\[(.+)\]$/, '$1')
export const bracketAddress = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host)

function neverReachableError(entry: string): AppError {
  return new AppError(
    'config_invalid',
    `EGRESS_ALLOW: "${entry}" is link-local or a cloud's metadata address, which is never opened. Take it out.`,
  )
}

function invalidEntryError(entry: string, advice = ''): AppError {
  return new AppError(
    'config_invalid',
    `EGRESS_ALLOW: "${entry}" is neither a host, host:port, address (IPv6 with a port like [::1]:5432) nor CIDR block (like 10.0.0.0/8).${advice}`,
  )
}
