import { z } from 'zod'
import { type Db, toUndefined } from '../db/call.ts'
import type { ConnectionId, Principal, WorkspaceId } from '../ids.ts'
import type { Connection, ConnectionShare } from './connection.ts'
import { ConnectionRow } from './registry.ts'

export type NewShare = Pick<ConnectionShare, 'audience' | 'people' | 'level'>

/** The workspace connections. The caller checks who may change them. */
export type SharedConnections = {
  in(workspace: WorkspaceId): Promise<Connection[]>
  /** Shares the person's connection with the workspace, or changes who may use a workspace connection; undefined where it is neither. Throws `name_taken`. */
  share(by: Principal, id: ConnectionId, share: NewShare, fromFile?: boolean): Promise<Connection | undefined>
  /** Those of all workspaces that the operator's file connected. */
  fromFiles(): Promise<Connection[]>
  /** Writes down who is about to change one; false where it is no workspace connection. */
  note(by: Principal, id: ConnectionId, act: SharedChange): Promise<boolean>
}

export type SharedChange = 'replace' | 'sign in' | 'disconnect' | 'accept changes'

const Shared = ConnectionRow.nullable().transform(toUndefined)

export const createSharedConnections = (db: Db): SharedConnections => ({
  in: (workspace) => db.call('shared_connections_in', { workspace }, z.array(ConnectionRow)),
  share: ({ workspace, user }, id, share, fromFile = false) =>
    db.call('connection_share', { workspace, user, id, ...share, from_file: fromFile }, Shared),
  fromFiles: () => db.call('shared_connections_from_files', {}, z.array(ConnectionRow)),
  note: async ({ workspace, user }, id, act) =>
    (await db.call('shared_connection_managed', { workspace, user, id, act }, z.literal(true).nullable())) !== null,
})
