import { once } from 'node:events'
import { connect, isIP, type Socket } from 'node:net'
import { CONNECT_MS, unsentErrorFor } from './egress-error.ts'
import { checkAddress, createGuardedLookup, type Destination, type Guard } from './guard.ts'

/** Connects to the address that was checked. Throws AppErrors. */
export async function connectSocket(to: Destination, guard: Guard): Promise<Socket> {
  // A literal address is connected to without a look-up.
  if (isIP(to.host) !== 0) checkAddress(to.host, to, guard.allowed)
  const socket = connect({ ...to, lookup: createGuardedLookup(to, guard) })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_MS) })
    return socket
  } catch (error) {
    socket.destroy()
    throw unsentErrorFor(to.host, error)
  }
}
