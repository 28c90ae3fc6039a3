import { z } from 'zod'
import { type Db, toUndefined } from '../db/call.ts'
import { ConnectionId, type Principal, UserId, type WorkspaceId } from '../ids.ts'
import type { Risk } from './risk.ts'
import { RuleReach } from './rule-reach.ts'

/** What a workspace or a person decided in advance. `tool` '*' means any tool. */
export type Rule = {
  id: string
  scope: 'workspace' | 'person'
  user: UserId | undefined
  card: string | undefined
  connection: ConnectionId | undefined
  connectionName: string | undefined
  /** The one thread it holds in; undefined: everywhere. */
  conversation?: string | undefined
  tool: string
  verdict: 'allow' | 'ask' | 'deny'
  /** `write` stands for what changes or destroys; undefined: every call. */
  class?: Risk | undefined
  /** The one channel a workspace's rule holds in. */
  channel?: string | undefined
  /** The requester may not approve it. */
  fourEyes: boolean
  /** So many people have to approve; undefined: one. */
  approvals?: number | undefined
  /** The Slack user group whose members alone may approve it. */
  group?: string | undefined
  /** What a person's own rule holds for; one without is from before rules were narrow, and holds for nothing. */
  reach?: RuleReach | undefined
  /** Hash of the tool definition the rule was made for; another definition makes an allow-rule void. */
  definition: string | undefined
  createdAt: Date
  createdBy: UserId
}

/** Made before rules were narrow: it would allow any arguments, so it allows nothing. */
export const isTooWide = ({ scope, verdict, reach }: Rule): boolean =>
  scope === 'person' && verdict === 'allow' && reach === undefined

type AlwaysRule = { connection: ConnectionId; tool: string; definition: string; reach: RuleReach }

export type NewRule = Pick<Rule, 'verdict' | 'tool' | 'card' | 'fourEyes' | 'class' | 'channel' | 'approvals' | 'group'>

export type Rules = {
  /** Everything a person's calls are judged by, as it is at one moment. */
  policyFor(principal: Principal): Promise<{ rules: Rule[]; approvers: UserId[] }>
  /** The workspace's rules and this person's own. */
  rulesFor(principal: Principal): Promise<Rule[]>
  /** "Always allow" for calls like one that was shown. */
  addAlways(principal: Principal, rule: AlwaysRule): Promise<Rule>
  /** Sets a rule for everybody in the workspace. The caller checks who may do this. */
  addForWorkspace(by: Principal, rule: NewRule): Promise<Rule>
  /** Removes a rule for everybody. The caller checks who may do this. */
  removeForWorkspace(by: Principal, id: string): Promise<Rule | undefined>
  /** Removes the person's own rule; undefined when there is none. */
  revoke(principal: Principal, id: string): Promise<Rule | undefined>
  /** Who decides destructive calls in this workspace; may be nobody. */
  approversOf(workspace: WorkspaceId): Promise<UserId[]>
  /** Notes which approvers cannot decide any more; those of them that the owners have not been told of. */
  noteUnable(workspace: WorkspaceId, users: UserId[]): Promise<UserId[]>
  /** Notes that nobody of these user groups can approve any more; true where the owners have not been told of it. */
  noteGroups(workspace: WorkspaceId, groups: string[]): Promise<boolean>
  setApprovers(workspace: WorkspaceId, by: UserId, users: UserId[]): Promise<void>
}

const Row = z
  .object({
    id: z.uuid(),
    scope: z.enum(['workspace', 'person']),
    user_id: UserId.nullable().transform(toUndefined),
    card: z.string().nullable().transform(toUndefined),
    connection_id: ConnectionId.nullable().transform(toUndefined),
    connection_name: z.string().nullable().transform(toUndefined),
    conversation: z.string().nullish(),
    reach: RuleReach.nullish(),
    class: z
      .enum(['read', 'write', 'destructive'])
      .nullish()
      .transform((given) => given ?? undefined),
    channel: z
      .string()
      .nullish()
      .transform((given) => given ?? undefined),
    approvals: z
      .number()
      .nullish()
      .transform((given) => given ?? undefined),
    user_group: z.string().nullish(),
    tool: z.string(),
    verdict: z.enum(['allow', 'ask', 'deny']),
    four_eyes: z.boolean(),
    definition: z.string().nullable().transform(toUndefined),
    created_at: z.string().transform((text) => new Date(text)),
    created_by: UserId,
  })
  .transform(
    ({
      user_id,
      connection_id,
      connection_name,
      conversation,
      reach,
      user_group,
      four_eyes,
      created_at,
      created_by,
      ...same
    }): Rule => ({
      ...same,
      conversation: conversation ?? undefined,
      reach: reach ?? undefined,
      group: user_group ?? undefined,
      user: user_id,
      connection: connection_id,
      connectionName: connection_name,
      fourEyes: four_eyes,
      createdAt: created_at,
      createdBy: created_by,
    }),
  )

const Policy = z.object({ rules: z.array(Row), approvers: z.array(UserId) })

/** The rules over the database. Errors are db/'s. */
export function createRules(db: Db): Rules {
  return {
    policyFor: (p) => db.call('policy_for', { workspace: p.workspace, user: p.user }, Policy),
    rulesFor: (p) => db.call('rules_for', { workspace: p.workspace, user: p.user }, z.array(Row)),
    addAlways: (p, rule) =>
      db.call('rule_add_narrow', { workspace: p.workspace, user: p.user, ...rule, conversation: null }, Row),
    addForWorkspace: (by, rule) =>
      db.call(
        'rule_add_workspace',
        {
          workspace: by.workspace,
          user: by.user,
          card: rule.card ?? null,
          tool: rule.tool,
          verdict: rule.verdict,
          four_eyes: rule.fourEyes,
          class: rule.class ?? null,
          channel: rule.channel ?? null,
          approvals: rule.approvals ?? null,
          user_group: rule.group ?? null,
        },
        Row,
      ),
    removeForWorkspace: (by, id) =>
      db.call(
        'rule_remove_workspace',
        { workspace: by.workspace, user: by.user, id },
        Row.nullable().transform(toUndefined),
      ),
    revoke: (p, id) =>
      db.call('rule_revoke', { workspace: p.workspace, user: p.user, id }, Row.nullable().transform(toUndefined)),
    approversOf: (workspace) => db.call('approvers_of', { workspace }, z.array(UserId)),
    noteUnable: (workspace, users) => db.call('approvers_told', { workspace, users }, z.array(UserId)),
    noteGroups: async (workspace, groups) =>
      (await db.call('approvers_told', { workspace, users: groups }, z.array(z.string()))).length > 0,
    setApprovers: (workspace, by, users) =>
      db.call(
        'approvers_set',
        { workspace, user: by, approvers: users },
        z.null().transform(() => undefined),
      ),
  }
}
