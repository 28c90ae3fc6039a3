import { InMemoryTransport } from '@modelcontextprotocol/client'
import { AppError } from '../../errors.ts'
import { type BuiltinTarget, fillHeaders } from '../protocol/server-target.ts'
import type { OpenDeps, Session, SessionRequest, Wiring } from './session.ts'

/** What it asks to begin with goes over the network. */
const OPEN_MS = 15_000

/** A server of our own, over a transport that never leaves the process. */
export async function openBuiltinSession(
  { builtin }: OpenDeps,
  { target, secrets }: SessionRequest & { target: BuiltinTarget },
  wiring: Wiring,
  signal: AbortSignal,
): Promise<Session> {
  if (builtin === undefined) throw new AppError('internal', `${target.title} cannot be opened here.`)
  const settings = fillHeaders(target.settings, { ...target.values, ...secrets })
  const within = AbortSignal.any([signal, AbortSignal.timeout(OPEN_MS)])
  const server = await builtin(target.server, settings, within)
  const [ours, theirs] = InMemoryTransport.createLinkedPair()
  const client = wiring.newClient(OPEN_MS)
  await server.connect(theirs)
  try {
    await client.connect(ours, { signal, prior: { kind: 'legacy' } })
  } catch (error) {
    // It may hold a connection of its own.
    await theirs.close()
    throw error
  }
  return wiring.finish({ client, close: () => client.close() }, 'other')
}
