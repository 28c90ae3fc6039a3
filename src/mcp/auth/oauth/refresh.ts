import { OAuthError, OAuthErrorCode, refreshAuthorization } from '@modelcontextprotocol/client'
import type { AuthChallenge } from '../tokens/auth-challenge.ts'
import type { AuthConfig } from '../tokens/auth-config.ts'
import { createDpopSession } from '../tokens/dpop-key.ts'
import { type StoredTokens, tokenFieldsOf } from '../tokens/stored-tokens.ts'
import { currentClientOf } from './client-registration.ts'
import { type DiscoveredAuth, discoverAuth, resourceIndicatorFor } from './discover.ts'
import { createTokenError } from './token-errors.ts'

/** Answers that say that the sign-in is over, not that it failed this once. */
export const ENDED_SIGN_IN_ERRORS = new Set<string>([
  OAuthErrorCode.InvalidGrant,
  OAuthErrorCode.InvalidClient,
  OAuthErrorCode.UnauthorizedClient,
  OAuthErrorCode.InvalidDpopProof,
])

type Asked = {
  title: string
  serverUrl: URL
  terms: AuthConfig
  values: Record<string, string>
  challenge: AuthChallenge
  fetch: typeof fetch
}

/** New tokens for old. Undefined when the person has to sign in again; throws AppErrors for trouble that may pass. */
export async function refreshTokens(kept: StoredTokens, asked: Asked): Promise<StoredTokens | undefined> {
  const { title, terms, values, fetch } = asked
  const { refreshToken } = kept
  if (refreshToken === undefined) return undefined
  // Asked anew, so that a server that moved to another authorization server is noticed before it gets a token.
  const discovered = await discoverAuth(asked)
  if (discovered.issuer !== kept.issuer) return undefined
  try {
    const tokens = await refreshed(
      { ...kept, client: currentClientOf(kept, terms, values) },
      refreshToken,
      discovered,
      fetch,
    )
    return { ...kept, ...tokenFieldsOf(tokens, kept.scope, Date.now()) }
  } catch (error) {
    if (error instanceof OAuthError && ENDED_SIGN_IN_ERRORS.has(error.code)) return undefined
    throw createTokenError(title, error)
  }
}

async function refreshed(kept: StoredTokens, refreshToken: string, discovered: DiscoveredAuth, fetchFn: typeof fetch) {
  const { server, metadata } = discovered
  return refreshAuthorization(server, {
    ...(metadata && { metadata }),
    clientInformation: kept.client,
    refreshToken,
    ...resourceIndicatorFor(discovered, kept.resource),
    ...(kept.key && { dpop: await createDpopSession(kept.key) }),
    fetchFn,
  })
}
