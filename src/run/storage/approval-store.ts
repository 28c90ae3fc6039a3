import { z } from 'zod'
import type { Db } from '../../db/call.ts'
import { type ApprovalId, type Principal, RunId, UserId, type WorkspaceId } from '../../ids.ts'
import { RunEvent } from '../state/events.ts'

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
/** A call that waits for a decision, with its run. */
const Pending = z.object({ run: RunId, call: z.string(), events: z.array(RunEvent) })

export type ApprovalDecision = {
  approval: ApprovalId
  status: 'approved' | 'denied'
  by: Principal
  reason: string | undefined
  event: RunEvent
}

/** The rows of approvals, as part of the store. */
export function createApprovalStore(db: Db, lease: { instance: string; lease_ms: number }) {
  return {
    settle: ({ approval, status, by, reason, event }: ApprovalDecision) =>
      db.call(
        'approval_decide',
        { workspace: by.workspace, id: approval, status, by: by.user, reason: reason ?? null, event, ...lease },
        Decided,
      ),
    /** Settles one overdue approval; false when there is none. */
    expireApproval: (at: string) => db.call('approval_expire', { at }, z.boolean()),
    approval: (id: ApprovalId, workspace: WorkspaceId) =>
      db.call('approval_run', { workspace, id }, Pending.nullable()),
    /** Those this person may decide, oldest first. */
    pending: ({ workspace, user }: Principal) => db.call('approvals_pending', { workspace, user }, z.array(Pending)),
  }
}
