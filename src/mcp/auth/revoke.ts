import { discoverAuthorizationServerMetadata } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { isAppError } from '../../errors.ts'
import { asClient } from './as-client.ts'
import { clientNow } from './client.ts'
import { sameIssuer } from './discover.ts'
import type { Identity } from './identity.ts'
import { clientOf, describe, type IdentityProvider } from './identity-provider.ts'
import type { Kept, KnownClient } from './kept.ts'
import type { Endpoints, Terms } from './terms.ts'

const Revoking = z.looseObject({
  revocation_endpoint: z.string().optional(),
  revocation_endpoint_auth_methods_supported: z.array(z.string()).optional(),
})

/** `unsupported`: there is no way to take tokens back there; they end by themselves. */
export type Revoked = 'revoked' | 'unsupported' | 'failed'

type Asked = { terms: Terms; values: Record<string, string>; fetch: typeof fetch }

/** Takes the tokens back where they came from (RFC 7009). Never throws: what cannot be done is said. */
export async function revoke(kept: Kept, asked: Asked): Promise<Revoked> {
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
): Promise<Revoked> {
  if (refreshToken === undefined || !sameIssuer(issuer, provider.issuer)) return 'unsupported'
  try {
    const metadata = await describe(provider, fetch)
    const { revocation_endpoint: endpoint, revocation_endpoint_auth_methods_supported: methods } =
      Revoking.parse(metadata)
    if (endpoint === undefined) return 'unsupported'
    const tokens: [string, string][] = [[refreshToken, 'refresh_token']]
    return await takenBack({ endpoint, methods, client: clientOf(provider), tokens }, fetch)
  } catch (error) {
    if (isAppError(error) || error instanceof Error) return 'failed'
    throw error
  }
}

async function revoked(kept: Kept, { terms, values, fetch }: Asked): Promise<Revoked> {
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
  return takenBack({ endpoint, methods, client: clientNow(kept, terms, values), tokens }, fetch)
}

type TakeBack = { endpoint: string; methods: string[] | undefined; client: KnownClient; tokens: [string, string][] }

async function takenBack(
  { endpoint, methods, client, tokens }: TakeBack,
  fetch: typeof globalThis.fetch,
): Promise<Revoked> {
  for (const [token, hint] of tokens) {
    const answer = await fetch(endpoint, {
      method: 'POST',
      redirect: 'error',
      ...asClient(client, methods ?? [], new URLSearchParams({ token, token_type_hint: hint })),
    })
    await answer.text()
    if (!answer.ok) return 'failed'
  }
  return 'revoked'
}

const fixed = ({ revocation, clientAuth }: Endpoints): z.infer<typeof Revoking> => ({
  revocation_endpoint: revocation,
  revocation_endpoint_auth_methods_supported: clientAuth === undefined ? undefined : [clientAuth],
})
