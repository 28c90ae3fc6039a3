import { z } from 'zod'
import type { Db } from '../../db/call.ts'
import { InputId, type Principal, RunId, UserId, type WorkspaceId } from '../../ids.ts'
import type { Log } from '../../log.ts'
import type { DeletedMessage } from '../runs.ts'
import { type EventOf, type Origin, RunEvent } from '../state/events.ts'
import { foldEvents } from '../state/fold.ts'
import { createApprovalStore, Expired } from './approval-store.ts'
import { conversationKeyOf, createConversationStore } from './conversations.ts'
import { BlockedKeys } from './rate-limits.ts'
import { readableRows, StateRow } from './run-rows.ts'

/** What one step of pruning takes at most, so that it holds no locks for long. */
const PRUNE_STEP = { runs: 20, rows: 500 }

/** How long a run belongs to an instance that says nothing; it renews once a second. */
const LEASE_MS = 30_000

const Fence = z.number()
const Begun = z.object({
  run: RunId,
  fresh: z.boolean(),
  /** Its message was deleted before: it begins stopped. */
  withdrawn: z.boolean(),
  /** It is no run of its own: its words went to `run`, where they withdrew what waited for an approval. */
  corrected: z.boolean(),
  ahead: RunId.nullable(),
  fence: Fence.nullable(),
})
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
  /** Services that asked, of any instance, to be left alone. */
  blocked: BlockedKeys,
})
/** Of a run that may be unreadable. */
const RunRows = z
  .object({ seq: z.number(), events: z.array(z.unknown()), all_recorded: z.boolean() })
  .transform(({ all_recorded, ...rows }) => ({ ...rows, allRecorded: all_recorded }))
const Requester = z.object({ events: z.array(z.unknown()) }).transform(({ events: [first] }) => ({
  origin: z.object({ origin: z.object({ user: UserId, teamId: z.string() }) }).safeParse(first).data?.origin,
}))
const AskedRun = z.object({ run: RunId, requester: UserId })
const Pruned = z.object({ runs: z.number(), usage: z.number(), audit: z.number() })
const Budget = z
  .object({ budget_usd: z.number(), spent_usd: z.number() })
  .nullable()
  .transform((row) => (row === null ? undefined : { budgetUsd: row.budget_usd, spentUsd: row.spent_usd }))

export type RunStore = ReturnType<typeof createRunStore>
/** A run that another one asks for with `call`. */
export type NewChild = { id: RunId; call: string; events: RunEvent[] }
export type NewRun = { id: RunId; origin: Origin; dedupeKey: string; events: RunEvent[] }
type Lease = { instance: string; lease_ms: number }
/** The rows of runs, under this instance's name. Errors are db/'s. */
export function createRunStore(db: Db, instance: string, log: Log) {
  const lease = { instance, lease_ms: LEASE_MS }
  return {
    ...createApprovalStore(db, lease, log),
    ...createInputStore(db, lease, log),
    ...createLeaseStore(db, lease),
    ...createChildStore(db, lease, log),
    ...createConversationStore(db, log),
    start: ({ id, origin, dedupeKey, events }: NewRun, claim: boolean) =>
      db.call(
        'run_start',
        { id, ...laneOf(origin), dedupe_key: dedupeKey, events, instance: claim ? instance : null, lease_ms: LEASE_MS },
        Begun,
      ),
    addFiles: (run: RunId, workspace: WorkspaceId, event: EventOf<'files_added'>) =>
      db.call('run_add_files', { workspace, run, event }, z.enum(['added', 'late', 'none'])),
    append: (run: RunId, fence: number, seq: number, events: RunEvent[]) =>
      db.call('run_append', { run, fence, seq, events, lease_ms: LEASE_MS }, Appended),
    /** For the worker: null once the fence is another's. */
    read: (run: RunId, after: number, fence: number) =>
      db.call('run_read', { run, fence, after }, StoredRun.nullable()),
    /** For the worker that claimed it, in whatever form the events are; null once the fence is another's. */
    load: (run: RunId, fence: number) => db.call('run_load', { run, fence }, RunRows.nullable()),
    /** Who asked for the run; undefined where that cannot be read. */
    requester: (run: RunId, workspace: WorkspaceId) => db.call('run_state', { workspace, run }, Requester.nullable()),
    /** For who looks at it: without what calls gave as files and images, which can be large. */
    state: (run: RunId, workspace: WorkspaceId) => db.call('run_state', { workspace, run }, StateRow.nullable()),
    recent: (by: Principal, limit: number) =>
      db.call('runs_recent', { workspace: by.workspace, user: by.user, limit }, readableRows(StateRow, log)),
    /** What the workspace may spend this month and has spent, in US dollars; undefined without a budget. */
    budget: (workspace: WorkspaceId) => db.call('budget_state', { workspace }, Budget),
    seen: (id: string) => db.call('slack_event_seen', { id }, z.boolean()),
    wasSeen: (id: string) => db.call('slack_event_known', { id }, z.boolean()),
    forgetSeen: (id: string) => db.call('slack_event_forget', { id }, z.boolean()),
    prune: () => db.call('retention_prune', PRUNE_STEP, Pruned),
  }
}

