import {
  computeScopeUnion,
  exchangeAuthorization,
  OAuthError,
  OAuthErrorCode,
  startAuthorization,
} from '@modelcontextprotocol/client'
import { z } from 'zod'
import { AppError, isAppError } from '../../../errors.ts'
import { AuthChallenge } from '../../protocol/auth-challenge.ts'
import type { AuthConfig, ClientIdentity } from '../../protocol/auth-config.ts'
import { createDpopKey, createDpopSession } from '../tokens/dpop-key.ts'
import { DpopKey, KnownClient, StoredTokens, tokenFieldsOf } from '../tokens/stored-tokens.ts'
import { identifyClient, type RegisteredClient } from './client-registration.ts'
import { DiscoveredAuth, isSameIssuer } from './discover.ts'
import { probeAuthorization } from './probe-authorization.ts'
import { readAuthorizationCode } from './read-callback.ts'
import { requestNamingResource, resourceIndicatorFor } from './resource-indicator.ts'
import {
  CLIENT_ERRORS,
  createForgottenError,
  createResourceRefusedError,
  createTokenError,
  isResourceRefusal,
} from './token-errors.ts'

/** What is stored until the browser comes back. A secret: it holds the code verifier. */
export const PendingSignIn = z.object({
  title: z.string(),
  discovered: DiscoveredAuth,
  client: KnownClient,
  clientFrom: StoredTokens.shape.clientFrom,
  verifier: z.string(),
  scope: z.string().optional(),
  redirectUrl: z.string(),
  challenge: AuthChallenge,
  key: DpopKey.optional(),
  refusesResource: StoredTokens.shape.refusesResource,
})
export type PendingSignIn = z.infer<typeof PendingSignIn>

type AuthorizationStart = {
  title: string
  terms: AuthConfig
  values: Record<string, string>
  ours: ClientIdentity
  discovered: DiscoveredAuth
  challenge: AuthChallenge
  before: StoredTokens | undefined
  state: string
  fetch: typeof fetch
  /** Throws `egress_refused` for an address that is not safe to open. */
  precheck(url: string): void
}

/** The first step of a sign-in: where to send the person. */
export async function beginSignIn(
  o: AuthorizationStart,
): Promise<{ url: string; host: string; pending: PendingSignIn }> {
  const { title, discovered, challenge, ours, before } = o
  assertPkce(title, discovered)
  const scope = scopeFor(o)
  const known = before?.refusesResource === true &&
    isSameIssuer(before.issuer, discovered.issuer) && { refusesResource: true }
  const { client, clientFrom, ...learned } = await findAcceptedClient(o, scope, known || {})
  const request = {
    title,
    discovered,
    client,
    clientFrom,
    ...(scope !== undefined && { scope }),
    redirectUrl: ours.redirectUrl,
    challenge,
    ...learned,
  }
  const { authorizationUrl, codeVerifier } = await authorizationOf(request, o.state)
  assertSafeAddress(o, authorizationUrl)
  const pending = { ...request, verifier: codeVerifier, ...(discovered.bindsTokens && { key: await createDpopKey() }) }
  return { url: authorizationUrl.href, host: authorizationUrl.host, pending }
}

/** A client that the service still knows, and whether it refuses the resource, as far as its page tells. */
async function findAcceptedClient(
  o: AuthorizationStart,
  scope: string | undefined,
  known: { refusesResource?: boolean },
): Promise<Omit<RegisteredClient, 'reused'> & { refusesResource?: boolean }> {
  const { reused, ...registered } = await identifyClient({ ...o, scope })
  const indicator = resourceIndicatorFor(o.discovered, known.refusesResource)
  // Some services count each request to the page as a sign-in; those that register clients by themselves mostly know MCP.
  const isDoubtful = registered.clientFrom === 'registered' || !o.discovered.isDescribed
  if (reused !== true && !(isDoubtful && indicator.resource !== undefined)) return { ...registered, ...known }
  const answer = await probeAuthorization(registered.client, { ...o, scope, indicator })
  if (answer === 'client_refused' && reused === true)
    return findAcceptedClient({ ...o, before: undefined }, scope, known)
  return { ...registered, ...known, ...(answer === 'resource_refused' && { refusesResource: true }) }
}

/** The same sign-in once more without the resource, after the service refused that. Undefined for any other failure. */
export async function retryWithoutResource(
  pending: PendingSignIn,
  error: unknown,
  state: string,
): Promise<{ url: string; pending: PendingSignIn } | undefined> {
  if (!isResourceRefusal(error) || resourceIndicatorOf(pending).resource === undefined) return undefined
  const request = { ...pending, refusesResource: true }
  const { authorizationUrl, codeVerifier } = await authorizationOf(request, state)
  return { url: authorizationUrl.href, pending: { ...request, verifier: codeVerifier } }
}

const resourceIndicatorOf = ({ discovered, refusesResource }: Pick<PendingSignIn, 'discovered' | 'refusesResource'>) =>
  resourceIndicatorFor(discovered, refusesResource)

