import { z } from 'zod'
import type { Db } from '../db/call.ts'
import { type Principal, RunId } from '../ids.ts'

/** What is kept of a person beside their connections. */
export type PersonRows = {
  /** Their runs that have not ended yet. */
  openRunsOf(principal: Principal): Promise<RunId[]>
  /** Where the credential store may keep secrets of their sign-ins and pages under way. */
  pendingOf(principal: Principal): Promise<string[]>
  /** Ends those, once the store keeps nothing of them. */
  endPending(principal: Principal, references: string[]): Promise<void>
  /** Forgets them, run by run; false while a run, a connection or a sign-in of theirs is there. What an earlier try left is gone on with. */
  forget(principal: Principal): Promise<boolean>
}

/** One step holds its locks for a moment only. */
const RUNS_PER_STEP = 20

const Step = z.object({ done: z.boolean(), runs: z.number() })
const Nothing = z.null().transform(() => undefined)

/** Errors are db/'s. */
export const createPersonRows = (db: Db): PersonRows => ({
  openRunsOf: ({ workspace, user }) => db.call('person_runs_open', { workspace, user }, z.array(RunId)),
  pendingOf: ({ workspace, user }) => db.call('person_pending', { workspace, user }, z.array(z.string())),
  endPending: ({ workspace, user }, references) =>
    db.call('person_pending_end', { workspace, user, references }, Nothing),
  async forget({ workspace, user }) {
    for (;;) {
      const { done, runs } = await db.call('person_forget', { workspace, user, most: RUNS_PER_STEP }, Step)
      if (done || runs === 0) return done
    }
  },
})
