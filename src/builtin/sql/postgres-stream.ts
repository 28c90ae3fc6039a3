import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import type { Egress } from '../../egress/egress.ts'
import { unsentErrorFor } from '../../egress/egress-error.ts'
import { noTlsErrorFor, type SqlSettings, tlsOptionsFor } from './connection-string.ts'

const SSL_REQUEST = 80_877_103
const CANCEL_REQUEST = 80_877_102
const ANSWER_MS = 10_000

/** https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL */
export async function openPostgresStream(
  egress: Pick<Egress, 'connect'>,
  settings: SqlSettings,
  signal: AbortSignal,
): Promise<Socket> {
  const socket = await egress.connect(settings, signal)
  if (settings.ssl.mode === 'disable') return socket
  const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])
  try {
    return await secured(socket, settings, within)
  } catch (error) {
    socket.destroy()
    signal.throwIfAborted()
    throw unsentErrorFor(settings.host, error)
  }
}

async function secured(socket: Socket, settings: SqlSettings, signal: AbortSignal): Promise<Socket> {
  socket.write(int32s(8, SSL_REQUEST))
  const [answer]: Buffer[] = await once(socket, 'data', { signal })
  socket.pause()
  // More than the one byte could only be put there by somebody in between.
  if (answer?.length === 1 && answer[0] === LETTER_S) return startTls(socket, settings, signal)
  if (answer?.length === 1 && answer[0] === LETTER_N && settings.ssl.mode === 'prefer') return socket
  throw noTlsErrorFor(settings.host)
}

async function startTls(socket: Socket, settings: SqlSettings, signal: AbortSignal): Promise<TLSSocket> {
  const secure = connect({ ...tlsOptionsFor(settings), socket })
  secure.on('error', () => undefined)
  await once(secure, 'secureConnect', { signal })
  return secure
}

const [LETTER_S, LETTER_N] = Buffer.from('SN')

/** Asks the server to stop what a session of it does. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS */
export async function sendCancelRequest(stream: Socket, processId: number, secret: number): Promise<void> {
  stream.end(int32s(16, CANCEL_REQUEST, processId, secret))
  await once(stream.resume(), 'close', { signal: AbortSignal.timeout(ANSWER_MS) })
}

function int32s(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4)
  for (const [at, number] of numbers.entries()) bytes.writeInt32BE(number | 0, at * 4)
  return bytes
}
