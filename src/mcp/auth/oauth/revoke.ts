import { discoverAuthorizationServerMetadata } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { isAppError } from '../../../errors.ts'
import type { AuthConfig, AuthEndpoints } from '../../protocol/auth-config.ts'
import type { KnownClient, StoredTokens } from '../tokens/stored-tokens.ts'
import { authenticateClient } from './client-authentication.ts'
import { currentClientOf } from './client-registration.ts'

export const RevocationMetadata = z.looseObject({
  revocation_endpoint: z.string().optional(),
  revocation_endpoint_auth_methods_supported: z.array(z.string()).optional(),
})

/** `unsupported`: the server has no revocation endpoint, so the tokens end by themselves. */
export type RevocationOutcome = 'revoked' | 'unsupported' | 'failed'

type RevokeDeps = { terms: AuthConfig; values: Record<string, string>; fetch: typeof fetch }

/** Revokes the tokens at their authorization server (RFC 7009). Never throws: a failure is an outcome. */
export async function revokeTokens(tokens: StoredTokens, deps: RevokeDeps): Promise<RevocationOutcome> {
  try {
    return await revokeOrThrow(tokens, deps)
  } catch (error) {
    if (isAppError(error) || error instanceof Error) return 'failed'
    throw error
  }
}

async function revokeOrThrow(tokens: StoredTokens, { terms, values, fetch }: RevokeDeps): Promise<RevocationOutcome> {
  const { revocation_endpoint: endpoint, revocation_endpoint_auth_methods_supported: methods } =
    terms.endpoints === undefined
      ? RevocationMetadata.parse((await discoverAuthorizationServerMetadata(tokens.issuer, { fetchFn: fetch })) ?? {})
      : configuredRevocation(terms.endpoints)
  if (endpoint === undefined) return 'unsupported'
  // The refresh token first: most servers end the access token with it.
  const pairs: [string, string][] = [
    ...(tokens.refreshToken === undefined ? [] : [[tokens.refreshToken, 'refresh_token'] satisfies [string, string]]),
    [tokens.accessToken, 'access_token'],
  ]
  return revokeAtEndpoint({ endpoint, methods, client: currentClientOf(tokens, terms, values), tokens: pairs }, fetch)
}

export type RevocationRequest = {
  endpoint: string
  methods: string[] | undefined
  client: KnownClient
  tokens: [string, string][]
}

/** Asks the endpoint to revoke each token, in this order, until one is refused. */
export async function revokeAtEndpoint(
  { endpoint, methods, client, tokens }: RevocationRequest,
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

const configuredRevocation = ({ revocation, clientAuth }: AuthEndpoints): z.infer<typeof RevocationMetadata> => ({
  revocation_endpoint: revocation,
  revocation_endpoint_auth_methods_supported: clientAuth === undefined ? undefined : [clientAuth],
})