/** The runs that a run asks for, as part of the store. */
const createChildStore = (db: Db, lease: Lease, log: Log) => ({
  delegate: (run: RunId, o: { fence: number; seq: number; events: RunEvent[]; children: NewChild[] }) =>
    db.call('run_delegate', { run, ...o, ...lease }, Delegation),
  settleChild: (parent: RunId, call: string, event: EventOf<'returned'>) =>
    db.call('child_settle', { parent, call, event, ...lease }, z.object({ fence: Fence.nullable() })),
  /** Those that have ended, and whose end was not told to who asked for them. */
  unsettledChildren: () => db.call('children_unsettled', { limit: MOST_LEFT }, readableRows(StateRow, log)),
})

const MOST_LEFT = 20
const Delegation = z.intersection(
  Appended,
  z.object({ begun: z.array(z.object({ run: RunId, fence: Fence.nullable() })).default([]) }),
)

/** Who has a run, and how it is given back or ended, as part of the store. */
function createLeaseStore(db: Db, lease: Lease) {
  return {
    claim: (run: RunId) => db.call('run_claim', { run, ...lease }, Fence.nullable()),
    /** Before a run waits for an approval: takes in what its requester said meanwhile; how many messages. */
    joinQueued: (run: RunId, fence: number) => db.call('run_join_queued', { run, fence }, z.number()),
    /** `wakeAt`: when it goes on by itself; undefined where it waits for somebody. */
    rest: (run: RunId, fence: number, seq: number, wakeAt?: Date) =>
      db.call('run_suspend', { run, fence, seq, wake_at: wakeAt?.toISOString() ?? null }, z.boolean()),
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
    /** Only while the step waits for a person. */
    resumeStep: (run: RunId, workspace: WorkspaceId, step: string, events: RunEvent[]) =>
      db.call('run_resume_step', { workspace, run, step, events, ...lease }, Resumed),
    /** Marks the event and stops the runs, in one statement; those it stopped, null when the event came before. */
    stopOnce: (key: string, runs: RunId[], workspace: WorkspaceId, event: RunEvent) =>
      db.call('runs_stop_once', { key, workspace, runs, event, ...lease }, StoppedRuns.nullable()),
    /** The new words of a message, with the run to begin where nothing was done of the old ones. */
    changeMessage: ({ id, origin, dedupeKey, events }: NewRun, message: string, stop: RunEvent) =>
      db.call(
        'message_changed',
        { id, ...laneOf(origin), message, dedupe_key: dedupeKey, events, stop, ...lease },
        ChangedMessage,
      ),
    /** Notes that a message is gone; the open runs that it asked for, with who asked. */
    messageDeleted: ({ workspace, channel, ts, threadTs }: DeletedMessage) =>
      db.call('message_deleted', { workspace, channel, ts, thread: threadTs }, z.array(AskedRun)),
    /** All open runs of a workspace, or only those of some teams; the runs it stopped. */
    stopAll: (workspace: WorkspaceId, teams: string[] | undefined, event: RunEvent) =>
      db.call('runs_stop', { workspace, teams: teams ?? null, event }, z.array(RunId)),
  }
}

const laneOf = (origin: Origin) => ({
  workspace: origin.workspace,
  user: origin.user,
  conversation: conversationKeyOf(origin),
})

const ChangedMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('over') }),
  z.object({ kind: z.literal('corrected'), run: RunId, fence: Fence.nullable() }),
  z.object({ kind: z.literal('begun_anew'), run: RunId, fence: Fence.nullable(), begun: Begun }),
])
const Resumed = z.object({ kind: z.enum(['resumed', 'over', 'gone']), fence: Fence.nullable() })
const StoppedRuns = z.array(z.object({ run: RunId, fence: Fence.nullable() }))

const Given = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('settled'), run: RunId, fence: z.number().nullable() }),
  z.object({
    kind: z.literal('already'),
    action: z.enum(['accept', 'decline', 'cancel', 'expired', 'over']),
    by: UserId.nullable(),
    at: z.coerce.date(),
    run: RunId,
    fence: z.number().nullish(),
  }),
  z.object({ kind: z.literal('not_yours'), person: UserId }),
  z.object({ kind: z.literal('gone') }),
])
const Place = z
  .object({ run: RunId, call: z.string(), input: InputId, events: z.array(RunEvent) })
  .transform(({ run, call, input, events }) => ({ call, input, state: foldEvents(run, events, true) }))

export type InputAnswerRow = {
  run: RunId
  workspace: WorkspaceId
  input: InputId
  by: UserId | undefined
  event: EventOf<'given_input'>
}

/** The rows of what is asked of people, as part of the store. */
function createInputStore(db: Db, lease: Lease, log: Log) {
  return {
    /** The first answer counts; one that comes too late is written down as none. */
    give: ({ run, workspace, input, by, event }: InputAnswerRow) =>
      db.call(
        'input_answer',
        { workspace, id: input, run, by: by ?? null, action: event.action, event, ...lease },
        Given,
      ),
    /** Settles one overdue question that is none of `skip`; null when there is none. */
    expireInput: (at: string, skip: string[]) => db.call('input_expire', { at, skip }, Expired),
    input: (id: InputId, workspace: WorkspaceId) => db.call('input_run', { workspace, id }, Place.nullable()),
    pendingInputs: ({ workspace, user }: Principal) =>
      db.call('inputs_pending', { workspace, user }, readableRows(Place, log)),
  }
}
