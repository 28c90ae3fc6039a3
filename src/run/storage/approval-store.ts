import { z } from 'zod'
import type { Db } from '../../db/call.ts'
import { type ApprovalId, type Principal, RunId, UserId, type WorkspaceId } from '../../ids.ts'
import { type EventOf, RunEvent } from '../state/events.ts'

const Decision = z.enum(['approved', 'denied', 'expired', 'stopped'])
const Decided = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('settled'), run: RunId, fence: z.number().nullable() }),
  z.object({
    kind: z.literal('already'),
    run: RunId,
    decision: Decision,
    by: UserId.nullable(),
    at: z.coerce.date(),
    fence: z.number().nullish(),
  }),
  z.object({ kind: z.literal('gone') }),
])
/** What was overdue, and why it could not be settled. */
export const Expired = z.object({ id: z.string(), failed: z.string().nullable() }).nullable()
/** A call that waits for a decision, with its run. */
const Pending = z.object({ run: RunId, call: z.string(), events: z.array(RunEvent) })

export type ApprovalDecision = {
  approval: ApprovalId
  status: 'approved' | 'denied'
  by: Principal
  event: RunEvent
}

/** The rows of approvals, as part of the store. */
export function createApprovalStore(db: Db, lease: { instance: string; lease_ms: number }) {
  return {
    settle: ({ approval, status, by, event }: ApprovalDecision) =>
      db.call(
        'approval_decide',
        { workspace: by.workspace, id: approval, status, by: by.user, event, ...lease },
        Decided,
      ),
    /** Saves why a person denied a call; null when it was not they who denied it. */
    explain: (by: Principal, event: EventOf<'denial_explained'>) =>
      db.call('denial_explain', { workspace: by.workspace, id: event.approval, by: by.user, event }, RunId.nullable()),
    /** Settles one overdue approval that is none of `skip`; null when there is none. */
    expireApproval: (at: string, skip: string[]) => db.call('approval_expire', { at, skip }, Expired),
    approval: (id: ApprovalId, workspace: WorkspaceId) =>
      db.call('approval_run', { workspace, id }, Pending.nullable()),
    /** Those this person may decide, oldest first. */
    pending: ({ workspace, user }: Principal) => db.call('approvals_pending', { workspace, user }, z.array(Pending)),
  }
}
