import { z } from 'zod'
import type { Db } from '../db/call.ts'
import { UserId, WorkspaceId } from '../ids.ts'

/** The app in a workspace or, by an organization's admin, in all of an organization. Its token lies under `credential`. */
export type Installation = {
  /** The organization's id where the whole of it installed the app, else the team's. */
  workspace: WorkspaceId
  name: string
  enterprise: boolean
  bot: string
  botUser: UserId
  by: UserId
  credential: string
}

export type InstallationRows = {
  of(workspace: WorkspaceId): Promise<Installation | undefined>
  /** Replaces what is there; the reference of the credential that nobody needs any more, if there is one. */
  save(installation: Installation): Promise<string | undefined>
  /** False when it is gone already, or was installed anew since. */
  remove(installation: Pick<Installation, 'workspace' | 'credential'>): Promise<boolean>
}

const Row = z
  .object({
    workspace_id: WorkspaceId,
    name: z.string(),
    enterprise: z.boolean(),
    bot_id: z.string(),
    bot_user_id: UserId,
    installed_by: UserId,
    credential_reference: z.string(),
  })
  .transform(
    (row): Installation => ({
      workspace: row.workspace_id,
      name: row.name,
      enterprise: row.enterprise,
      bot: row.bot_id,
      botUser: row.bot_user_id,
      by: row.installed_by,
      credential: row.credential_reference,
    }),
  )

/** The rows over the database. Errors are db/'s. */
export function createInstallationRows(db: Db): InstallationRows {
  return {
    of: async (workspace) => (await db.call('installation_of', { workspace }, Row.nullable())) ?? undefined,
    save: async ({ workspace, name, enterprise, bot, botUser, by, credential }) => {
      const row = { workspace, name, enterprise, bot, bot_user: botUser, by, credential }
      return (await db.call('installation_save', row, z.string().nullable())) ?? undefined
    },
    remove: ({ workspace, credential }) => db.call('installation_remove', { workspace, credential }, z.boolean()),
  }
}
