import type { Client } from '@modelcontextprotocol/client'
import type { ElicitationPolicy } from '../elicitation/read-elicitation.ts'
import type { ElicitationRouter } from '../elicitation/route-elicitation.ts'
import type { Redactor } from '../protocol/redactor.ts'

/** Which protocol a server spoke last, so that the next session need not ask. `at` is in epoch ms. */
export type ProtocolEra = { kind: 'modern' | 'legacy' | 'sse'; discover?: unknown; at: number }

/** An open session with one server, of one connection. */
export type Session = {
  client: Client
  era: ProtocolEra
  redactor: Redactor
  /** For what the server asks of a person. */
  policy: ElicitationPolicy
  /** Calls under way, for what the server asks in the middle of one. */
  elicitations: ElicitationRouter
  /** Resolves when it has ended, whoever ended it. */
  ended: Promise<void>
  /** The server's own last words on why it ended, without secrets; empty when it said nothing. */
  stderrTail(): string
  close(): Promise<void>
}

/** What work on a session is given beside it. */
export type SessionUse = {
  /** Says that the server has taken up a request that may go on for long. */
  answered(): void
  /** Fires when another session takes this one's place: work without an end leaves then. */
  retired: AbortSignal
}

export type Work<T> = (session: Session, use: SessionUse) => Promise<T>
