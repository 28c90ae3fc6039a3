import type { Client, ResponseCacheStore } from '@modelcontextprotocol/client'
import type { Egress } from '../egress/egress.ts'
import type { Log } from '../log.ts'
import type { Bearer } from './auth/bearer.ts'
import type { Era } from './era.ts'
import type { Changed } from './notices.ts'
import type { Session } from './session.ts'
import type { Target } from './target.ts'

/** `hurry` is aborted when the whole app ends: then servers are not waited for. */
export type OpenDeps = { egress: Egress; projectRoot: string; log: Log; hurry: AbortSignal }

export type Opening = {
  target: Target
  secrets: Record<string, string>
  era: Era | undefined
  /** For a server that people sign in to. */
  bearer?: Bearer | undefined
  /** Where answers are kept that may be; without it they last as long as the session. */
  cache?: ResponseCacheStore
  /** The server says that it has others now. */
  onChanged(what: Changed): void
}

/** What the two ways of opening get from here. */
export type Wiring = {
  hurry: AbortSignal
  newClient(probeMs: number): Client
  finish(session: Omit<Session, 'clean' | 'border' | 'askers' | 'ended'>): Session
}
