import { z } from 'zod'
import type { Db } from '../db/call.ts'
import { ChannelId, type Principal, UserId, type WorkspaceId } from '../ids.ts'

/** What an owner may allow people who are no full members: to ask for work, to connect tools, to approve. */
export const OUTSIDER_RIGHTS = ['run', 'connect', 'approve'] as const
export type OutsiderRight = (typeof OUTSIDER_RIGHTS)[number]

/** Guests of the workspace, and people of other organizations in shared channels. */
export type OutsiderRights = Record<'guest' | 'stranger', OutsiderRight[]>

/** Another app that may start runs, as the owner `by` who named it. `user` and `bot` are its ids in Slack. */
const NamedApp = z.object({ user: UserId, bot: z.string(), by: UserId })
export type NamedApp = z.infer<typeof NamedApp>

/** What a workspace decided for everybody in it. */
export type WorkspaceSettings = {
  /** Who decides destructive calls; nobody: people decide their own. */
  approvers: UserId[]
  /** People named as owners here, beside the owners and admins of the Slack workspace. */
  owners: UserId[]
  /** Where cards go that the requester may not decide; undefined: their thread. */
  approvalsChannel: ChannelId | undefined
  /** The run cards people may connect; undefined: all. */
  cards: string[] | undefined
  /** Who may connect a card, by its name or `*` for all; not named: everybody. */
  connectors: Record<string, Connectors>
  /** What guests and people of other organizations may do; at first nothing. */
  outsiders: OutsiderRights
  /** Other apps that may ask. */
  apps: NamedApp[]
  /** US dollars per calendar month (UTC); undefined: no limit. */
  budgetUsd: number | undefined
  /** How long closed runs are kept. */
  runRetentionDays: number
  /** How long the audit is kept. */
  auditRetentionDays: number
}

const Connectors = z.enum(['approvers', 'owners', 'nobody'])
/** Those who alone may connect something. */
export type Connectors = z.infer<typeof Connectors>

/** Undefined leaves a setting as it is, null takes it away. */
export type SettingsChange = {
  approvalsChannel?: ChannelId | null
  cards?: string[] | null
  outsiders?: OutsiderRights
  apps?: NamedApp[]
  budgetUsd?: number | null
  runRetentionDays?: number | null
  auditRetentionDays?: number | null
}

/** The only people who may connect a card; undefined: everybody. */
export function connectorsOf({ cards, connectors }: WorkspaceSettings, card: string): Connectors | undefined {
  if (cards !== undefined && !cards.includes(card)) return 'nobody'
  return connectors[card] ?? connectors['*']
}

export type Settings = {
  /** Replaces the list of named owners; those of Slack are not in it. The caller checks who may do this. */
  setOwners(by: Principal, owners: UserId[]): Promise<void>
  /** Sets who may connect a card, or with `*` every card that is not named; undefined: everybody. */
  setConnectors(by: Principal, card: string, who: Connectors | undefined): Promise<void>
  of(workspace: WorkspaceId): Promise<WorkspaceSettings>
  /** The caller checks who may do this. Approvers are set with the rules. Throws `input_invalid` for a retention out of bounds. */
  change(by: Principal, change: SettingsChange): Promise<WorkspaceSettings>
}

const Rights = z.array(z.enum(OUTSIDER_RIGHTS))

const Row = z
  .object({
    approvers: z.array(UserId).default([]),
    owners: z.array(UserId).default([]),
    approvals_channel: ChannelId.optional(),
    cards: z.array(z.string()).optional(),
    connectors: z.record(z.string(), Connectors).default({}),
    outsiders: z.object({ guest: Rights, stranger: Rights }).default({ guest: [], stranger: [] }),
    apps: z.array(NamedApp).default([]),
    budget_usd: z.number().optional(),
    run_retention_days: z.number(),
    audit_retention_days: z.number(),
  })
  .transform(
    (row): WorkspaceSettings => ({
      approvers: row.approvers,
      owners: row.owners,
      approvalsChannel: row.approvals_channel,
      cards: row.cards,
      connectors: row.connectors,
      outsiders: row.outsiders,
      apps: row.apps,
      budgetUsd: row.budget_usd,
      runRetentionDays: row.run_retention_days,
      auditRetentionDays: row.audit_retention_days,
    }),
  )

/** The settings over the database. Errors are db/'s. */
export function createSettings(db: Db): Settings {
  return {
    setOwners: (by, owners) =>
      db.call(
        'owners_set',
        { workspace: by.workspace, user: by.user, owners },
        z.null().transform(() => undefined),
      ),
    setConnectors: (by, card, who) =>
      db.call(
        'connectors_set',
        { workspace: by.workspace, user: by.user, card, who: who ?? null },
        z.null().transform(() => undefined),
      ),
    of: (workspace) => db.call('settings_of', { workspace }, Row),
    change: (by, { approvalsChannel, cards, outsiders, apps, budgetUsd, runRetentionDays, auditRetentionDays }) => {
      const change = {
        ...(approvalsChannel !== undefined && { approvals_channel: approvalsChannel }),
        ...(cards !== undefined && { cards }),
        ...(outsiders !== undefined && { outsiders }),
        ...(apps !== undefined && { apps }),
        ...(budgetUsd !== undefined && { budget_usd: budgetUsd }),
        ...(runRetentionDays !== undefined && { run_retention_days: runRetentionDays }),
        ...(auditRetentionDays !== undefined && { audit_retention_days: auditRetentionDays }),
      }
      return db.call('settings_change', { workspace: by.workspace, user: by.user, change }, Row)
    },
  }
}
