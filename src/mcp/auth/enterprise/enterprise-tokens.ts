import {
  assertSecureTokenEndpoint,
  computeScopeUnion,
  OAuthError,
  OAuthErrorCode,
  parseErrorResponse,
} from '@modelcontextprotocol/client'
import { z } from 'zod'
import { AppError, isAppError } from '../../../errors.ts'
import { type AuthChallenge, SignInChallenge } from '../../protocol/auth-challenge.ts'
import type { AuthConfig } from '../../protocol/auth-config.ts'
import { authenticateClient } from '../oauth/client-authentication.ts'
import {
  clientAuthProviderFor,
  dpopKeyFor,
  type KnownClientRequest,
  requestTokensFor,
} from '../oauth/client-credentials.ts'
import { findPreregisteredClient } from '../oauth/client-registration.ts'
import type { DiscoveredAuth } from '../oauth/discover.ts'
import { createTokenError } from '../oauth/token-errors.ts'
import { type StoredTokens, tokenFieldsOf } from '../tokens/stored-tokens.ts'
import type { Identities } from './identities.ts'
import type { Identity } from './identity.ts'
import { fetchProviderMetadata, type IdentityProvider, providerClientOf, providerHostOf } from './identity-provider.ts'

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

const Grants = z.looseObject({
  authorization_grant_profiles_supported: z.array(z.string()).default([]).catch([]),
  grant_types_supported: z.array(z.string()).default([]).catch([]),
})

/**
 * Whether a connection's tokens can be requested with the organization's identity (ID-JAG): the operator set an identity provider, a client
 * with a secret is registered, and the authorization server takes it.
 */
export function isEnterpriseManaged(
  identities: Identities | undefined,
  { terms, values }: { terms: AuthConfig; values: Record<string, string> },
  discovered: DiscoveredAuth,
): identities is Identities {
  if (identities === undefined || terms.kind !== 'oauth') return false
  const client = findPreregisteredClient(terms, values, discovered.issuer)
  return client?.client_secret !== undefined && acceptsIdJag(terms, discovered)
}

/** By its metadata or the card. The JWT bearer grant alone is not enough where people can sign in: it may expect JWTs of another kind. */
function acceptsIdJag(terms: AuthConfig, { metadata }: DiscoveredAuth): boolean {
  const { authorization_grant_profiles_supported: profiles, grant_types_supported: grants } = Grants.parse(
    metadata ?? {},
  )
  if (terms.managed === true || profiles.includes('urn:ietf:params:oauth:grant-profile:id-jag')) return true
  return grants.includes(JWT_BEARER) && !grants.includes('authorization_code')
}

/**
 * Tokens for an ID-JAG of the organization's identity provider (draft-ietf-oauth-identity-assertion-authz-grant section 4.4). Throws
 * `sign_in_needed` where the person has to sign in with their organization first, `not_allowed` where it says no.
 */
export async function requestEnterpriseTokens(
  identities: Identities,
  request: KnownClientRequest,
): Promise<StoredTokens> {
  const { title, terms, challenge, before, discovered, client } = request
  const scope = computeScopeUnion(before?.scope, challenge.scope ?? (terms.scopes?.join(' ') || discovered.scopes))
  const assertion = await assertionFor(identities, request, scope)
  const key = await dpopKeyFor(discovered, before)
  const provider = clientAuthProviderFor(title, client, discovered.issuer, key)
  provider.prepareTokenRequest = () =>
    new URLSearchParams({ grant_type: JWT_BEARER, assertion, ...(scope !== undefined && { scope }) })
  const { tokens, ...learned } = await requestTokensFor(provider, request, scope).catch((error: unknown) => {
    throw createNotAcceptedError(identities, title, error)
  })
  return {
    issuer: discovered.issuer,
    client: { client_id: client.id },
    clientFrom: 'registered',
    resource: discovered.resource,
    managed: identities.provider.issuer,
    ...learned,
    // When they end, the organization is asked again whether the person may.
    ...tokenFieldsOf({ ...tokens, refresh_token: undefined }, scope, Date.now()),
    ...(key && { key }),
  }
}

// An identity this new was hardly ended meanwhile: a refusal is about the service.
const FRESH_MS = 60_000

