import { z } from 'zod'
import type { Db } from '../../db/call.ts'
import { type ApprovalId, type Principal, RunId, UserId, type WorkspaceId } from '../../ids.ts'
import type { Log } from '../../log.ts'
import { type ApprovalWidth, type EventOf, RunEvent } from '../state/events.ts'
import { foldEvents } from '../state/fold.ts'
import { readableRows } from './run-rows.ts'

type Lease = { instance: string; lease_ms: number }
const Fence = z.number()
const Decision = z.enum(['approved', 'denied', 'expired', 'stopped', 'withdrawn'])
/** Why an answer did not count. */
const NotCounted = [
  z.object({
    kind: z.literal('already'),
    run: RunId,
    decision: Decision,
    by: UserId.nullable(),
    at: z.coerce.date(),
    fence: z.number().nullish(),
  }),
  z.object({ kind: z.literal('changed'), by: UserId, requester: UserId }),
  z.object({ kind: z.literal('gone') }),
] as const
const won = { run: RunId, fence: z.number().nullable() }
/** More people have to approve. */
const Voted = z.object({
  kind: z.literal('voted'),
  votes: z.array(UserId),
  needed: z.number(),
  isNew: z.boolean(),
  ...won,
})
const Settled = z.discriminatedUnion('kind', [z.object({ kind: z.literal('settled'), ...won }), Voted, ...NotCounted])
const Proposed = z.discriminatedUnion('kind', [z.object({ kind: z.literal('proposed'), ...won }), ...NotCounted])
export type SettledOutcome = z.infer<typeof Settled>
const SettledOutcomes = z.object({
  outcomes: z.array(Settled),
  claims: z.array(z.object({ run: RunId, fence: Fence.nullable() })),
})
export type SettledOutcomes = z.infer<typeof SettledOutcomes>
/** What was overdue, and why it could not be settled. */
export const Expired = z.object({ id: z.string(), failed: z.string().nullable() }).nullable()
/** A call that waits for a decision, with its run. */
const Pending = z
  .object({ run: RunId, call: z.string(), events: z.array(RunEvent) })
  .transform(({ run, call, events }) => ({ call, state: foldEvents(run, events, true) }))

export type ApprovalDecision = {
  approval: ApprovalId
  status: 'approved' | 'denied'
  by: Principal
  event: RunEvent
}

/** The rows of approvals, as part of the store. */
export function createApprovalStore(db: Db, lease: Lease, log: Log) {
  return {
    settle: ({ approval, status, by, event }: ApprovalDecision) =>
      db.call(
        'approval_settle',
        { workspace: by.workspace, id: approval, status, by: by.user, event, ...lease },
        Settled,
      ),
    /** Saves an edit that the requester has to confirm. */
    propose: ({ workspace, user }: Principal, event: EventOf<'edit_proposed'>) =>
      db.call('approval_propose', { workspace, id: event.approval, by: user, event, ...lease }, Proposed),
    /** Settles several at once, of any runs; with a width the first makes a rule, and the others are settled only if it counts. */
    settleTogether: (by: Principal, events: EventOf<'answered'>[], width: ApprovalWidth) =>
      db.call(
        'approvals_decide',
        {
          workspace: by.workspace,
          by: by.user,
          answers: events.map((event) => ({ id: event.approval, status: event.decision, event })),
          width,
          ...lease,
        },
        SettledOutcomes,
      ),
    /** Settles one overdue approval that is none of `skip`; null when there is none. */
    expireApproval: (at: string, skip: string[]) => db.call('approval_expire', { at, skip }, Expired),
    approval: (id: ApprovalId, workspace: WorkspaceId) =>
      db.call('approval_run', { workspace, id }, Pending.nullable()),
    /** Those this person may decide, oldest first. */
    pending: ({ workspace, user }: Principal) =>
      db.call('approvals_pending', { workspace, user }, readableRows(Pending, log)),
  }
}
