import { BlockList, isIP, isIPv4 } from 'node:net'
import { AppError } from '../errors.ts'
import { withoutMapping } from './address.ts'

export type Allowed = {
  /** This host (a name or an address) at this port may be private, and may be spoken to without TLS. */
  host(host: string, port: number): boolean
  /** This address may be connected to although it is private. */
  address(address: string, port: number): boolean
}

/** EGRESS_ALLOW: hosts, `host:port`, addresses (IPv6 in brackets when a port follows) and CIDR blocks. Throws `config_invalid`. */
export function readAllowed(entries: string[]): Allowed {
  const hosts = new Set<string>()
  const blocks = new BlockList()
  for (const entry of entries.map((text) => text.trim().toLowerCase()).filter(Boolean)) {
    if (entry.includes('/')) addBlock(blocks, entry)
    else hosts.add(checkedHost(entry))
  }
  const named = (host: string, port: number) => hosts.has(bare(host)) || hosts.has(`${bracketed(bare(host))}:${port}`)
  const blocked = (address: string) => {
    const plain = withoutMapping(address)
    return isIP(plain) !== 0 && blocks.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6')
  }
  return {
    host: (host, port) => named(host, port) || blocked(bare(host)),
    address: (address, port) => named(withoutMapping(address), port) || blocked(address),
  }
}

function addBlock(blocks: BlockList, entry: string): void {
  const [network = '', bits = ''] = entry.split('/')
  const family = isIP(network)
  if (family === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) throw invalid(entry)
  blocks.addSubnet(network, Number(bits), family === 4 ? 'ipv4' : 'ipv6')
}

function checkedHost(entry: string): string {
  if (isIP(entry) !== 0) return withoutMapping(entry)
  if (!/^(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:\d{1,5})?$/.test(entry)) throw invalid(entry)
  return entry.replace(/^\[([^\]]+)\]$/, '$1')
}

const bare = (host: string): string => host.toLowerCase().replace(/^\[(.+)\]$/, '$1')
const bracketed = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host)

function invalid(entry: string): AppError {
  return new AppError(
    'config_invalid',
    `EGRESS_ALLOW: "${entry}" is neither a host, host:port, address nor CIDR block (like 10.0.0.0/8).`,
  )
}
