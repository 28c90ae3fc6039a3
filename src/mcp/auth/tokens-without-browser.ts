import { isEnterpriseManaged, requestEnterpriseTokens } from './enterprise/enterprise-tokens.ts'
import type { Identities } from './enterprise/identities.ts'
import {
  type KnownClientRequest,
  reportMissingCredentials,
  requestClientCredentialsTokens,
  supportsOnlyClientCredentials,
  type TokenRequest,
} from './oauth/client-credentials.ts'
import { findPreregisteredClient } from './oauth/client-registration.ts'
import { discoverAuth, isSameIssuer } from './oauth/discover.ts'
import type { StoredTokens } from './tokens/stored-tokens.ts'

/**
 * Tokens that need no browser: with the connection's own client credentials, where the card says so or
 * the authorization server has no other grant, or with the organization's identity. Undefined where a person has to sign in
 * there; throws `sign_in_needed` where they have to sign in with their organization.
 */
export async function requestTokensWithoutBrowser(
  request: TokenRequest,
  identities: Identities | undefined,
): Promise<StoredTokens | undefined> {
  const { terms, values } = request
  if (
    !terms.registered.some((one) => findPreregisteredClient({ registered: [one] }, values)?.client_secret !== undefined)
  )
    return reportMissingCredentials(request)
  const discovered = await discoverAuth(request)
  const { client_id: id, client_secret: secret } = findPreregisteredClient(terms, values, discovered.issuer) ?? {}
  if (id === undefined || secret === undefined) return reportMissingCredentials(request)
  const sameIssuer = request.before !== undefined && isSameIssuer(request.before.issuer, discovered.issuer)
  const before = sameIssuer ? request.before : undefined
  const known: KnownClientRequest = { ...request, before, discovered, client: { id, secret } }
  if (terms.kind === 'client_credentials') return requestClientCredentialsTokens(known)
  if (isEnterpriseManaged(identities, request, discovered)) return requestEnterpriseTokens(identities, known)
  return supportsOnlyClientCredentials(discovered) ? requestClientCredentialsTokens(known) : undefined
}
