import { z } from 'zod'
import type { Db } from '../db/call.ts'
import { type Principal, RunId } from '../ids.ts'

/** What is kept of a person beside their connections. */
export type PersonRows = {
  /** Their runs that have not ended yet. */
  openRunsOf(principal: Principal): Promise<RunId[]>
  /** Forgets them, run by run; false while a run is open. What an earlier try left is gone on with. */
  forget(principal: Principal): Promise<boolean>
}

/** One step holds its locks for a moment only. */
const RUNS_PER_STEP = 20

const Step = z.object({ done: z.boolean(), runs: z.number() })

/** Errors are db/'s. */
export const createPersonRows = (db: Db): PersonRows => ({
  openRunsOf: ({ workspace, user }) => db.call('person_runs_open', { workspace, user }, z.array(RunId)),
  async forget({ workspace, user }) {
    for (;;) {
      const { done, runs } = await db.call('person_forget', { workspace, user, runs: RUNS_PER_STEP }, Step)
      if (done || runs === 0) return done
    }
  },
})
