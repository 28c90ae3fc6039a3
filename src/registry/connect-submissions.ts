import { z } from 'zod'
import type { Db } from '../db/call.ts'
import { ConnectionId, type Principal, UserId, WorkspaceId } from '../ids.ts'

/** A submitted connect form: whose it is, and in which view; `hash` tells the view's contents apart. A new connection takes its id. */
export type ConnectSubmissionRow<T> = {
  id: ConnectionId
  by: Principal
  view: { id: string; hash: string }
  details: T
}

/** The forms whose outcome nobody was told yet. What was typed is not known here. */
export type ConnectSubmissions<T> = {
  /** Undefined when it is saved; else which one from this very form is still under way. */
  save(row: ConnectSubmissionRow<T>, leaseMs: number): Promise<ConnectionId | undefined>
  /** Takes over the forms whose holder died, with how often each was tried, this time included. */
  claim(leaseMs: number): Promise<(ConnectSubmissionRow<T> & { tries: number })[]>
  delete(id: ConnectionId): Promise<void>
  /** Deletes the forms of a workspace that the app has left, and answers which. */
  forget(workspace: WorkspaceId): Promise<ConnectionId[]>
}

const Nothing = z.null().transform(() => undefined)
const Standing = ConnectionId.nullable().transform((id) => id ?? undefined)

export function createConnectSubmissions<T>(db: Db, details: z.ZodType<T>): ConnectSubmissions<T> {
  const Row = z
    .object({
      submission_id: ConnectionId,
      workspace_id: WorkspaceId,
      user_id: UserId,
      view_id: z.string(),
      view_hash: z.string(),
      details,
      tries: z.number(),
    })
    .transform((row) => ({
      id: row.submission_id,
      by: { workspace: row.workspace_id, user: row.user_id },
      view: { id: row.view_id, hash: row.view_hash },
      details: row.details,
      tries: row.tries,
    }))
  return {
    save: ({ id, by, view, details: kept }, leaseMs) =>
      db.call(
        'connect_submission_save',
        {
          id,
          workspace: by.workspace,
          user: by.user,
          view: view.id,
          hash: view.hash,
          details: kept,
          lease_ms: leaseMs,
        },
        Standing,
      ),
    // A row of a newer version is left to an instance that knows it.
    claim: async (leaseMs) =>
      (await db.call('connect_submissions_claim', { lease_ms: leaseMs }, z.array(Row.nullable().catch(null)))).filter(
        (row) => row !== null,
      ),
    delete: (id) => db.call('connect_submission_delete', { id }, Nothing),
    forget: (workspace) => db.call('connect_submissions_forget', { workspace }, z.array(ConnectionId)),
  }
}
