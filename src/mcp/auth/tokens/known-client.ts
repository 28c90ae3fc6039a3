import type { Principal } from '../../../ids.ts'
import type { Identities } from '../enterprise/identities.ts'
import type { DiscoveredAuth } from '../oauth/discover.ts'
import type { AuthChallenge } from './auth-challenge.ts'
import type { AuthConfig } from './auth-config.ts'
import type { StoredTokens } from './stored-tokens.ts'

export type TokenRequest = {
  title: string
  serverUrl: URL
  by: Principal
  terms: AuthConfig
  values: Record<string, string>
  challenge: AuthChallenge
  before: StoredTokens | undefined
  identities: Identities | undefined
  fetch: typeof fetch
}

/** What an authorization server was asked, and as which client. */
export type KnownClientRequest = TokenRequest & { discovered: DiscoveredAuth; client: { id: string; secret: string } }
