import { AppError, isAppError } from '../../errors.ts'
import type { RevocationOutcome } from '../../mcp/auth/oauth/revoke.ts'
import type { Connection } from '../../registry/connection.ts'
import type { Connect, ConnectDeps } from '../connect-types.ts'
import { openSecretsOf } from '../open-secrets.ts'
import { FROM_FILE, findManagedConnection, noteIfShared } from '../shared/managed-connection.ts'
import { submissionReferenceOf } from './submissions.ts'

export function createDisconnect(deps: ConnectDeps): Connect['disconnect'] {
  return async (principal, id) => {
    const connection = await findManagedConnection(deps, principal, id)
    if (connection === undefined) return undefined
    if (connection.shared?.fromFile) throw new AppError('not_allowed', FROM_FILE)
    await noteIfShared(deps, principal, connection, 'disconnect')
    return removeConnection(deps, connection)
  }
}

/** The secret is removed first: if the rest fails, the connection is still listed and says what it lacks. */
export async function removeConnection(deps: ConnectDeps, connection: Connection) {
  const { registry, credentials, mcp, auth, log } = deps
  const { id, card, workspace } = connection
  const revoked = await revokeStoredTokens(deps, connection)
  await auth.forget(id, connection)
  if (connection.credential !== undefined) await credentials.remove(connection.credential)
  const removed = await registry.remove(connection, id)
  await mcp.close(id)
  log.info({ connection: id, card, workspace }, 'disconnected')
  return removed && { ...removed, revoked }
}

/** Revoke before removing: a copied token would stay valid. */
async function revokeStoredTokens(deps: ConnectDeps, connection: Connection): Promise<RevocationOutcome | undefined> {
  const tokens = await deps.auth.storedTokens(connection.id)
  if (tokens === undefined) return undefined
  try {
    const secrets = await openSecretsOf(deps, connection)
    return await deps.auth.revoke(deps.targets.target(connection), secrets, tokens)
  } catch (error) {
    // Its card or its client's secret is gone.
    if (isAppError(error, 'card_unknown', 'credential_missing')) return 'failed'
    throw error
  }
}

/** For a workspace that the app has left. Secrets first: if the rest fails, the rows still say what there is to remove. */
export function createForgetAll({
  registry,
  credentials,
  submissions,
  mcp,
  auth,
  log,
}: ConnectDeps): Connect['forgetAll'] {
  const removeSecretsOf = async (connections: Connection[]) => {
    for (const { id, workspace, user, credential } of connections) {
      await auth.forgetIdentity({ workspace, user })
      await auth.forget(id, { workspace, user })
      if (credential !== undefined) await credentials.remove(credential)
    }
  }
  return async (by) => {
    for (const id of await submissions.forget(by.workspace)) await credentials.remove(submissionReferenceOf({ id }))
    await removeSecretsOf(await registry.connectionsIn(by.workspace))
    const gone = await registry.forgetAll(by)
    // The rows may include one that was saved meanwhile.
    await removeSecretsOf(gone)
    for (const { id } of gone) await mcp.close(id)
    log.info({ workspace: by.workspace, connections: gone.length }, 'all connections forgotten')
  }
}
