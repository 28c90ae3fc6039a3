import type { ConnectionId, Principal } from '../ids.ts'
import type { Connection } from '../registry/connection.ts'
import type { Registry } from '../registry/registry.ts'

/** The connection, if it is this person's; another person's looks the same as none. */
export async function findOwnConnection(
  registry: Pick<Registry, 'get'>,
  { workspace, user }: Principal,
  id: ConnectionId,
): Promise<Connection | undefined> {
  const connection = await registry.get(id, workspace)
  return connection?.workspace === workspace && connection.user === user ? connection : undefined
}
