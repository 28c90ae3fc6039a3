import { z } from 'zod'
import type { Db } from '../db/call.ts'
import { ChannelId, type Principal, UserId, type WorkspaceId } from '../ids.ts'

/** What a workspace decided for everybody in it. */
export type WorkspaceSettings = {
  /** Who decides destructive calls; nobody: people decide their own. */
  approvers: UserId[]
  /** Where cards go that the requester may not decide; undefined: their thread. */
  approvalsChannel: ChannelId | undefined
  /** The run cards people may connect; undefined: all. */
  cards: string[] | undefined
  /** US dollars per calendar month (UTC); undefined: no limit. */
  budgetUsd: number | undefined
}

/** Undefined leaves a setting as it is, null takes it away. */
export type SettingsChange = {
  approvalsChannel?: ChannelId | null
  cards?: string[] | null
  budgetUsd?: number | null
}

export type Settings = {
  of(workspace: WorkspaceId): Promise<WorkspaceSettings>
  /** Who may change them is the door's question. Approvers are set with the rules. */
  change(by: Principal, change: SettingsChange): Promise<WorkspaceSettings>
}

const Row = z
  .object({
    approvers: z.array(UserId).default([]),
    approvals_channel: ChannelId.optional(),
    cards: z.array(z.string()).optional(),
    budget_usd: z.number().optional(),
  })
  .transform(
    ({ approvers, approvals_channel, cards, budget_usd }): WorkspaceSettings => ({
      approvers,
      approvalsChannel: approvals_channel,
      cards,
      budgetUsd: budget_usd,
    }),
  )

/** The settings over the database. Errors are db/'s. */
export function createSettings(db: Db): Settings {
  return {
    of: (workspace) => db.call('settings_of', { workspace }, Row),
    change: (by, { approvalsChannel, cards, budgetUsd }) => {
      const change = {
        ...(approvalsChannel !== undefined && { approvals_channel: approvalsChannel }),
        ...(cards !== undefined && { cards }),
        ...(budgetUsd !== undefined && { budget_usd: budgetUsd }),
      }
      return db.call('settings_change', { workspace: by.workspace, user: by.user, change }, Row)
    },
  }
}
