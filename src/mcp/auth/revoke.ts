import { discoverAuthorizationServerMetadata, selectClientAuthMethod } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { isAppError } from '../../errors.ts'
import { clientNow } from './client.ts'
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

async function revoked(kept: Kept, { terms, values, fetch }: Asked): Promise<Revoked> {
  const { revocation_endpoint: endpoint, revocation_endpoint_auth_methods_supported: methods } =
    terms.endpoints === undefined
      ? Revoking.parse((await discoverAuthorizationServerMetadata(kept.issuer, { fetchFn: fetch })) ?? {})
      : fixed(terms.endpoints)
  if (endpoint === undefined) return 'unsupported'
  const client = clientNow(kept, terms, values)
  // The refresh token first: most servers end the access token with it.
  const tokens: [string, string][] = [
    ...(kept.refreshToken === undefined ? [] : [[kept.refreshToken, 'refresh_token'] satisfies [string, string]]),
    [kept.accessToken, 'access_token'],
  ]
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

function asClient(
  client: KnownClient,
  methods: string[],
  body: URLSearchParams,
): { headers: Headers; body: URLSearchParams } {
  const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' })
  const method = selectClientAuthMethod(client, methods)
  if (method === 'client_secret_basic' && client.client_secret !== undefined) {
    const pair = [client.client_id, client.client_secret].map(encodeURIComponent).join(':')
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`)
    return { headers, body }
  }
  body.set('client_id', client.client_id)
  if (method !== 'none' && client.client_secret !== undefined) body.set('client_secret', client.client_secret)
  return { headers, body }
}
