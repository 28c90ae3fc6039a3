import type { Client } from '@modelcontextprotocol/client'
import type { Clean } from './clean.ts'
import type { Era } from './era.ts'

/** An open session with one server, of one connection. */
export type Session = {
  client: Client
  era: Era
  clean: Clean
  /** Resolves when it has ended, whoever ended it. */
  ended: Promise<void>
  /** The server's own last words on why it ended, without secrets; empty when it said nothing. */
  lastWords(): string
  close(): Promise<void>
}
