import { z } from 'zod'
import type { Db } from '../db/call.ts'
import { ApprovalId, InputId } from '../ids.ts'

/** What expires soon and nobody was reminded of: each is claimed once, by one instance. */
export type Due<Id> = {
  claim(): Promise<Id[]>
  /** It could not be sent: it is due again. */
  giveBack(id: Id): Promise<void>
}

/** Of what waits for a person: decisions on calls, and answers to what servers ask. */
export type Reminders = { approvals: Due<ApprovalId>; inputs: Due<InputId> }

/** How long before it expires a person is reminded: enough for who sits in a meeting, or sleeps late. */
const LEAD_MS = 3 * 3_600_000

/** Reminders over the database. Errors are db/'s. */
export const createReminders = (db: Db): Reminders => ({
  approvals: due<ApprovalId>(db, { claim: 'approvals_remind', giveBack: 'approval_unremind' }, ApprovalId),
  inputs: due<InputId>(db, { claim: 'inputs_remind', giveBack: 'input_unremind' }, InputId),
})

function due<Id>(db: Db, call: { claim: string; giveBack: string }, id: z.ZodType<Id>): Due<Id> {
  const nothing = z.null().transform(() => undefined)
  return {
    claim: () => db.call(call.claim, { lead_ms: LEAD_MS }, z.array(id)),
    giveBack: (of) => db.call(call.giveBack, { id: of }, nothing),
  }
}
