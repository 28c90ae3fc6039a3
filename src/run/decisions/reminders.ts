import { z } from 'zod'
import type { Db } from '../../db/call.ts'
import { ApprovalId, InputId, WorkspaceId } from '../../ids.ts'

/** What expires soon and nobody was reminded of: each is claimed once, by one instance. */
export type DueReminders<Id> = {
  claim(): Promise<{ id: Id; workspace: WorkspaceId }[]>
  /** It could not be sent: it is due again. */
  giveBack(id: Id): Promise<void>
}

/** Of what waits for a person: decisions on calls, and answers to what servers ask. */
export type Reminders = { approvals: DueReminders<ApprovalId>; inputs: DueReminders<InputId> }

/** How long before it expires a person is reminded: enough for who sits in a meeting, or sleeps late. */
const LEAD_MS = 3 * 3_600_000

const Nothing = z.null().transform(() => undefined)

/** Reminders over the database. Errors are db/'s. */
export const createReminders = (db: Db): Reminders => ({
  approvals: {
    claim: () =>
      db.call(
        'approval_reminders_claim',
        { lead_ms: LEAD_MS },
        z.array(z.object({ id: ApprovalId, workspace: WorkspaceId })),
      ),
    giveBack: (id) => db.call('approval_reminder_release', { id }, Nothing),
  },
  inputs: {
    claim: () =>
      db.call(
        'input_reminders_claim',
        { lead_ms: LEAD_MS },
        z.array(z.object({ id: InputId, workspace: WorkspaceId })),
      ),
    giveBack: (id) => db.call('input_reminder_release', { id }, Nothing),
  },
})
