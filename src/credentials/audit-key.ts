import { randomBytes } from 'node:crypto'
import { isAppError } from '../errors.ts'
import type { CredentialStore } from './store.ts'

export const AUDIT_KEY_REF = 'patchbay/audit-key'
const AUDIT_KEY_BYTES = 32

/** The key that seals the audit; undefined where this store has none yet. */
export const readAuditKey = (store: Pick<CredentialStore, 'get'>): Promise<string | undefined> =>
  store.get(AUDIT_KEY_REF)

/**
 * The key that seals the audit, made at first use. It never lies in the database, so whoever owns that cannot seal. Undefined where
 * there is none and the store does not keep one: it may only be read.
 */
export async function openAuditKey(store: CredentialStore): Promise<string | undefined> {
  const known = await readAuditKey(store)
  if (known !== undefined) return known
  try {
    await store.set(AUDIT_KEY_REF, randomBytes(AUDIT_KEY_BYTES).toString('base64url'))
  } catch (error) {
    if (!isAppError(error, 'credential_store_failed')) throw error
    return undefined
  }
  // Another instance may have been first.
  return (await readAuditKey(store)) ?? openAuditKey(store)
}
