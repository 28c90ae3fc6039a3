import { randomUUID } from 'node:crypto'
import { credentialReferenceOf, readSecrets, saveSecrets } from '../../credentials/secrets.ts'
import type { CredentialStore } from '../../credentials/store.ts'
import { errorChainOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { ClearConnection, ClearConnections } from '../../registry/clear-connections.ts'

type Deps = { connections: ClearConnections; credentials: CredentialStore; log: Log }

/**
 * Moves keys that an older version kept in the clear, because an entry had not marked them, to the credential store. What
 * fails is logged and tried again at the next start.
 */
export async function secureClearInputs(deps: Deps): Promise<void> {
  for (const connection of await deps.connections.list()) {
    try {
      if (await secureInputs(deps, connection))
        deps.log.info({ connection: connection.id }, 'a key kept in the clear was moved to the credential store')
    } catch (error) {
      deps.log.error(
        { connection: connection.id, why: errorChainOf(error) },
        'a key kept in the clear could not be moved to the credential store',
      )
    }
  }
}

/** The secret first, as with every save: a row without its secret would fail at its first call. */
async function secureInputs({ connections, credentials }: Deps, connection: ClearConnection): Promise<boolean> {
  const { id, credential, values } = connection
  const secrets = { ...(await readSecrets(credentials, credential)), ...values }
  const reference = `${credentialReferenceOf(id)}/${randomUUID()}`
  await saveSecrets(credentials, reference, secrets)
  const secured = await connections.secure(connection, reference)
  const unused = secured ? credential : reference
  if (unused !== undefined) await credentials.remove(unused)
  return secured
}
