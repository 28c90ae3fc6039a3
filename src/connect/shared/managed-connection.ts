import { type ConnectionId, type Principal, WORKSPACE_USER } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import type { SharedChange } from '../../registry/shared-connections.ts'
import type { ConnectDeps } from '../connect-types.ts'

type Deps = Pick<ConnectDeps, 'sharing'> & { registry: Pick<ConnectDeps['registry'], 'get'> }

/** The connection, if this person may change it now: their own, or as an owner a workspace connection. Anybody else's looks the same as none. */
export async function findManagedConnection(
  { registry, sharing }: Deps,
  by: Principal,
  id: ConnectionId,
): Promise<Connection | undefined> {
  const connection = await registry.get(id, by.workspace)
  if (connection?.workspace !== by.workspace) return undefined
  if (connection.user === by.user) return connection
  if (connection.user !== WORKSPACE_USER || sharing === undefined) return undefined
  if ((await sharing.roleOf(by)) !== 'owner') return undefined
  const { shared } = (await sharing.connections.in(by.workspace)).find((one) => one.id === id) ?? {}
  return { ...connection, shared }
}

export const FROM_FILE =
  'This connection comes from a file of whoever runs Patchbay here. Ask them: only they can change or remove it.'

/** Names the owner in the audit before they change a workspace connection. */
export async function noteIfShared(
  { sharing }: Pick<ConnectDeps, 'sharing'>,
  by: Principal,
  { id, user }: Connection,
  act: SharedChange,
): Promise<void> {
  if (user === WORKSPACE_USER) await sharing?.connections.note(by, id, act)
}
