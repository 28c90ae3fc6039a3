import {
  type AuthorizationServerMetadata,
  checkResourceAllowed,
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
  type OAuthProtectedResourceMetadata,
  resourceUrlFromServerUrl,
} from '@modelcontextprotocol/client'
import { z } from 'zod'
import { AppError, isAppError } from '../../../errors.ts'
import type { AuthChallenge } from '../../protocol/auth-challenge.ts'
import type { AuthConfig } from '../../protocol/auth-config.ts'

/** Where and how to sign in for one server. Stored between the two steps of a sign-in, so it is plain JSON. */
export const DiscoveredAuth = z.object({
  issuer: z.string(),
  /** What the endpoints that no description names are relative to. */
  server: z.string(),
  metadata: z.custom<AuthorizationServerMetadata>((value) => typeof value === 'object').optional(),
  /** RFC 8707: which server the tokens are for. */
  resource: z.string(),
  /** Whether the server described itself, so that the resource is no guess. */
  isDescribed: z.boolean().default(true),
  /** Whether requests to the authorization server name the resource. */
  tellsResource: z.boolean().default(true),
  scopes: z.string().optional(),
  /** The server takes tokens that are bound to a key. */
  bindsTokens: z.boolean(),
})
export type DiscoveredAuth = z.infer<typeof DiscoveredAuth>

const Binding = z.looseObject({
  dpop_bound_access_tokens_required: z.boolean().optional().catch(undefined),
  dpop_signing_alg_values_supported: z.array(z.string()).optional().catch(undefined),
})

type DiscoveryRequest = {
  title: string
  serverUrl: URL
  terms: AuthConfig
  challenge: AuthChallenge
  fetch: typeof fetch
}

/** Asks the server and its authorization server, or uses what the card says. Throws AppErrors. */
export async function discoverAuth(request: DiscoveryRequest): Promise<DiscoveredAuth> {
  const { serverUrl, terms, challenge } = request
  const tellsResource = terms.resource !== 'none'
  const described = tellsResource ? await fetchResourceMetadata(request) : undefined
  if (described !== undefined) assertSameResource(described, request)
  const from = authorizationServerFor(described, request)
  const metadata =
    terms.endpoints === undefined
      ? await fetchServerMetadata(request, from, described)
      : configuredMetadata(terms, from)
  assertExpectedIssuer(metadata?.issuer ?? from, request)
  const binding = Binding.parse(described ?? {})
  return {
    issuer: metadata?.issuer ?? from,
    server: from,
    metadata,
    resource: described?.resource ?? resourceUrlFromServerUrl(serverUrl).href,
    isDescribed: described !== undefined,
    tellsResource,
    scopes: described?.scopes_supported?.join(' ') || undefined,
    bindsTokens:
      challenge.bindsTokens === true ||
      binding.dpop_bound_access_tokens_required === true ||
      (binding.dpop_signing_alg_values_supported ?? []).length > 0,
  }
}

/** RFC 9728, at the address of the challenge, else below the server's path, else at its root. */
async function fetchResourceMetadata(request: DiscoveryRequest): Promise<OAuthProtectedResourceMetadata | undefined> {
  const { serverUrl, challenge, fetch } = request
  const root = new URL('/.well-known/oauth-protected-resource', serverUrl)
  const places = challenge.metadataUrl === undefined ? [undefined, root] : [new URL(challenge.metadataUrl)]
  for (const resourceMetadataUrl of places) {
    try {
      return await discoverOAuthProtectedResourceMetadata(
        serverUrl,
        resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl },
        fetch,
      )
    } catch (error) {
      // Older servers have no such metadata, or none that can be read.
      if (isAppError(error) || !(error instanceof Error)) throw error
    }
  }
  return undefined
}

