import { computeScopeUnion, exchangeAuthorization, startAuthorization } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { AppError, isAppError } from '../../errors.ts'
import { boundSession, newBoundKey } from './bound-key.ts'
import { codeIn } from './brought.ts'
import { Challenge } from './challenge.ts'
import { introduce } from './client.ts'
import { Discovered, resourceFor } from './discover.ts'
import { BoundKey, Kept, KnownClient, tokensOf } from './kept.ts'
import type { OurClient, Terms } from './terms.ts'
import { tokenTrouble } from './words.ts'

/** What must be known again when the browser comes back. A secret: the code verifier is in it. */
export const PendingSignIn = z.object({
  title: z.string(),
  discovered: Discovered,
  client: KnownClient,
  clientFrom: Kept.shape.clientFrom,
  verifier: z.string(),
  scope: z.string().optional(),
  redirectUrl: z.string(),
  challenge: Challenge,
  key: BoundKey.optional(),
})
export type PendingSignIn = z.infer<typeof PendingSignIn>

type Begin = {
  title: string
  terms: Terms
  values: Record<string, string>
  ours: OurClient
  discovered: Discovered
  challenge: Challenge
  before: Kept | undefined
  state: string
  fetch: typeof fetch
  /** Throws `egress_refused` for an address nobody should be sent to. */
  precheck(url: string): void
}

/** First leg: where to send the person. */
export async function beginSignIn(o: Begin): Promise<{ url: string; host: string; pending: PendingSignIn }> {
  const { title, discovered, challenge, ours } = o
  mustUsePkce(title, discovered)
  const scope = scopeFor(o)
  const introduced = await introduce({ ...o, scope })
  const { authorizationUrl, codeVerifier } = await authorizationOf(o, introduced.client, scope)
  mustBeSafe(o, authorizationUrl)
  const pending: PendingSignIn = {
    title,
    discovered,
    ...introduced,
    verifier: codeVerifier,
    ...(scope !== undefined && { scope }),
    redirectUrl: ours.redirectUrl,
    challenge,
    ...(discovered.bindsTokens && { key: await newBoundKey() }),
  }
  return { url: authorizationUrl.href, host: authorizationUrl.host, pending }
}

async function authorizationOf(o: Begin, client: KnownClient, scope?: string) {
  const { server, metadata, resource } = o.discovered
  try {
    return await startAuthorization(server, {
      ...(metadata && { metadata }),
      clientInformation: client,
      redirectUrl: o.ours.redirectUrl,
      state: o.state,
      ...resourceFor(o.discovered, resource),
      ...(scope !== undefined && { scope }),
    })
  } catch (error) {
    throw unusable(o.title, error)
  }
}

export const unusable = (title: string, cause: unknown): AppError =>
  new AppError(
    'server_refused',
    `The sign-in service of ${title} does not offer a sign-in that Patchbay can do. Tell whoever runs it.`,
    { cause },
  )

/** The specification has clients refuse where S256 is not announced; before 2025-06 there was no way to announce anything. */
function mustUsePkce(title: string, { metadata }: Discovered): void {
  if (metadata === undefined || metadata.code_challenge_methods_supported?.includes('S256') === true) return
  throw new AppError(
    'server_refused',
    `The sign-in service of ${title} does not protect its codes (PKCE with S256), so I did not go on. Tell whoever runs it.`,
  )
}

/** The challenge's, else the card's, else what the server lists, else none; with what was granted before on a step-up. */
function scopeFor({ challenge, terms, before, discovered }: Begin): string | undefined {
  const { scopes, metadata, issuer } = discovered
  const wanted = challenge.scope ?? (terms.scopes?.join(' ') || scopes)
  const scope = before?.issuer === issuer && challenge.scope ? computeScopeUnion(before.scope, wanted) : wanted
  // Only where a sign-in that lasts is a permission of its own.
  const lasting = metadata?.scopes_supported?.includes('offline_access') === true && scope !== undefined
  return lasting ? computeScopeUnion(scope, 'offline_access') : scope
}

/** Throws `egress_refused` with whose address it is. */
export function mustBeSafe({ title, precheck }: Pick<Begin, 'title' | 'precheck'>, url: URL): void {
  try {
    precheck(url.href)
  } catch (error) {
    if (!isAppError(error)) throw error
    throw unsafe(title, url, error)
  }
}

const unsafe = (title: string, { protocol, host }: URL, cause: unknown): AppError =>
  new AppError(
    'egress_refused',
    `${title} wants to send you to an address that is not safe to open (${protocol}//${host}), so I did not go on. Tell whoever runs it.`,
    { cause },
  )

/** Second leg: what the browser brought back becomes tokens. Throws AppErrors with words for the person. */
export async function redeem(pending: PendingSignIn, brought: URLSearchParams, fetchFn: typeof fetch): Promise<Kept> {
  const { title, discovered, client, clientFrom, scope, key } = pending
  const code = codeIn({ title, host: hostOf(discovered), metadata: discovered.metadata }, brought)
  const tokens = await exchanged(pending, { code, iss: brought.get('iss') ?? undefined }, fetchFn).catch(
    (error: unknown) => {
      throw tokenTrouble(title, error)
    },
  )
  return {
    issuer: discovered.issuer,
    client: clientFrom === 'registered' ? { client_id: client.client_id } : client,
    clientFrom,
    redirectUrl: pending.redirectUrl,
    resource: discovered.resource,
    ...tokensOf(tokens, scope, Date.now()),
    ...(key && { key }),
  }
}

async function exchanged(
  { discovered, client, verifier, redirectUrl, key }: PendingSignIn,
  { code, iss }: { code: string; iss: string | undefined },
  fetchFn: typeof fetch,
) {
  return exchangeAuthorization(discovered.server, {
    ...(discovered.metadata && { metadata: discovered.metadata }),
    clientInformation: client,
    authorizationCode: code,
    codeVerifier: verifier,
    redirectUri: redirectUrl,
    ...resourceFor(discovered, discovered.resource),
    ...(iss !== undefined && { iss }),
    ...(key && { dpop: await boundSession(key) }),
    fetchFn,
  })
}

const hostOf = ({ metadata, server }: Discovered): string => new URL(metadata?.authorization_endpoint ?? server).host
