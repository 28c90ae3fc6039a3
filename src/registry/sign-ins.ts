import { z } from 'zod'
import type { Db } from '../db/call.ts'
import { ConnectionId, type Principal, UserId, WorkspaceId } from '../ids.ts'

/** A sign-in under way: whose it is, and which connection it is for (perhaps one that is made only when it succeeds). */
export type SignInRow<T> = { by: Principal; connection: ConnectionId; details: T; late: boolean }

/** The sign-ins under way. Of the state that a browser carries only a hash is known here. */
export type SignIns<T> = {
  /** Answers which old ones are forgotten by this. */
  begin(stateHash: string, row: Omit<SignInRow<T>, 'late'>, ttlMs: number): Promise<string[]>
  /** Each can be taken once; undefined when it was taken before or never begun. */
  take(stateHash: string): Promise<SignInRow<T> | undefined>
  /** The same without taking it. */
  look(stateHash: string): Promise<SignInRow<T> | undefined>
}

export function createSignIns<T>(db: Db, details: z.ZodType<T>): SignIns<T> {
  const Row = z
    .object({
      workspace_id: WorkspaceId,
      user_id: UserId,
      connection_id: ConnectionId,
      details,
      late: z.boolean(),
    })
    .transform(
      (row): SignInRow<T> => ({
        by: { workspace: row.workspace_id, user: row.user_id },
        connection: row.connection_id,
        details: row.details,
        late: row.late,
      }),
    )
  return {
    begin: (stateHash, { by, connection, details: kept }, ttlMs) =>
      db.call(
        'sign_in_begin',
        { state_hash: stateHash, workspace: by.workspace, user: by.user, connection, details: kept, ttl_ms: ttlMs },
        z.array(z.string()),
      ),
    take: async (stateHash) => (await db.call('sign_in_take', { state_hash: stateHash }, Row.nullable())) ?? undefined,
    look: async (stateHash) => (await db.call('sign_in_look', { state_hash: stateHash }, Row.nullable())) ?? undefined,
  }
}