/** A token for another server would be that server's to lose. */
function assertSameResource(
  { resource }: OAuthProtectedResourceMetadata,
  { title, serverUrl }: DiscoveryRequest,
): void {
  const requestedResource = resourceUrlFromServerUrl(serverUrl)
  if (isResourceFor(requestedResource, resource)) return
  throw new AppError(
    'server_refused',
    `${title} says its sign-in is for another address than the one you connect to, so I did not go on. Check the address, or tell whoever runs it.`,
  )
}

/** Whether tokens for `resource` are for the server: the same address, or one below it; a slash at the end says nothing. */
export const isResourceFor = (serverUrl: URL, resource: string): boolean =>
  URL.canParse(resource) &&
  checkResourceAllowed({ requestedResource: serverUrl, configuredResource: comparableUrlOf(resource) })

function authorizationServerFor(
  described: OAuthProtectedResourceMetadata | undefined,
  { serverUrl, terms }: DiscoveryRequest,
): string {
  const named = described?.authorization_servers ?? []
  const pinned = terms.issuer === undefined ? undefined : named.find((one) => isSameIssuer(one, terms.issuer ?? ''))
  if (terms.endpoints !== undefined && terms.issuer !== undefined) return terms.issuer
  return pinned ?? named[0] ?? terms.issuer ?? new URL('/', serverUrl).href
}

async function fetchServerMetadata(
  request: DiscoveryRequest,
  from: string,
  described: OAuthProtectedResourceMetadata | undefined,
): Promise<AuthorizationServerMetadata | undefined> {
  const { title, fetch } = request
  const options = { fetchFn: fetch, skipIssuerValidation: true }
  const metadata = await discoverAuthorizationServerMetadata(from, options).catch((error: unknown) => {
    throw createMetadataError(title, error)
  })
  if (metadata !== undefined && !isSameIssuer(metadata.issuer, from)) throw createIssuerMismatchError(title)
  if (metadata === undefined && (described?.authorization_servers ?? []).length > 0)
    throw createMetadataError(title, undefined)
  return metadata
}

const configuredMetadata = ({ endpoints, scopes }: AuthConfig, issuer: string): AuthorizationServerMetadata => ({
  issuer,
  authorization_endpoint: endpoints?.authorization ?? '',
  token_endpoint: endpoints?.token ?? '',
  ...(endpoints?.revocation !== undefined && { revocation_endpoint: endpoints.revocation }),
  ...(scopes?.includes('offline_access') === true && { scopes_supported: scopes }),
  ...(endpoints?.clientAuth !== undefined && { token_endpoint_auth_methods_supported: [endpoints.clientAuth] }),
  response_types_supported: ['code'],
  code_challenge_methods_supported: ['S256'],
})

function assertExpectedIssuer(issuer: string, { title, terms }: DiscoveryRequest): void {
  if (terms.issuer === undefined || isSameIssuer(issuer, terms.issuer)) return
  throw new AppError(
    'server_refused',
    `${title} now signs people in at ${hostOf(issuer)} instead of ${hostOf(terms.issuer)}, which I was told to expect. Whoever runs Patchbay should look into this.`,
  )
}

/** Compared as URLs, with or without a slash at the end. */
export const isSameIssuer = (one: string, other: string): boolean => comparableUrlOf(one) === comparableUrlOf(other)

function comparableUrlOf(address: string): string {
  if (!URL.canParse(address)) return address
  const url = new URL(address)
  url.pathname = url.pathname.replace(/\/$/, '')
  return url.href
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'another place')

function createMetadataError(title: string, cause: unknown): unknown {
  if (isAppError(cause)) return cause
  return new AppError(
    'server_refused',
    `${title} wants a sign-in, but its sign-in service does not describe itself in a way I can read. Tell whoever runs it.`,
    { cause },
  )
}

function createIssuerMismatchError(title: string): AppError {
  return new AppError(
    'server_refused',
    `The sign-in service of ${title} claims to be another one, so I did not go on. Tell whoever runs it.`,
  )
}
