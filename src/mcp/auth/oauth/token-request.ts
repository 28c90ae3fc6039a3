import type { Principal } from '../../../ids.ts'
import type { AuthChallenge } from '../../protocol/auth-challenge.ts'
import type { AuthConfig } from '../../protocol/auth-config.ts'
import type { StoredTokens } from '../tokens/stored-tokens.ts'
import type { DiscoveredAuth } from './discover.ts'

/** Tokens for a connection, to be had without a page of the service. */
export type TokenRequest = {
  title: string
  serverUrl: URL
  by: Principal
  terms: AuthConfig
  values: Record<string, string>
  challenge: AuthChallenge
  before: StoredTokens | undefined
  fetch: typeof fetch
}

/** What an authorization server was asked, and as which client. */
export type KnownClientRequest = TokenRequest & { discovered: DiscoveredAuth; client: { id: string; secret: string } }
