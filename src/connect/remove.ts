import { readSecrets } from '../credentials/secrets.ts'
import { isAppError } from '../errors.ts'
import type { Revoked } from '../mcp/auth/revoke.ts'
import type { Connection } from '../registry/connection.ts'
import type { Connect, ConnectDeps } from './connect.ts'
import { ownConnection } from './own.ts'

/** The secret goes first: if the rest fails, the connection is still listed and says what it lacks. */
export function removing(deps: ConnectDeps): Connect['disconnect'] {
  const { registry, credentials, mcp, auth, log } = deps
  return async (principal, id) => {
    const connection = await ownConnection(registry, principal, id)
    if (connection === undefined) return undefined
    const revoked = await tokensRevoked(deps, connection)
    await auth.forget(id)
    if (connection.credential !== undefined) await credentials.remove(connection.credential)
    const removed = await registry.remove(principal, id)
    await mcp.close(id)
    log.info({ connection: id, card: connection.card, workspace: connection.workspace }, 'disconnected')
    return removed && { ...removed, revoked }
  }
}

/** While they are still there: what is not taken back stays good for whoever has a copy. */
async function tokensRevoked(deps: ConnectDeps, connection: Connection): Promise<Revoked | undefined> {
  const kept = await deps.auth.kept(connection.id)
  if (kept === undefined) return undefined
  try {
    const secrets = await readSecrets(deps.credentials, connection.credential)
    return await deps.auth.revoke(deps.targets.target(connection), secrets, kept)
  } catch (error) {
    // Its card or its client's secret is gone.
    if (isAppError(error, 'card_unknown', 'credential_missing')) return 'failed'
    throw error
  }
}
