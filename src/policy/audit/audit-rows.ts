import { z } from 'zod'
import type { Db } from '../../db/call.ts'
import type { WorkspaceId } from '../../ids.ts'

const AuditRow = z
  .object({
    row: z.number(),
    at: z.string(),
    /** A user id; the hash of who was forgotten; `patchbay` or `slack`. */
    actor: z.string(),
    action: z.string(),
    details: z.record(z.string(), z.unknown()),
    connection: z.string().nullable(),
  })
  .transform(({ connection, at, ...row }) => ({ ...row, at: new Date(at), connection: connection ?? undefined }))
export type AuditRow = z.infer<typeof AuditRow>

/** What is looked for; undefined: everything. `actions` are how actions begin. */
export type AuditQuery = {
  user?: string | undefined
  connection?: string | undefined
  actions?: string[] | undefined
  since?: Date | undefined
}

/** `upTo` keeps rows that come meanwhile from moving the pages. */
type AuditRange = { upTo?: number | undefined; skip: number; most: number }

/** The newest rows first. The caller checks who may read them. */
export type AuditRows = { list(workspace: WorkspaceId, query: AuditQuery, range: AuditRange): Promise<AuditRow[]> }

/** The audit over the database. Errors are db/'s. */
export const createAuditRows = (db: Db): AuditRows => ({
  list: (workspace, { user, connection, actions, since }, { upTo, skip, most }) =>
    db.call(
      'audit_list',
      {
        workspace,
        filter: {
          ...(user !== undefined && { user }),
          ...(connection !== undefined && { connection }),
          ...(actions !== undefined && { actions }),
          ...(since !== undefined && { since: since.toISOString() }),
        },
        upto: upTo ?? null,
        skip,
        limit: most,
      },
      z.array(AuditRow),
    ),
})
