import type { Client } from '@modelcontextprotocol/client'
import type { Askers } from './askers.ts'
import type { Clean } from './clean.ts'
import type { Era } from './era.ts'
import type { Border } from './read-ask.ts'

/** An open session with one server, of one connection. */
export type Session = {
  client: Client
  era: Era
  clean: Clean
  /** For what the server asks of a person. */
  border: Border
  /** Calls under way, for what the server asks in the middle of one. */
  askers: Askers
  /** Resolves when it has ended, whoever ended it. */
  ended: Promise<void>
  /** The server's own last words on why it ended, without secrets; empty when it said nothing. */
  lastWords(): string
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
