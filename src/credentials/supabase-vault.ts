import { z } from 'zod'
import type { Db } from '../db/call.ts'
import { AppError } from '../errors.ts'
import type { CredentialStore } from './store.ts'
import { secretIn, secretNameOf, storedTextOf, withStoreErrors } from './store-error.ts'

const Nothing = z.null().transform(() => undefined)
const State = z.enum(['missing', 'closed', 'ready'])

/**
 * Secrets in the Vault of the Supabase project that is the database, named `patchbay/…`. Its key is not in the database.
 * Throws `config_invalid` where the extension is missing. https://supabase.com/docs/guides/database/vault
 */
export async function openSupabaseVault(db: Db): Promise<CredentialStore> {
  const state = await withStoreErrors('open', () => db.call('vault_state', {}, State))
  if (state !== 'ready') throw new AppError('config_invalid', `CREDENTIAL_STORE=supabase: ${ADVICE[state]}`)
  const nameOf = (ref: string) => `patchbay/${secretNameOf(ref)}`
  return {
    get: (ref) =>
      withStoreErrors('read', async () => {
        const stored = await db.call('vault_read', { name: nameOf(ref) }, z.string().nullable())
        return stored === null ? undefined : secretIn(stored)
      }),
    set: (ref, secret) =>
      withStoreErrors('save', () =>
        db.call('vault_save', { name: nameOf(ref), secret: storedTextOf(secret) }, Nothing),
      ),
    remove: (ref) => withStoreErrors('remove', () => db.call('vault_remove', { name: nameOf(ref) }, Nothing)),
  }
}

const ADVICE = {
  missing:
    'this database has no Vault. Enable the extension supabase_vault (Supabase: Integrations, Vault), or choose another store.',
  closed:
    'this database does not open its Vault to Patchbay. Grant service_role what Supabase grants it: usage on the schema vault, select and delete on vault.secrets and vault.decrypted_secrets, execute on its functions.',
}
