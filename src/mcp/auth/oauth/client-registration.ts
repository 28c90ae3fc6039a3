import { type OAuthClientMetadata, RegistrationRejectedError, registerClient } from '@modelcontextprotocol/client'
import { AppError, isAppError } from '../../../errors.ts'
import type { AuthConfig, ClientIdentity } from '../../protocol/auth-config.ts'
import { fillPlaceholders } from '../../protocol/server-target.ts'
import type { KnownClient, StoredTokens } from '../tokens/stored-tokens.ts'
import { registrationsFor } from './client-metadata.ts'
import { type DiscoveredAuth, isSameIssuer } from './discover.ts'

/** Who we are to an authorization server, and how it came to know us. */
export type RegisteredClient = {
  client: KnownClient
  clientFrom: StoredTokens['clientFrom']
  /** An earlier sign-in registered it, and the service may have forgotten it since. */
  reused?: true
}

type RegistrationRequest = {
  title: string
  terms: AuthConfig
  values: Record<string, string>
  ours: ClientIdentity
  discovered: DiscoveredAuth
  /** What an earlier sign-in left, which may be with another issuer. */
  before: StoredTokens | undefined
  scope: string | undefined
  fetch: typeof fetch
}

/** Preregistered, else by our metadata document, else by dynamic registration. Throws `client_needed` with what to do. */
export async function identifyClient(request: RegistrationRequest): Promise<RegisteredClient> {
  const registered = findPreregisteredClient(request.terms, request.values, request.discovered.issuer)
  if (registered !== undefined) return { client: registered, clientFrom: 'registered' }
  const { terms, ours, discovered } = request
  const may = (way: AuthConfig['client']) => terms.client === undefined || terms.client === way
  if (may('cimd') && discovered.metadata?.client_id_metadata_document_supported === true && ours.documentUrl)
    return { client: { client_id: ours.documentUrl }, clientFrom: 'cimd' }
  const legacy = discovered.metadata === undefined
  if (may('dcr') && (legacy || discovered.metadata?.registration_endpoint !== undefined)) return register(request)
  throw createClientNeededError(request)
}

/** The first preregistered client that is filled in and is for this issuer, or for any when no issuer is given. */
export function findPreregisteredClient(
  { registered }: Pick<AuthConfig, 'registered'>,
  values: Record<string, string>,
  issuer?: string,
): KnownClient | undefined {
  for (const one of registered) {
    if (one.issuer !== undefined && issuer !== undefined && !isSameIssuer(one.issuer, issuer)) continue
    const id = fillPlaceholders(one.id, values)?.trim()
    const secret = one.secret === undefined ? undefined : fillPlaceholders(one.secret, values)?.trim()
    if (id) return { client_id: id, ...(secret && { client_secret: secret }) }
  }
  return undefined
}

/** A registered client as it is set now, as its secret may have been changed since; others as they came. */
export function currentClientOf(tokens: StoredTokens, terms: AuthConfig, values: Record<string, string>): KnownClient {
  if (tokens.clientFrom !== 'registered') return tokens.client
  const all = terms.registered.map((one) => findPreregisteredClient({ registered: [one] }, values, tokens.issuer))
  return all.find((one) => one?.client_id === tokens.client.client_id) ?? tokens.client
}

async function register(request: RegistrationRequest): Promise<RegisteredClient> {
  const { ours, discovered, before, scope } = request
  const known = before?.clientFrom === 'dcr' && isSameIssuer(before.issuer, discovered.issuer)
  if (known && before.redirectUrl === ours.redirectUrl && before.clientRefused !== true && !hasExpired(before.client))
    return { client: before.client, clientFrom: 'dcr', reused: true }
  const deadline = AbortSignal.timeout(REGISTRATION_MS)
  const fetch: typeof request.fetch = (input, init) =>
    request.fetch(input, { ...init, signal: init?.signal ? AbortSignal.any([init.signal, deadline]) : deadline })
  const client = await registerWithLess({ ...request, fetch }, registrationsFor(ours, discovered, scope))
  return { client: knownOf(client), clientFrom: 'dcr' }
}