async function authorizationOf(request: Omit<PendingSignIn, 'verifier'>, state: string) {
  const { title, discovered, client, redirectUrl, scope } = request
  const { server, metadata } = discovered
  try {
    return await startAuthorization(server, {
      ...(metadata && { metadata }),
      clientInformation: client,
      redirectUrl,
      state,
      ...resourceIndicatorOf(request),
      ...(scope !== undefined && { scope }),
    })
  } catch (error) {
    throw createUnusableServerError(title, error)
  }
}

export const createUnusableServerError = (title: string, cause: unknown): AppError =>
  new AppError(
    'server_refused',
    `The sign-in service of ${title} does not offer a sign-in that Patchbay can do. Tell whoever runs it.`,
    { cause },
  )

/** MCP requires clients to refuse a server that does not announce S256; one without metadata (before 2025-06) cannot announce it. */
function assertPkce(title: string, { metadata }: DiscoveredAuth): void {
  if (metadata === undefined || metadata.code_challenge_methods_supported?.includes('S256') === true) return
  throw new AppError(
    'server_refused',
    `The sign-in service of ${title} does not protect its codes (PKCE with S256), so I did not go on. Tell whoever runs it.`,
  )
}

/** The challenge's, else the card's, else what the server lists, else none; with what was granted before on a step-up. */
function scopeFor({ challenge, terms, before, discovered }: AuthorizationStart): string | undefined {
  const { scopes, metadata, issuer } = discovered
  const requested = challenge.scope ?? (terms.scopes?.join(' ') || scopes)
  const scope =
    before !== undefined && isSameIssuer(before.issuer, issuer) && challenge.scope
      ? computeScopeUnion(before.scope, requested)
      : requested
  // Only where a sign-in that lasts is a permission of its own.
  const lasting = metadata?.scopes_supported?.includes('offline_access') === true && scope !== undefined
  return lasting ? computeScopeUnion(scope, 'offline_access') : scope
}

/** Throws `egress_refused` with whose address it is. */
export function assertSafeAddress({ title, precheck }: Pick<AuthorizationStart, 'title' | 'precheck'>, url: URL): void {
  try {
    precheck(url.href)
  } catch (error) {
    if (!isAppError(error)) throw error
    throw createUnsafeAddressError(title, url, error)
  }
}

const createUnsafeAddressError = (title: string, { protocol, host }: URL, cause: unknown): AppError =>
  new AppError(
    'egress_refused',
    `${title} wants to send you to an address that is not safe to open (${protocol}//${host}), so I did not go on. Tell whoever runs it.`,
    { cause },
  )

/** The second step of a sign-in: exchanges the code for tokens. Throws AppErrors with a sentence for the person. */
export async function redeemAuthorizationCode(
  pending: PendingSignIn,
  params: URLSearchParams,
  fetchFn: typeof fetch,
): Promise<StoredTokens> {
  const { title, discovered, client, clientFrom, scope, key } = pending
  const code = readAuthorizationCode({ title, host: hostOf(discovered), discovered, clientFrom }, params)
  const { tokens, refusesResource } = await exchangeCode(pending, code, fetchFn).catch((error: unknown) => {
    throw clientFrom === 'dcr' && error instanceof OAuthError && CLIENT_ERRORS.has(error.code)
      ? createForgottenError(title, error.code)
      : createTokenError(title, error)
  })
  return {
    issuer: discovered.issuer,
    client: clientFrom === 'registered' ? { client_id: client.client_id } : client,
    clientFrom,
    redirectUrl: pending.redirectUrl,
    resource: discovered.resource,
    ...tokenFieldsOf(tokens, scope, Date.now()),
    ...(key && { key }),
    ...((refusesResource ?? pending.refusesResource) && { refusesResource: true }),
  }
}

/** The answer's `iss` was checked when its code was read; the SDK compares it once more. */
async function exchangeCode(pending: PendingSignIn, code: string, fetchFn: typeof fetch) {
  const { title, discovered, client, verifier, redirectUrl, key } = pending
  const dpop = key && (await createDpopSession(key))
  let asked = 0
  try {
    return await requestNamingResource(resourceIndicatorOf(pending), (indicator) => {
      asked += 1
      return exchangeAuthorization(discovered.server, {
        ...(discovered.metadata && { metadata: discovered.metadata }),
        clientInformation: client,
        authorizationCode: code,
        codeVerifier: verifier,
        redirectUri: redirectUrl,
        ...indicator,
        ...(discovered.metadata && { iss: discovered.metadata.issuer }),
        ...(dpop && { dpop }),
        fetchFn,
      })
    })
  } catch (error) {
    // The first request spent the code.
    if (asked > 1 && error instanceof OAuthError && error.code === OAuthErrorCode.InvalidGrant)
      throw createResourceRefusedError(title)
    throw error
  }
}

const hostOf = ({ metadata, server }: DiscoveredAuth): string =>
  new URL(metadata?.authorization_endpoint ?? server).host
