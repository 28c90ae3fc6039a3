import { OAuthError, OAuthErrorCode, refreshAuthorization } from '@modelcontextprotocol/client'
import type { AuthChallenge } from '../../protocol/auth-challenge.ts'
import type { AuthConfig } from '../../protocol/auth-config.ts'
import { createDpopSession } from '../tokens/dpop-key.ts'
import { type StoredTokens, tokenFieldsOf } from '../tokens/stored-tokens.ts'
import { currentClientOf } from './client-registration.ts'
import { type DiscoveredAuth, discoverAuth, isSameIssuer } from './discover.ts'
import { requestNamingResource, resourceIndicatorFor } from './resource-indicator.ts'
import { CLIENT_ERRORS, createTokenError } from './token-errors.ts'

/** Answers that say that the sign-in is over, not that it failed this once. */
export const ENDED_SIGN_IN_ERRORS = new Set<string>([
  OAuthErrorCode.InvalidGrant,
  OAuthErrorCode.InvalidClient,
  OAuthErrorCode.UnauthorizedClient,
  OAuthErrorCode.InvalidDpopProof,
])

type RefreshRequest = {
  title: string
  serverUrl: URL
  terms: AuthConfig
  values: Record<string, string>
  challenge: AuthChallenge
  fetch: typeof fetch
}

/** Exchanges the refresh token for new tokens. Undefined or `client_refused` when the person has to sign in again; throws AppErrors for failures that may pass. */
export async function refreshTokens(
  tokens: StoredTokens,
  request: RefreshRequest,
): Promise<StoredTokens | 'client_refused' | undefined> {
  const { title, terms, values, fetch } = request
  const { refreshToken } = tokens
  if (refreshToken === undefined) return undefined
  // Discovered anew, so that a server that moved to another authorization server is noticed before it gets a token.
  const discovered = await discoverAuth(request)
  if (!isSameIssuer(discovered.issuer, tokens.issuer)) return undefined
  try {
    const refreshed = await refreshOnce(
      { ...tokens, client: currentClientOf(tokens, terms, values) },
      refreshToken,
      discovered,
      fetch,
    )
    const { tokens: fresh, ...learned } = refreshed
    return { ...tokens, ...learned, ...tokenFieldsOf(fresh, tokens.scope, Date.now()) }
  } catch (error) {
    if (error instanceof OAuthError && CLIENT_ERRORS.has(error.code)) return 'client_refused'
    if (error instanceof OAuthError && ENDED_SIGN_IN_ERRORS.has(error.code)) return undefined
    throw createTokenError(title, error)
  }
}

async function refreshOnce(
  tokens: StoredTokens,
  refreshToken: string,
  discovered: DiscoveredAuth,
  fetchFn: typeof fetch,
) {
  const { server, metadata } = discovered
  const { client, resource, refusesResource, key } = tokens
  const dpop = key && (await createDpopSession(key))
  return requestNamingResource(resourceIndicatorFor({ ...discovered, resource }, refusesResource), (indicator) =>
    refreshAuthorization(server, {
      ...(metadata && { metadata }),
      clientInformation: client,
      refreshToken,
      ...indicator,
      ...(dpop && { dpop }),
      fetchFn,
    }),
  )
}
