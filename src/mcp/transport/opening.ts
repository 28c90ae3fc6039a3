import type { Client, PriorDiscovery, ResponseCacheStore } from '@modelcontextprotocol/client'
import type { Egress } from '../../egress/egress.ts'
import type { Log } from '../../log.ts'
import type { BearerTokens } from '../auth/bearer-tokens.ts'
import type { ListChange } from '../protocol/notifications.ts'
import type { Target } from '../protocol/server-target.ts'
import type { ProtocolEra, Session } from './session.ts'

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

export type ConnectedClient = Pick<Session, 'client' | 'stderrTail' | 'close'>

/** What the two transports get from the opening of a session. */
export type Wiring = {
  shutdown: AbortSignal
  /** The protocol the server spoke last, where it is known. */
  prior: PriorDiscovery | undefined
  newClient(probeMs: number): Client
  finish(connected: ConnectedClient, kind: 'sse' | 'other'): Session
}
