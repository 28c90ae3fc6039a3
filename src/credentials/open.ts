import { join } from 'node:path'
import { AppError } from '../errors.ts'
import { openLocalStore } from './local.ts'
import type { CredentialStore } from './store.ts'

/** The store that CREDENTIAL_STORE names. A kind that is not built yet is `config_invalid`, never a silent fallback. */
export function openCredentials(o: {
  store: string | undefined
  dataDir: string
  key: string | undefined
}): Promise<CredentialStore> {
  if (o.store === undefined || o.store === 'local')
    return openLocalStore({ folder: join(o.dataDir, 'credentials'), key: o.key })
  throw new AppError('config_invalid', `CREDENTIAL_STORE=${o.store} is not known: leave it empty or put "local".`)
}
