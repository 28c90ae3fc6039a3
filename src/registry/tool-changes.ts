import { z } from 'zod'
import { type Db, toUndefined } from '../db/call.ts'
import type { ConnectionId, Principal } from '../ids.ts'
import type { Connection } from './connection.ts'
import { ConnectionRow } from './registry.ts'

/** The message that tells of a connection's changes. */
export type ChangeNote = { channel: string; ts: string }

/** Which changes of servers' listings wait for a person, and who was told of them. */
export type ToolChanges = {
  /** Accepts `tools` of exactly these changes, the instructions being ''; undefined where they are others by now. `by`: a user, or a card. */
  accept(owner: Principal, id: ConnectionId, accepted: AcceptedChanges, by: string): Promise<Connection | undefined>
  /** Claims connections whose owners are to be told, each at most every `quietMs`; without changes: that nothing waits any more. */
  claim(quietMs: number): Promise<{ connection: Connection; note: ChangeNote | undefined }[]>
  /** What is not noted as told is claimed again. */
  told(id: ConnectionId, note: ChangeNote): Promise<void>
}

export type AcceptedChanges = { hash: string; tools: string[] }

const Maybe = ConnectionRow.nullable().transform(toUndefined)
const Claimed = z.array(
  z
    .object({ connection: ConnectionRow, channel: z.string().nullable(), ts: z.string().nullable() })
    .transform(({ connection, channel, ts }) => ({
      connection,
      note: channel === null || ts === null ? undefined : { channel, ts },
    })),
)
const Nothing = z.null().transform(() => undefined)

export const createToolChanges = (db: Db): ToolChanges => ({
  accept: ({ workspace, user }, id, { hash, tools }, by) =>
    db.call('tool_changes_accept', { workspace, user, id, hash, tools, by }, Maybe),
  claim: (quietMs) => db.call('tool_changes_claim', { quiet_ms: quietMs }, Claimed),
  told: (id, { channel, ts }) => db.call('tool_changes_told', { id, channel, ts }, Nothing),
})
