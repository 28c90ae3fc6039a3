import { AppError } from '../errors.ts'
import { openLocalStore } from './local.ts'
import type { CredentialStore } from './store.ts'

/** The store that CREDENTIAL_STORE names. A kind that is not built yet is `config_invalid`, never a silent fallback. */
export function openCredentialStore(o: {
  kind: string | undefined
  folder: string
  key: string | undefined
}): Promise<CredentialStore> {
  if (o.kind === undefined || o.kind === 'local') return openLocalStore({ folder: o.folder, key: o.key })
  throw new AppError('config_invalid', `CREDENTIAL_STORE=${o.kind} is not known: leave it empty or put "local".`)
}
