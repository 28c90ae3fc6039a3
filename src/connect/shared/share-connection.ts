import { isAppError } from '../../errors.ts'
import type { ConnectionId, Principal } from '../../ids.ts'
import type { NewShare } from '../../registry/shared-connections.ts'
import type { Connect, ConnectDeps } from '../connect-types.ts'
import type { ShareOutcome } from '../sharing-types.ts'
import { FROM_FILE, findManagedConnection } from './managed-connection.ts'

/** Shares an owner's connection with the workspace, or changes who may use it. The role is asked for at this moment. */
export function createShareConnection(deps: ConnectDeps): Connect['share'] {
  return async (by, id, share): Promise<ShareOutcome> => {
    const refusal = await refusalFor(deps, by, id)
    if (refusal !== undefined) return refused(refusal)
    const connection = await save(deps, by, id, share)
    if (typeof connection === 'string') return refused(connection)
    await deps.mcp.retire(id)
    deps.log.info({ connection: id, workspace: by.workspace, ...share }, 'connection shared')
    return { ok: true, connection }
  }
}

async function save({ sharing }: ConnectDeps, by: Principal, id: ConnectionId, share: NewShare) {
  try {
    return (await sharing?.connections.share(by, id, share)) ?? GONE
  } catch (error) {
    if (isAppError(error, 'name_taken')) return error.message
    throw error
  }
}

async function refusalFor(deps: ConnectDeps, by: Principal, id: ConnectionId): Promise<string | undefined> {
  if ((await deps.sharing?.roleOf(by)) !== 'owner') return ONLY_OWNERS
  const connection = await findManagedConnection(deps, by, id)
  if (connection === undefined) return GONE
  if (connection.shared?.fromFile) return FROM_FILE
  // The tokens were issued to the person as one of the organization, and are renewed as theirs.
  return (await deps.auth.storedTokens(id))?.managed === undefined ? undefined : PERSONAL
}

const GONE = 'This connection is gone, or you may no longer change it.'
const refused = (message: string): ShareOutcome => ({ ok: false, message })

export const ONLY_OWNERS = 'Only an owner of this workspace can share a connection.'
const PERSONAL =
  'You are signed in to it with your organization, so it works as you alone. Connect it with a key or an account of the workspace, then share that.'
