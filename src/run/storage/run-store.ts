import { z } from 'zod'
import type { Db } from '../../db/call.ts'
import { type Principal, RunId, type WorkspaceId } from '../../ids.ts'
import type { ShownMessage, ShownMessages } from '../runs.ts'
import { RunEvent } from '../state/events.ts'
import { createApprovalStore } from './approval-store.ts'
import { createInputStore } from './input-store.ts'

/** What one step of pruning takes at most, so that it holds no locks for long. */
const PRUNE_STEP = { runs: 20, rows: 500 }

/** How long a run belongs to an instance that says nothing; it renews once a second. */
const LEASE_MS = 30_000

const Fence = z.number()
const Begun = z.object({ run: RunId, fresh: z.boolean(), ahead: RunId.nullable(), fence: Fence.nullable() })
const Appended = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('appended'), seq: z.number() }),
  z.object({ kind: z.literal('taken'), seq: z.number() }),
  z.object({ kind: z.literal('lost') }),
])
const StoredRun = z.object({
  id: RunId,
  fence: Fence,
  seq: z.number(),
  status: z.enum(['working', 'suspended', 'closed']),
  events: z.array(RunEvent),
})
const Polled = z.object({
  held: z.array(z.object({ run: RunId, seq: z.number() })),
  taken: z.array(z.object({ run: RunId, fence: Fence })),
})
const StateRow = z.object({ id: RunId, events: z.array(RunEvent) })
const History = z.object({
  summary: z.string().nullable(),
  runs: z.array(z.object({ id: RunId, events: z.array(RunEvent) })),
})
const ShownRow = z
  .object({
    key: z.string(),
    channel: z.string(),
    ts: z.string(),
    content_hash: z.string(),
    live: z.boolean(),
  })
  .transform(({ content_hash, ...same }): ShownMessage => ({ ...same, contentHash: content_hash }))
const OpenRun = z.object({ known: z.boolean(), open: RunId.nullable() })
const Pruned = z.object({ runs: z.number(), usage: z.number(), audit: z.number() })
const Nothing = z.null().transform(() => undefined)

export type RunStore = ReturnType<typeof createRunStore>
export type NewRun = { id: RunId; by: Principal; lane: string; dedupeKey: string; events: RunEvent[] }

/** The rows of runs, under this instance's name. Errors are db/'s. */
export function createRunStore(db: Db, instance: string) {
  const lease = { instance, lease_ms: LEASE_MS }
  return {
    ...createApprovalStore(db, lease),
    ...createInputStore(db, lease),
    start: ({ id, by, lane, dedupeKey, events }: NewRun, claim: boolean) =>
      db.call(
        'run_start',
        {
          id,
          workspace: by.workspace,
          user: by.user,
          conversation: lane,
          dedupe_key: dedupeKey,
          events,
          instance: claim ? instance : null,
          lease_ms: LEASE_MS,
        },
        Begun,
      ),
    append: (run: RunId, fence: number, seq: number, events: RunEvent[]) =>
      db.call('run_append', { run, fence, seq, events, lease_ms: LEASE_MS }, Appended),
    /** For the holder: null once the fence is another's. */
    read: (run: RunId, after: number, fence: number) =>
      db.call('run_read', { run, fence, after }, StoredRun.nullable()),
    /** For who looks at it: without what calls gave as files and images, which can be large. */
    state: (run: RunId, workspace: WorkspaceId) => db.call('run_state', { workspace, run }, StateRow.nullable()),
    claim: (run: RunId) => db.call('run_claim', { run, ...lease }, Fence.nullable()),
    rest: (run: RunId, fence: number, seq: number) => db.call('run_suspend', { run, fence, seq }, z.boolean()),
    release: (run: RunId, fence: number, afterMs: number) =>
      db.call('run_release', { run, fence, after_ms: afterMs }, z.boolean()),
    close: (run: RunId, fence: number, seq: number) =>
      db.call('run_close', { run, fence, seq }, z.object({ closed: z.boolean(), next: RunId.nullable() })),
    poll: (held: { run: RunId; fence: number }[], free: number) =>
      db.call('run_poll', { ...lease, held, free }, Polled),
    owners: () => db.call('run_owners', {}, z.array(z.string())),
    disown: (owner: string) => db.call('run_release_owner', { owner }, z.boolean()),
    stop: (run: RunId, workspace: WorkspaceId, event: RunEvent) =>
      db.call(
        'run_stop',
        { workspace, run, event, ...lease },
        z.object({ kind: z.enum(['stopped', 'over']), fence: Fence.nullable() }),
      ),
    /** All open runs of a workspace, or only those of some teams; the runs it stopped. */
    stopAll: (workspace: WorkspaceId, teams: string[] | undefined, event: RunEvent) =>
      db.call('runs_stop', { workspace, teams: teams ?? null, event }, z.array(RunId)),
    history: (run: RunId) => db.call('conversation_history', { run }, History),
    lane: (lane: string) => db.call('conversation_open_run', { conversation: lane }, OpenRun),
    recent: (by: Principal, limit: number) =>
      db.call('runs_recent', { workspace: by.workspace, user: by.user, limit }, z.array(StateRow)),
    seen: (id: string) => db.call('slack_event_seen', { id }, z.boolean()),
    prune: () => db.call('retention_prune', PRUNE_STEP, Pruned),
  }
}

/** Which Slack message shows what, over the database. */
export function createShownMessages(db: Db): ShownMessages {
  return {
    of: (run: RunId) => db.call('slack_messages_of', { run }, z.array(ShownRow)),
    record: (run: RunId, { contentHash, ...shown }: ShownMessage) =>
      db.call('slack_message_save', { run, ...shown, content_hash: contentHash }, Nothing),
    forget: (run: RunId, key: string) => db.call('slack_message_remove', { run, key }, Nothing),
  }
}
