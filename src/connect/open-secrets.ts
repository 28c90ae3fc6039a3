import { type ConnectionSecrets, readSecrets } from '../credentials/secrets.ts'
import type { CredentialStore } from '../credentials/store.ts'
import type { McpDeps } from '../mcp/mcp.ts'
import type { Connection } from '../registry/connection.ts'

/** A connection's saved secrets, opened only after that is written down. Throws `credential_missing` when they are gone. */
export async function openSecretsOf(
  { credentials, audit }: { credentials: CredentialStore } & Pick<McpDeps, 'audit'>,
  { id, workspace, user, credential }: Connection,
): Promise<ConnectionSecrets> {
  if (credential !== undefined) await audit?.({ what: 'credential_opened', connection: id, workspace, user })
  return readSecrets(credentials, credential)
}
