import { OAuthError, OAuthErrorCode, refreshAuthorization } from '@modelcontextprotocol/client'
import { boundSession } from './bound-key.ts'
import type { Challenge } from './challenge.ts'
import { clientNow } from './client.ts'
import { type Discovered, discover, resourceFor } from './discover.ts'
import { type Kept, tokensOf } from './kept.ts'
import type { Terms } from './terms.ts'
import { tokenTrouble } from './words.ts'

/** Answers that say that the sign-in is over, not that it failed this once. */
export const OVER = new Set<string>([
  OAuthErrorCode.InvalidGrant,
  OAuthErrorCode.InvalidClient,
  OAuthErrorCode.UnauthorizedClient,
  OAuthErrorCode.InvalidDpopProof,
])

type Asked = {
  title: string
  serverUrl: URL
  terms: Terms
  values: Record<string, string>
  challenge: Challenge
  fetch: typeof fetch
}

/** New tokens for old. Undefined when the person has to sign in again; throws AppErrors for trouble that may pass. */
export async function refresh(kept: Kept, asked: Asked): Promise<Kept | undefined> {
  const { title, terms, values, fetch } = asked
  const { refreshToken } = kept
  if (refreshToken === undefined) return undefined
  // Asked anew, so that a server that moved to another authorization server is noticed before it gets a token.
  const discovered = await discover(asked)
  if (discovered.issuer !== kept.issuer) return undefined
  try {
    const tokens = await refreshed({ ...kept, client: clientNow(kept, terms, values) }, refreshToken, discovered, fetch)
    return { ...kept, ...tokensOf(tokens, kept.scope, Date.now()) }
  } catch (error) {
    if (error instanceof OAuthError && OVER.has(error.code)) return undefined
    throw tokenTrouble(title, error)
  }
}

async function refreshed(kept: Kept, refreshToken: string, discovered: Discovered, fetchFn: typeof fetch) {
  const { server, metadata } = discovered
  return refreshAuthorization(server, {
    ...(metadata && { metadata }),
    clientInformation: kept.client,
    refreshToken,
    ...resourceFor(discovered, kept.resource),
    ...(kept.key && { dpop: await boundSession(kept.key) }),
    fetchFn,
  })
}
