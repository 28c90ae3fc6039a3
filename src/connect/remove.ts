import type { Connect, ConnectDeps } from './connect.ts'
import { ownConnection } from './own.ts'

/** The secret goes first: if the rest fails, the connection is still listed and says what it lacks. */
export function removing({ registry, credentials, mcp, log }: ConnectDeps): Connect['disconnect'] {
  return async (principal, id) => {
    const connection = await ownConnection(registry, principal, id)
    if (connection === undefined) return undefined
    if (connection.credential !== undefined) await credentials.remove(connection.credential)
    const removed = await registry.remove(principal, id)
    await mcp.close(id)
    log.info({ connection: id, card: connection.card, workspace: connection.workspace }, 'disconnected')
    return removed
  }
}
