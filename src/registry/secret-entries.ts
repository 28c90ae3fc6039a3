import { z } from 'zod'
import type { Db } from '../db/call.ts'
import { type Principal, SecretEntryId, UserId, WorkspaceId } from '../ids.ts'

/** A page on which one person can enter secrets, once. What they enter is not known here. */
export type SecretEntryRow<T> = { id: SecretEntryId; by: Principal; details: T; entered: boolean }

/** The pages for secrets. Of a page's link only a hash is known here. */
export type SecretEntries<T> = {
  open(tokenHash: string, row: Omit<SecretEntryRow<T>, 'entered'>, ttlMs: number): Promise<void>
  /** By the link; undefined when it was used or is too old. */
  look(tokenHash: string): Promise<SecretEntryRow<T> | undefined>
  /** The same, and the link is used. */
  take(tokenHash: string, ttlMs: number): Promise<SecretEntryRow<T> | undefined>
  /** A person's own; undefined when it is too old. */
  of(id: SecretEntryId, by: Principal): Promise<SecretEntryRow<T> | undefined>
  expired(): Promise<SecretEntryId[]>
  delete(id: SecretEntryId): Promise<void>
}

const Nothing = z.null().transform(() => undefined)

export function createSecretEntries<T>(db: Db, details: z.ZodType<T>): SecretEntries<T> {
  const Row = z
    .object({
      id: SecretEntryId,
      workspace_id: WorkspaceId,
      user_id: UserId,
      details,
      entered_at: z.string().nullable(),
    })
    .transform(
      (row): SecretEntryRow<T> => ({
        id: row.id,
        by: { workspace: row.workspace_id, user: row.user_id },
        details: row.details,
        entered: row.entered_at !== null,
      }),
    )
    .nullable()
    .transform((row) => row ?? undefined)
  return {
    open: (hash, { id, by: { workspace, user }, details: kept }, ttlMs) =>
      db.call('secret_entry_open', { id, token_hash: hash, workspace, user, details: kept, ttl_ms: ttlMs }, Nothing),
    look: (hash) => db.call('secret_entry_look', { token_hash: hash }, Row),
    take: (hash, ttlMs) => db.call('secret_entry_take', { token_hash: hash, ttl_ms: ttlMs }, Row),
    of: (id, { workspace, user }) => db.call('secret_entry_of', { id, workspace, user }, Row),
    expired: () => db.call('secret_entries_expired', {}, z.array(SecretEntryId)),
    delete: (id) => db.call('secret_entry_delete', { id }, Nothing),
  }
}
