import type { Connection } from '../registry/connection.ts'
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

/** For a workspace that the app has left. Secrets first: if the rest fails, the rows still say what there is to remove. */
export function forgetting({ registry, credentials, mcp, log }: ConnectDeps): Connect['forgetAll'] {
  const dropSecrets = async (connections: Connection[]) => {
    for (const { credential } of connections) if (credential !== undefined) await credentials.remove(credential)
  }
  return async (by) => {
    await dropSecrets(await registry.connectionsIn(by.workspace))
    const gone = await registry.forgetAll(by)
    // Among them one that was being saved meanwhile.
    await dropSecrets(gone)
    for (const { id } of gone) await mcp.close(id)
    log.info({ workspace: by.workspace, connections: gone.length }, 'all connections forgotten')
  }
}