// The person waits while all of them are tried.
const REGISTRATION_MS = 15_000

/** Asks with less as long as the service refuses what was said, not who said it. */
async function registerWithLess(
  request: RegistrationRequest,
  [first, ...less]: OAuthClientMetadata[],
): Promise<Awaited<ReturnType<typeof registerClient>>> {
  if (first === undefined) throw createClientNeededError(request)
  const { discovered, fetch } = request
  try {
    return await registerClient(discovered.server, {
      ...(discovered.metadata && { metadata: discovered.metadata }),
      clientMetadata: first,
      fetchFn: fetch,
    })
  } catch (error) {
    if (isAppError(error)) throw error
    if (!(error instanceof RegistrationRejectedError)) throw createRegistrationError(request, error)
    if (less.length > 0 && isMetadataRefusal(error)) return registerWithLess(request, less)
    throw createClientNeededError(request, error)
  }
}

const METADATA_REFUSAL_STATUSES = new Set([400, 415, 422])

/** The code of an answer, or a code of the standard among its words. */
const CODE = /"(?:error|code)"\s*:\s*"([a-z]+(?:_[a-z]+)+)"|\b(invalid_redirect_uri|access_denied)\b/
/** Codes for what was said; any other is for who says it, or stays whatever else is said, as for a redirect address. */
const ABOUT_METADATA =
  /^invalid_scope$|^unsupported_|_(?:metadata|request|types?|method|parameters?|fields?|argument|body|input)$|^validation_/

function isMetadataRefusal({ status, body }: RegistrationRejectedError): boolean {
  const [, code, word] = CODE.exec(body) ?? []
  const named = code ?? word
  return METADATA_REFUSAL_STATUSES.has(status) && (named === undefined || ABOUT_METADATA.test(named))
}

function hasExpired({ client_secret_expires_at: end = 0 }: KnownClient): boolean {
  return end > 0 && Date.now() > end * 1_000
}

const knownOf = (client: Awaited<ReturnType<typeof registerClient>>): KnownClient => ({
  client_id: client.client_id,
  ...(client.client_secret !== undefined && { client_secret: client.client_secret }),
  ...(client.token_endpoint_auth_method !== undefined && {
    token_endpoint_auth_method: client.token_endpoint_auth_method,
  }),
  ...(client.client_secret_expires_at !== undefined && { client_secret_expires_at: client.client_secret_expires_at }),
})

/** The text of a refusal is not shown: it is about our request, and the server may write anything in it. */
function createClientNeededError(request: RegistrationRequest, cause?: unknown): AppError {
  const { title, terms, ours } = request
  const wantsKey = findKeyProblem(request, cause)
  if (wantsKey !== undefined) return wantsKey
  return new AppError(
    'client_needed',
    `${title} only lets apps sign people in that were registered with it beforehand. Register one there with the redirect address ${ours.redirectUrl}; ${terms.howToRegister}`,
    { cause },
  )
}

/** A server that says 401 and nothing of a sign-in wants a key, where one can be filled in. */
function findKeyProblem({ terms, values, discovered }: RegistrationRequest, cause: unknown): AppError | undefined {
  const { key } = terms
  const speaksOfSignIn = discovered.isDescribed || discovered.metadata !== undefined
  if (key === undefined || speaksOfSignIn || values[key.input]) return undefined
  return new AppError('sign_in_needed', `This server wants a key. Paste it in "${key.label}".`, {
    cause,
    field: key.input,
  })
}

function createRegistrationError(request: RegistrationRequest, cause: unknown): AppError {
  const { title } = request
  const wantsKey = findKeyProblem(request, cause)
  if (wantsKey !== undefined) return wantsKey
  return new AppError(
    'server_refused',
    `The sign-in service of ${title} did not register Patchbay in a way I can read. Try again later, or tell whoever runs it.`,
    { cause },
  )
}
