import type { Principal } from '../ids.ts'
import type { Connection } from '../registry/connection.ts'
import type { SharedConnections } from '../registry/shared-connections.ts'

/** The operator's file, and the variables that its values may name. */
export type SharedFileSource = { path: string; valueFor(variable: string): string | undefined }

export type ShareOutcome = { ok: true; connection: Connection } | { ok: false; message: string }

/** The workspace connections, and what a person is in it at this moment; these throw AppError `slack_failed`. */
export type Sharing = {
  connections: SharedConnections
  roleOf(by: Principal): Promise<'owner' | 'approver' | 'member'>
  /** No guest, and nobody from another organization. */
  isMember(by: Principal): Promise<boolean>
}
