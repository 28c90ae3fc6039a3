import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { Risk } from '../risk.ts'

const HOST_NAME = /^(?:host|hostname|server|ip|address|endpoint|domain)$/i
/** Names that only a network of its own knows (RFC 6761, RFC 6762, RFC 8375; ICANN reserves .internal). */
const INNER_NAME = /(?:^|\.)(?:localhost|local|internal|intranet|lan|corp|home\.arpa)\.?$/i

type Finding = { risk: Risk; why: string }

/** What an address among the arguments shows: that it is of an inner network, or has a password in it. */
export function findAddressRisks(name: string, text: string): Finding[] {
  const url = /^(?:https?|wss?|ftp):/i.test(text.trim()) ? (URL.parse(text.trim()) ?? undefined) : undefined
  const host = url?.hostname ?? (HOST_NAME.test(name) ? text.trim().replace(/:\d+$/, '') : undefined)
  return [
    ...(host !== undefined && isInner(host)
      ? [{ risk: 'write', why: `It names ${host}, which is not on the internet but in a network of its own.` } as const]
      : []),
    ...(url !== undefined && (url.username !== '' || url.password !== '')
      ? [{ risk: 'write', why: 'The address in it holds a name or password to sign in with.' } as const]
      : []),
  ]
}

/** URLs are read before: their numbers come in four parts, however they were written. */
function isInner(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '')
  return isIP(bare) === 0 ? INNER_NAME.test(bare) : ipaddr.process(bare).range() !== 'unicast'
}
