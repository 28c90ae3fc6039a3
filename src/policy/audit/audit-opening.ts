import { z } from 'zod'
import type { Db } from '../../db/call.ts'
import type { ConnectionId, UserId, WorkspaceId } from '../../ids.ts'

type OpenedCredential = { what: 'credential_opened'; connection: ConnectionId; workspace: WorkspaceId; user: UserId }

const Nothing = z.null().transform(() => undefined)

/**
 * Writes the row of a credential that is about to be opened, and throws when it cannot: a credential is opened only after
 * that. Nothing is queued, so nothing is lost; while the database is away no call could be recorded either.
 */
export const createOpeningAudit =
  (db: Db) =>
  ({ what, workspace, user, connection }: OpenedCredential): Promise<void> =>
    db.call('audit_append', { workspace, actor: user, action: what, details: { connection } }, Nothing)
