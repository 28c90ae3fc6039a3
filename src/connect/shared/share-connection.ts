import { isAppError } from '../../errors.ts'
import type { Connect, ConnectDeps, ShareOutcome } from '../connect-types.ts'
import { findManagedConnection } from './managed-connection.ts'

/** Makes an owner's connection the workspace's, or changes who may use that. The role is asked for at this moment. */
export function createShareConnection(deps: ConnectDeps): Connect['share'] {
  return async (by, id, share): Promise<ShareOutcome> => {
    const { sharing, mcp, auth, log } = deps
    if (sharing === undefined || (await sharing.roleOf(by)) !== 'owner') return refused(ONLY_OWNERS)
    if ((await findManagedConnection(deps, by, id)) === undefined) return refused('This connection is gone.')
    // The tokens were issued to the person as one of the organization, and are renewed as theirs.
    if ((await auth.storedTokens(id))?.managed !== undefined) return refused(PERSONAL)
    try {
      const connection = await sharing.connections.share(by, id, share)
      if (connection === undefined) return refused('This connection is gone.')
      await mcp.retire(id)
      log.info({ connection: id, workspace: by.workspace, ...share }, 'connection shared')
      return { ok: true, connection }
    } catch (error) {
      if (isAppError(error, 'name_taken')) return refused(error.message)
      throw error
    }
  }
}

const refused = (message: string): ShareOutcome => ({ ok: false, message })

export const ONLY_OWNERS = 'Only an owner or admin of this workspace can connect something for everybody.'
const PERSONAL =
  'You are signed in to it with your organization, so it works as you alone. Connect it with a key or an account of the workspace, then share that.'
