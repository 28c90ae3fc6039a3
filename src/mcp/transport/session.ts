import type { Client, PriorDiscovery, ResponseCacheStore, Transport } from '@modelcontextprotocol/client'
import type { Egress } from '../../egress/egress.ts'
import type { Log } from '../../log.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import type { BearerTokens } from '../auth/bearer-tokens.ts'
import type { ElicitationPolicy } from '../elicitation/read-elicitation.ts'
import type { ElicitationRouter } from '../elicitation/route-elicitation.ts'
import type { ListChange } from '../protocol/notifications.ts'
import type { Redactor } from '../protocol/redactor.ts'
import type { Target } from '../protocol/server-target.ts'

/** Which protocol a server spoke last, so that the next session need not ask. `at` is in epoch ms. */
export type ProtocolEra = { kind: 'modern' | 'legacy' | 'sse'; discover?: unknown; at: number }

/** An open session with one server, of one connection. */
export type Session = {
  client: Client
  era: ProtocolEra
  redactor: Redactor
  /** How to read what the server asks of a person. */
  policy: ElicitationPolicy
  /** Calls under way, for what the server asks in the middle of one. */
  elicitations: ElicitationRouter
  /** Resolves when it has ended, whoever ended it. */
  ended: Promise<void>
  close(): Promise<void>
  /** Of a server that runs here: why it was ended, if it was, in the middle of a sentence. */
  fault?(): string | undefined
  /** Ends a server that runs here at once, for this fault. */
  kill?(fault: string): void
}

/** What work on a session is given beside it. */
export type SessionUse = {
  /** Reports that the server has begun to answer a request that may take long. */
  answered(): void
  /** Fires when the session is retired: subscriptions then leave it. */
  retired: AbortSignal
}

export type Work<T> = (session: Session, use: SessionUse) => Promise<T>

/** `shutdown` is aborted when the whole app ends: then servers are not waited for. */
export type OpenDeps = {
  egress: Egress
  /** What servers that run here are started in. */
  sandbox: Sandbox
  projectRoot: string
  log: Log
  shutdown: AbortSignal
  /** Left out: there are none. */
  builtin?: BuiltinLauncher | undefined
}

/** Opens a server of our own by its name. `settings` hold the secrets. Throws AppErrors with a sentence for a person. */
export type BuiltinLauncher = (
  server: string,
  settings: Record<string, string>,
  signal: AbortSignal,
) => Promise<{ connect(transport: Transport): Promise<void> }>

export type SessionRequest = {
  target: Target
  secrets: Record<string, string>
  era: ProtocolEra | undefined
  /** For a server that people sign in to. */
  bearer?: BearerTokens | undefined
  /** Where cacheable responses are stored; without it they last as long as the session. */
  cache?: ResponseCacheStore
  /** The server says that one of its lists has changed. */
  onChanged(what: ListChange): void
}

export type ConnectedClient = Pick<Session, 'client' | 'close' | 'fault' | 'kill'>

/** What the two transports get from the opening of a session. */
export type Wiring = {
  shutdown: AbortSignal
  /** The protocol the server spoke last, where it is known. */
  prior: PriorDiscovery | undefined
  /** `versions`: the protocol revisions it speaks, the one to offer first; left out, all. */
  newClient(probeMs: number, versions?: string[]): Client
  finish(connected: ConnectedClient, kind: 'sse' | 'other'): Session
}
