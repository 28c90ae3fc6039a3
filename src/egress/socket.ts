import { once } from 'node:events'
import { connect, isIP, type Socket } from 'node:net'
import { CONNECT_MS, unsentErrorFor } from './egress-error.ts'
import { checkAddress, createGuardedLookup, type Destination, type Guard } from './guard.ts'

/** A connection to the very address that was checked. Throws `egress_refused` and `server_unreachable`, or the signal's reason. */
export async function connectSocket(to: Destination, guard: Guard, signal?: AbortSignal): Promise<Socket> {
  signal?.throwIfAborted()
  // A literal address is connected to without a look-up, so the look-up's check would never run.
  if (isIP(to.host) !== 0) checkAddress(to.host, to, guard.allowed)
  const late = AbortSignal.timeout(CONNECT_MS)
  const socket = connect({ ...to, lookup: createGuardedLookup(to, guard), noDelay: true })
  // Whoever uses it hears of errors too; without any listener one would end the process.
  socket.on('error', () => undefined)
  try {
    await once(socket, 'connect', { signal: signal === undefined ? late : AbortSignal.any([signal, late]) })
    return socket
  } catch (error) {
    socket.destroy()
    signal?.throwIfAborted()
    throw unsentErrorFor(to.host, late.aborted ? lateError() : error)
  }
}

const lateError = (): Error => Object.assign(new Error('no connection in time'), { code: 'UND_ERR_CONNECT_TIMEOUT' })
