import type { Connect, ConnectDeps } from './connect-types.ts'
import { createDisconnect } from './connections/disconnect.ts'
import { dropSignInsOf } from './sign-in/confirm-sign-in.ts'

/** All that one person connected or began to, as disconnecting each would; how many connections. After a failure it goes on with what is left. */
export function createForgetPerson(deps: ConnectDeps): Connect['forgetPerson'] {
  const { registry, credentials, personRows, auth } = deps
  const disconnect = createDisconnect(deps)
  return async (by) => {
    await dropSignInsOf(deps, by)
    const pending = await personRows.pendingOf(by)
    for (const reference of pending) await credentials.remove(reference)
    await personRows.endPending(by, pending)
    const connections = await registry.connectionsOf(by)
    for (const { id } of connections) await disconnect(by, id)
    await auth.forgetIdentity(by)
    return connections.length
  }
}