async function assertionFor(
  identities: Identities,
  request: KnownClientRequest,
  scope: string | undefined,
): Promise<string> {
  const { by, fetch, discovered } = request
  const exchange = (identity: Identity) => requestIdJag(identities.provider, identity, { discovered, scope, fetch })
  const known = await identities.of(by, fetch)
  if (known === undefined) throw createIdentityNeededError(request)
  try {
    return await exchange(known)
  } catch (error) {
    if (!hasCode(error, OAuthErrorCode.InvalidGrant) || !mayHaveEnded(known))
      throw createExchangeError(identities, request, error)
  }
  const refreshed = await identities.refresh(by, known, fetch)
  if (refreshed === undefined) throw createIdentityNeededError(request)
  try {
    return await exchange(refreshed)
  } catch (error) {
    throw createExchangeError(identities, request, error)
  }
}

/** A refresh shows it; where there is none, only time speaks for it. */
const mayHaveEnded = ({ refreshToken, at }: Identity): boolean =>
  refreshToken !== undefined || at < Date.now() - FRESH_MS

const hasCode = (error: unknown, ...codes: string[]): error is OAuthError =>
  error instanceof OAuthError && codes.includes(error.code)

const createIdentityNeededError = ({
  title,
  before,
  challenge,
}: {
  title: string
  before: StoredTokens | undefined
  challenge: AuthChallenge
}) =>
  new AppError(
    'sign_in_needed',
    before === undefined
      ? `${title} takes your organization’s sign-in. Sign in there once.`
      : `Your organization’s sign-in has ended, and ${title} needs it. Sign in there again.`,
    { cause: new SignInChallenge(challenge) },
  )

/** The error for a refused exchange. The provider's text may repeat what it was sent, so only its code is read. */
function createExchangeError({ provider }: Identities, request: KnownClientRequest, error: unknown): AppError {
  const host = providerHostOf(provider)
  if (hasCode(error, 'insufficient_user_authentication'))
    return new AppError('sign_in_needed', `${host} wants you to sign in anew before you use ${request.title}.`, {
      cause: new SignInChallenge(request.challenge),
    })
  if (!hasCode(error, ...NOT_ALLOWED)) return createTokenError(host, error)
  return new AppError(
    'not_allowed',
    `Your organization does not allow you to use ${request.title} here (${host} says no). Ask its admin to allow Patchbay to use ${request.title} for you.`,
    { cause: new Error(`oauth ${error.code}`) },
  )
}

const NOT_ALLOWED = ['access_denied', 'invalid_grant', 'invalid_target', 'unauthorized_client']

function createNotAcceptedError({ provider }: Identities, title: string, error: unknown): AppError {
  if (isAppError(error) || !(error instanceof OAuthError)) return createTokenError(title, error)
  return new AppError(
    'sign_in_failed',
    `${title} did not take the word of ${providerHostOf(provider)} for you. Whoever runs Patchbay should check that it is set up there and knows Patchbay’s client id.`,
    { cause: new Error(`oauth ${error.code}`) },
  )
}

const ID_JAG = 'urn:ietf:params:oauth:token-type:id-jag'

/** A token of another type is never passed on to another authorization server. */
const Exchanged = z.object({ issued_token_type: z.literal(ID_JAG), access_token: z.string() })

type IdJagRequest = { discovered: DiscoveredAuth; scope: string | undefined; fetch: typeof fetch }

/**
 * An ID-JAG of the identity provider for one authorization server and one MCP server: a token exchange (RFC 8693)
 * as draft-ietf-oauth-identity-assertion-authz-grant section 4.3 has it. Not the SDK's, which knows one way to show who
 * the client is, whatever the provider takes, and whose errors have no code. Throws OAuthErrors and AppErrors.
 */
async function requestIdJag(provider: IdentityProvider, identity: Identity, request: IdJagRequest): Promise<string> {
  const { discovered, scope, fetch } = request
  const metadata = await fetchProviderMetadata(provider, fetch)
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: ID_JAG,
    audience: discovered.issuer,
    resource: discovered.resource,
    subject_token: identity.idToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    ...(scope !== undefined && { scope }),
  })
  const response = await fetch(assertSecureTokenEndpoint(metadata.token_endpoint), {
    method: 'POST',
    redirect: 'error',
    ...authenticateClient(providerClientOf(provider), metadata.token_endpoint_auth_methods_supported ?? [], body),
  })
  if (!response.ok) throw await parseErrorResponse(response)
  return Exchanged.parse(await response.json()).access_token
}
