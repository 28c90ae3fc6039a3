import { z } from 'zod'
import type { Db } from '../db/call.ts'
import { ConnectionId, type Principal, SignInId, UserId, WorkspaceId } from '../ids.ts'

/** A sign-in that came back and waits for the code that its browser shows. What it gave is not known here. */
export type SignInCodeRow<T> = { id: SignInId; by: Principal; connection: ConnectionId; details: T }

/** `left`: how often another code may be tried. */
export type CodeOutcome<T> =
  | { outcome: 'confirmed' | 'spent' | 'late'; row: SignInCodeRow<T> }
  | { outcome: 'wrong'; left: number }

/** Sign-ins that wait for their code. */
export type SignInCodes<T> = {
  save(row: SignInCodeRow<T>, codeHash: string, ttlMs: number): Promise<void>
  /** Only for the person who asked; undefined when there is none. All but `wrong` are the caller's to finish within the lease. */
  try(
    id: SignInId,
    by: Principal,
    codeHash: string,
    limits: { tries: number; leaseMs: number },
  ): Promise<CodeOutcome<T> | undefined>
  /** Takes those whose code did not come, or whose holder died while it saved them. */
  claim(leaseMs: number): Promise<(SignInCodeRow<T> & { confirmed: boolean })[]>
  /** Takes a person's that wait, to drop them. */
  takeOf(by: Principal, leaseMs: number): Promise<SignInCodeRow<T>[]>
  delete(id: SignInId): Promise<void>
}

const Nothing = z.null().transform(() => undefined)

export function createSignInCodes<T>(db: Db, details: z.ZodType<T>): SignInCodes<T> {
  const Row = z
    .object({
      id: SignInId,
      workspace_id: WorkspaceId,
      user_id: UserId,
      connection_id: ConnectionId,
      details,
      state: z.enum(['waits', 'confirmed', 'dropped']),
    })
    .transform((row) => ({
      id: row.id,
      by: { workspace: row.workspace_id, user: row.user_id },
      connection: row.connection_id,
      details: row.details,
      confirmed: row.state === 'confirmed',
    }))
  const Tried = z.object({ outcome: z.enum(['confirmed', 'spent', 'late', 'wrong']), left: z.number() })
  return {
    save: ({ id, by, connection, details: kept }, codeHash, ttlMs) =>
      db.call(
        'sign_in_code_save',
        {
          id,
          workspace: by.workspace,
          user: by.user,
          connection,
          details: kept,
          code_hash: codeHash,
          ttl_ms: ttlMs,
        },
        Nothing,
      ),
    try: async (id, { workspace, user }, codeHash, { tries, leaseMs }) => {
      const found = await db.call(
        'sign_in_code_try',
        { id, workspace, user, code_hash: codeHash, max_tries: tries, lease_ms: leaseMs },
        z.intersection(Row, Tried).nullable(),
      )
      if (found === null) return undefined
      const { outcome, left, ...row } = found
      return outcome === 'wrong' ? { outcome, left } : { outcome, row }
    },
    claim: (leaseMs) => db.call('sign_in_codes_claim', { lease_ms: leaseMs }, z.array(Row)),
    takeOf: ({ workspace, user }, leaseMs) =>
      db.call('sign_in_codes_take', { workspace, user, lease_ms: leaseMs }, z.array(Row)),
    delete: (id) => db.call('sign_in_code_delete', { id }, Nothing),
  }
}
