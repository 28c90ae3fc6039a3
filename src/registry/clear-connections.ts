import { z } from 'zod'
import { type Db, toUndefined } from '../db/call.ts'
import { ConnectionId, WorkspaceId } from '../ids.ts'

/** A connection with the values of headers that it holds in the clear, by input. */
const ClearConnection = z.object({
  id: ConnectionId,
  workspace: WorkspaceId,
  credential: z.string().nullable().transform(toUndefined),
  values: z.record(z.string(), z.string()),
})
export type ClearConnection = z.infer<typeof ClearConnection>

/** Connections of an older version that hold keys in the clear, because an entry had not marked them. */
export type ClearConnections = {
  list(): Promise<ClearConnection[]>
  /** Its values are saved under `reference` now; false when it changed meanwhile, or another instance did it. */
  secure(connection: ClearConnection, reference: string): Promise<boolean>
}

export const createClearConnections = (db: Db): ClearConnections => ({
  list: () => db.call('clear_connections', {}, z.array(ClearConnection)),
  secure: ({ id, workspace, credential, values }, reference) =>
    db.call(
      'clear_connection_secure',
      { workspace, id, old: credential ?? null, new: reference, names: Object.keys(values) },
      z.boolean(),
    ),
})
