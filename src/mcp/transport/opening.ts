import type { Client, ResponseCacheStore } from '@modelcontextprotocol/client'
import type { Egress } from '../../egress/egress.ts'
import type { Log } from '../../log.ts'
import type { BearerTokens } from '../auth/bearer-tokens.ts'
import type { ListChange } from '../protocol/notifications.ts'
import type { ProtocolEra } from '../protocol/protocol-era.ts'
import type { Target } from '../protocol/server-target.ts'
import type { Session } from './session.ts'

/** `shutdown` is aborted when the whole app ends: then servers are not waited for. */
export type OpenDeps = { egress: Egress; projectRoot: string; log: Log; shutdown: AbortSignal }

export type SessionRequest = {
  target: Target
  secrets: Record<string, string>
  era: ProtocolEra | undefined
  /** For a server that people sign in to. */
  bearer?: BearerTokens | undefined
  /** Where answers are kept that may be; without it they last as long as the session. */
  cache?: ResponseCacheStore
  /** The server says that it has others now. */
  onChanged(what: ListChange): void
}

/** What the two ways of opening get from here. */
export type Wiring = {
  shutdown: AbortSignal
  newClient(probeMs: number): Client
  finish(session: Omit<Session, 'redactor' | 'policy' | 'elicitations' | 'ended'>): Session
}
