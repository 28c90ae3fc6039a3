import { z } from 'zod'
import { type Db, toUndefined } from '../db/call.ts'
import { ChannelId, type Principal, RunId, type WorkspaceId } from '../ids.ts'

/** What was used since the first of the month (UTC). */
export type MonthUsage = {
  since: Date
  /** Day of the month it is now. */
  today: number
  runs: number
  calls: number
  failed: number
  /** Read, written and cached tokens together. */
  tokens: number
  costUsd: number
  /** Days on which something was asked. */
  days: { day: number; runs: number }[]
  /** The most used tools, most first; without a connection where that is gone. */
  tools: { tool: string; connection: string | undefined; calls: number }[]
}

/** One request as its person remembers it. */
export type RecentRun = {
  id: RunId
  at: Date
  text: string
  channel: ChannelId
  place: 'dm' | 'channel'
  /** The message that asked for it. */
  messageTs: string
  /** What the person said last while it waited, which withdrew what it waited for. */
  correction: string | undefined
  /** Something else ran than what was asked about. */
  edited: boolean
  /** It waits for what a server asks, and not for an approval. */
  asked: boolean
  outcome: 'working' | 'waiting' | 'finished' | 'failed' | 'stopped'
  /** Why it failed. */
  why: string | undefined
  /** How the last call was decided that did not go ahead, where none succeeded after it. */
  refused: 'denied' | 'expired' | 'stopped' | 'withdrawn' | undefined
  /** Calls that returned, failed or not; those that succeeded; and those of them that do more than read. */
  calls: number
  succeeded: number
  changed: number
  costUsd: number
}

/** What was asked and what it took: sums made by the database. */
export type UsageReports = {
  monthOf(principal: Principal): Promise<MonthUsage>
  monthOfAll(workspace: WorkspaceId): Promise<MonthUsage>
  /** A person's last requests, newest first. */
  recentOf(principal: Principal, limit: number): Promise<RecentRun[]>
  /** Keeps what a person thought of an answer; false when this workspace has no such run. */
  keepFeedback(run: RunId, by: Principal, verdict: 'good' | 'bad'): Promise<boolean>
}

const Month = z
  .object({
    since: z.iso.date(),
    today: z.number(),
    runs: z.number(),
    calls: z.number(),
    failed: z.number(),
    tokens: z.number(),
    cost_usd: z.number(),
    days: z.array(z.object({ day: z.number(), runs: z.number() })),
    tools: z.array(
      z.object({ tool: z.string(), connection: z.string().nullable().transform(toUndefined), calls: z.number() }),
    ),
  })
  .transform(
    ({ since, cost_usd, ...same }): MonthUsage => ({
      ...same,
      since: new Date(`${since}T00:00:00Z`),
      costUsd: cost_usd,
    }),
  )

const Recent = z
  .object({
    id: RunId,
    at: z.coerce.date(),
    text: z.string(),
    channel: ChannelId,
    place: z.enum(['dm', 'channel']),
    message: z.string(),
    correction: z.string().nullable().transform(toUndefined),
    edited: z.boolean(),
    asked: z.boolean(),
    outcome: z.enum(['working', 'waiting', 'finished', 'failed', 'stopped']),
    why: z.string().nullable().transform(toUndefined),
    refused: z.enum(['denied', 'expired', 'stopped', 'withdrawn']).nullable().transform(toUndefined),
    calls: z.number(),
    succeeded: z.number(),
    changed: z.number(),
    cost_usd: z.number(),
  })
  .transform(({ cost_usd, message, ...same }): RecentRun => ({ ...same, messageTs: message, costUsd: cost_usd }))

/** Usage over the database. Errors are db/'s. */
export function createUsageReports(db: Db): UsageReports {
  return {
    monthOf: ({ workspace, user }) => db.call('usage_of_month', { workspace, user }, Month),
    monthOfAll: (workspace) => db.call('usage_of_month', { workspace, user: null }, Month),
    recentOf: ({ workspace, user }, limit) => db.call('runs_summary', { workspace, user, limit }, z.array(Recent)),
    keepFeedback: (run, { workspace, user }, verdict) =>
      db.call('feedback_save', { workspace, run, user, verdict }, z.boolean()),
  }
}
