import { randomBytes } from 'node:crypto'
import { exchangeAuthorization, refreshAuthorization, startAuthorization } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { AppError, isAppError } from '../../../errors.ts'
import { AuthChallenge } from '../../protocol/auth-challenge.ts'
import type { ClientIdentity } from '../../protocol/auth-config.ts'
import { assertSafeAddress, createUnusableServerError } from '../oauth/authorize.ts'
import { isSameIssuer } from '../oauth/discover.ts'
import { readAuthorizationCode } from '../oauth/read-callback.ts'
import { RevocationMetadata, type RevocationOutcome, revokeAtEndpoint } from '../oauth/revoke.ts'
import { createTokenError } from '../oauth/token-errors.ts'
import { type Identity, identityIn } from './identity.ts'
import {
  fetchProviderMetadata,
  type IdentityProvider,
  ProviderMetadata,
  providerClientOf,
  providerHostOf,
} from './identity-provider.ts'

/** What is stored until the browser comes back from the organization's identity provider. A secret. */
export const PendingIdentity = z.object({
  kind: z.literal('identity'),
  /** The service that it was asked for, and what that wants. */
  title: z.string(),
  challenge: AuthChallenge,
  metadata: ProviderMetadata,
  verifier: z.string(),
  nonce: z.string(),
  redirectUrl: z.string(),
})
export type PendingIdentity = z.infer<typeof PendingIdentity>

type IdentitySignInRequest = {
  provider: IdentityProvider
  title: string
  challenge: AuthChallenge
  ours: ClientIdentity
  state: string
  fetch: typeof fetch
  precheck(url: string): void
}

const ORGANIZATION = 'your organization'

/** The first step (OpenID Connect Core 1.0 section 3.1, with PKCE): where to send the person. Throws AppErrors. */
export async function beginIdentitySignIn(
  o: IdentitySignInRequest,
): Promise<{ url: string; host: string; pending: PendingIdentity }> {
  const { provider, title, challenge, ours } = o
  const metadata = await fetchProviderMetadata(provider, o.fetch)
  const { authorizationUrl: url, codeVerifier: verifier } = await authorizationOf(o, metadata)
  const nonce = randomBytes(32).toString('base64url')
  url.searchParams.set('nonce', nonce)
  // The SDK asks for consent to offline access. Here the admin has given it, and people may not be able to.
  url.searchParams.delete('prompt')
  assertSafeAddress({ title: ORGANIZATION, precheck: o.precheck }, url)
  const { redirectUrl } = ours
  const pending: PendingIdentity = { kind: 'identity', title, challenge, metadata, verifier, nonce, redirectUrl }
  return { url: url.href, host: url.host, pending }
}

async function authorizationOf({ provider, ours, state }: IdentitySignInRequest, metadata: ProviderMetadata) {
  const lasting = metadata.scopes_supported?.includes('offline_access') === true
  try {
    return await startAuthorization(metadata.issuer, {
      metadata,
      clientInformation: providerClientOf(provider),
      redirectUrl: ours.redirectUrl,
      scope: lasting ? 'openid offline_access' : 'openid',
      state,
    })
  } catch (error) {
    throw createUnusableServerError(ORGANIZATION, error)
  }
}

export const createProviderChangedError = (): AppError =>
  new AppError('sign_in_failed', 'How your organization signs people in was changed meanwhile. Sign in again.')

/** The second step: exchanges the code for an identity. Throws AppErrors with a sentence for the person. */
export async function redeemIdentity(
  provider: IdentityProvider,
  pending: PendingIdentity,
  params: URLSearchParams,
  fetchFn: typeof fetch,
): Promise<Identity> {
  const { metadata, verifier, redirectUrl, nonce } = pending
  const host = providerHostOf(metadata)
  if (!isSameIssuer(metadata.issuer, provider.issuer)) throw createProviderChangedError()
  const code = readAuthorizationCode(
    { title: ORGANIZATION, host, discovered: { metadata, server: provider.issuer } },
    params,
  )
  const tokens = await exchangeAuthorization(metadata.issuer, {
    metadata,
    clientInformation: providerClientOf(provider),
    authorizationCode: code,
    codeVerifier: verifier,
    redirectUri: redirectUrl,
    iss: metadata.issuer,
    fetchFn,
  }).catch((error: unknown) => {
    throw createTokenError(host, error)
  })
  return identityIn(tokens, { provider, metadata, nonce })
}

/** The same person with a new id token. Throws what the SDK does, and AppErrors. */
export async function refreshIdentity(
  provider: IdentityProvider,
  { refreshToken, subject }: Identity & { refreshToken: string },
  fetchFn: typeof fetch,
): Promise<Identity> {
  const metadata = await fetchProviderMetadata(provider, fetchFn)
  const clientInformation = providerClientOf(provider)
  const tokens = await refreshAuthorization(metadata.issuer, { metadata, clientInformation, refreshToken, fetchFn })
  return identityIn(tokens, { provider, metadata, subject })
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
      RevocationMetadata.parse(metadata)
    if (endpoint === undefined) return 'unsupported'
    const tokens: [string, string][] = [[refreshToken, 'refresh_token']]
    return await revokeAtEndpoint({ endpoint, methods, client: providerClientOf(provider), tokens }, fetch)
  } catch (error) {
    if (isAppError(error) || error instanceof Error) return 'failed'
    throw error
  }
}
