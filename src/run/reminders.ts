import { z } from 'zod'
import type { Db } from '../db/call.ts'
import { ApprovalId } from '../ids.ts'

/** Which approvals expire soon and nobody was reminded of: each is claimed once, by one instance. */
export type Reminders = {
  claim(): Promise<ApprovalId[]>
  /** It could not be sent: it is due again. */
  giveBack(id: ApprovalId): Promise<void>
}

/** How long before it expires those who may decide are reminded. */
const LEAD_MS = 3_600_000

/** Reminders over the database. Errors are db/'s. */
export const createReminders = (db: Db): Reminders => ({
  claim: () => db.call('approvals_remind', { lead_ms: LEAD_MS }, z.array(ApprovalId)),
  giveBack: (id) =>
    db.call(
      'approval_unremind',
      { id },
      z.null().transform(() => undefined),
    ),
})
