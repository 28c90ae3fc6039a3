import { isAppError } from '../../../errors.ts'
import { isSameIssuer } from '../oauth/discover.ts'
import { RevocationMetadata, type RevocationOutcome, revokeAtEndpoint } from '../oauth/revoke.ts'
import type { Identity } from './identity.ts'
import { fetchProviderMetadata, type IdentityProvider, providerClientOf } from './identity-provider.ts'

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
      RevocationMetadata.parse(metadata)
    if (endpoint === undefined) return 'unsupported'
    const tokens: [string, string][] = [[refreshToken, 'refresh_token']]
    return await revokeAtEndpoint({ endpoint, methods, client: providerClientOf(provider), tokens }, fetch)
  } catch (error) {
    if (isAppError(error) || error instanceof Error) return 'failed'
    throw error
  }
}
