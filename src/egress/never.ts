import { BlockList, isIP, isIPv4 } from 'node:net'
import { withoutMapping } from './address.ts'

/** Link-local, and where clouds hand out a machine's own credentials: not even EGRESS_ALLOW opens them. */
const never = new BlockList()
never.addSubnet('169.254.0.0', 16, 'ipv4')
never.addSubnet('fe80::', 10, 'ipv6')
never.addAddress('fd00:ec2::254', 'ipv6')

export function isNeverReachable(address: string): boolean {
  const plain = withoutMapping(address.replace(/%.*$/, ''))
  return isIP(plain) !== 0 && never.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6')
}
