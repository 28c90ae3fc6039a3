import { promises as dns, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { AppError } from '../errors.ts'
import { isNeverReachable, isPublicAddress } from './address.ts'
import { type AllowedHosts, bracketAddress } from './allow.ts'

/** Ports of the schemes whose addresses people type. */
const DEFAULT_PORTS: Record<string, number> = {
  'https:': 443,
  'http:': 80,
  'postgres:': 5432,
  'postgresql:': 5432,
  'mysql:': 3306,
  'mongodb:': 27_017,
}

export type Destination = { host: string; port: number }

/** What a host is checked against. `resolve`: every address of a name, as the system knows it. */
export type Guard = { allowed: AllowedHosts; resolve(host: string): Promise<LookupAddress[]> }

export const resolveHost: Guard['resolve'] = (host) => dns.lookup(host, { all: true })

/** Where a URL leads. Throws `egress_refused` for what is no host and port, like a socket's path. */
export function destinationOf(url: URL): Destination {
  if (url.protocol.endsWith('+srv:')) throw srvError(url.protocol.slice(0, -'+srv:'.length))
  const host = decodeURIComponent(url.hostname).replace(/^\[(.+)\]$/, '$1')
  const port = url.port === '' ? DEFAULT_PORTS[url.protocol] : Number(url.port)
  if (port === undefined || (isIP(host) === 0 && !/^[a-z0-9]([a-z0-9._-]*[a-z0-9.])?$/i.test(host)))
    throw new AppError('egress_refused', `"${url.protocol}//${url.host}" is not an address on a network.`)
  return { host, port }
}

/** The addresses of a host, all of them checked. Throws `egress_refused`, or `server_unreachable` when there is none. */
export async function resolvedAddressesOf(to: Destination, guard: Guard): Promise<LookupAddress[]> {
  const found =
    isIP(to.host) === 0 ? await resolveOrThrow(to.host, guard) : [{ address: to.host, family: isIP(to.host) }]
  for (const { address } of found) checkAddress(address, to, guard.allowed)
  return found
}

/** Throws `egress_refused`. */
export function checkAddress(address: string, to: Destination, allowed: AllowedHosts): void {
  if (isNeverReachable(address))
    throw new AppError(
      'egress_refused',
      `"${to.host}" is a link-local or metadata address. Those are never reachable from Patchbay.`,
    )
  if (!isPublicAddress(address) && !allowed.host(to.host, to.port) && !allowed.address(address, to.port))
    throw createPrivateAddressError(to)
}

/** For `net.connect`: it connects to the address that was checked, so a name cannot lead elsewhere in between. */
export function createGuardedLookup(to: Destination, guard: Guard): LookupFunction {
  return (_host, options, callback) => {
    resolvedAddressesOf(to, guard).then(
      (found) => {
        const first = found[0]
        if (options.all === true || first === undefined) callback(null, found)
        else callback(null, first.address, first.family)
      },
      (error: Error) => callback(error, ''),
    )
  }
}

async function resolveOrThrow(host: string, guard: Guard): Promise<LookupAddress[]> {
  try {
    return await guard.resolve(host)
  } catch (error) {
    throw unknownHostError(host, error)
  }
}

/** The hosts of a +srv address are in the DNS, and each look-up may give others. */
function srvError(scheme: string): AppError {
  return new AppError(
    'egress_refused',
    `I do not open a +srv address, as it leads to hosts that you have not entered. Enter the address of one host, without +srv: ${scheme}://user:password@host:port/?tls=true&directConnection=true`,
  )
}

function unknownHostError(host: string, cause: unknown): AppError {
  return new AppError('server_unreachable', `There is no host "${host}". Check the address for a typo.`, { cause })
}

/** `more`: what else may be said of the setting. */
export function createPrivateAddressError({ host, port }: Destination, more = ''): AppError {
  return new AppError(
    'egress_refused',
    `"${host}" is an address inside a private network, which Patchbay does not open. Whoever runs Patchbay can allow it with EGRESS_ALLOW=${bracketAddress(host)}:${port}.${more}`,
  )
}
