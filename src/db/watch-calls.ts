import { isAppError } from '../errors.ts'
import type { Db } from './call.ts'
import { type DatabaseProblem, describeDatabaseProblem } from './database-problem.ts'

/** How the newest call to the database ended, and when. */
export type DatabaseStatus = { state: 'ok'; at: string } | ({ state: 'failed'; at: string } & DatabaseProblem)

/** The same database, and how its newest call ended; `setting` is where its address stands. A refusal is an answer as well. */
export function watchCalls(db: Db, setting: string): { db: Db; status(): DatabaseStatus | undefined } {
  let status: DatabaseStatus | undefined
  return {
    status: () => status,
    db: {
      async call(fn, args, shape) {
        try {
          const result = await db.call(fn, args, shape)
          status = { state: 'ok', at: new Date().toISOString() }
          return result
        } catch (error) {
          status = statusAfter(error, setting)
          throw error
        }
      },
      [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
    },
  }
}

const FAILURES = ['database_unavailable', 'database_failed', 'config_invalid', 'schema_outdated'] as const

/** What a function raised is an answer; Supabase refusing the key is none. */
function statusAfter(error: unknown, setting: string): DatabaseStatus {
  const at = new Date().toISOString()
  const failed = isAppError(error, ...FAILURES) || !isAppError(error) || /SUPABASE_/.test(error.message)
  return failed ? { state: 'failed', at, ...describeDatabaseProblem(error, setting) } : { state: 'ok', at }
}
