import { discoverAuthorizationServerMetadata } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { isAppError } from '../../../errors.ts'
import type { Identity } from '../enterprise/identity.ts'
import { clientOfProvider, fetchProviderMetadata, type IdentityProvider } from '../enterprise/identity-provider.ts'
import type { AuthConfig, AuthEndpoints } from '../tokens/auth-config.ts'
import type { KnownClient, StoredTokens } from '../tokens/stored-tokens.ts'
import { authenticateClient } from './client-authentication.ts'
import { currentClientOf } from './client-registration.ts'
import { isSameIssuer } from './discover.ts'

const Revoking = z.looseObject({
  revocation_endpoint: z.string().optional(),
  revocation_endpoint_auth_methods_supported: z.array(z.string()).optional(),
})

/** `unsupported`: there is no way to take tokens back there; they end by themselves. */
export type RevocationOutcome = 'revoked' | 'unsupported' | 'failed'

type Asked = { terms: AuthConfig; values: Record<string, string>; fetch: typeof fetch }

/** Takes the tokens back where they came from (RFC 7009). Never throws: what cannot be done is said. */
export async function revokeTokens(kept: StoredTokens, asked: Asked): Promise<RevocationOutcome> {
  try {
    return await revoked(kept, asked)
  } catch (error) {
    if (isAppError(error) || error instanceof Error) return 'failed'
    throw error
  }
}

/** Ends a sign-in with the organization where it is possible: an id token alone ends by itself. Never throws. */
export async function revokeIdentity(
  provider: IdentityProvider,
  { issuer, refreshToken }: Identity,
  fetch: typeof globalThis.fetch,
): Promise<RevocationOutcome> {
  if (refreshToken === undefined || !isSameIssuer(issuer, provider.issuer)) return 'unsupported'
  try {
    const metadata = await fetchProviderMetadata(provider, fetch)
    const { revocation_endpoint: endpoint, revocation_endpoint_auth_methods_supported: methods } =
      Revoking.parse(metadata)
    if (endpoint === undefined) return 'unsupported'
    const tokens: [string, string][] = [[refreshToken, 'refresh_token']]
    return await takenBack({ endpoint, methods, client: clientOfProvider(provider), tokens }, fetch)
  } catch (error) {
    if (isAppError(error) || error instanceof Error) return 'failed'
    throw error
  }
}

async function revoked(kept: StoredTokens, { terms, values, fetch }: Asked): Promise<RevocationOutcome> {
  const { revocation_endpoint: endpoint, revocation_endpoint_auth_methods_supported: methods } =
    terms.endpoints === undefined
      ? Revoking.parse((await discoverAuthorizationServerMetadata(kept.issuer, { fetchFn: fetch })) ?? {})
      : fixed(terms.endpoints)
  if (endpoint === undefined) return 'unsupported'
  // The refresh token first: most servers end the access token with it.
  const tokens: [string, string][] = [
    ...(kept.refreshToken === undefined ? [] : [[kept.refreshToken, 'refresh_token'] satisfies [string, string]]),
    [kept.accessToken, 'access_token'],
  ]
  return takenBack({ endpoint, methods, client: currentClientOf(kept, terms, values), tokens }, fetch)
}

type TakeBack = { endpoint: string; methods: string[] | undefined; client: KnownClient; tokens: [string, string][] }

async function takenBack(
  { endpoint, methods, client, tokens }: TakeBack,
  fetch: typeof globalThis.fetch,
): Promise<RevocationOutcome> {
  for (const [token, hint] of tokens) {
    const answer = await fetch(endpoint, {
      method: 'POST',
      redirect: 'error',
      ...authenticateClient(client, methods ?? [], new URLSearchParams({ token, token_type_hint: hint })),
    })
    await answer.text()
    if (!answer.ok) return 'failed'
  }
  return 'revoked'
}

const fixed = ({ revocation, clientAuth }: AuthEndpoints): z.infer<typeof Revoking> => ({
  revocation_endpoint: revocation,
  revocation_endpoint_auth_methods_supported: clientAuth === undefined ? undefined : [clientAuth],
})
