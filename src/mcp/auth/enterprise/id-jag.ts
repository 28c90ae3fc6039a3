import { assertSecureTokenEndpoint, parseErrorResponse } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { authenticateClient } from '../oauth/client-authentication.ts'
import type { DiscoveredAuth } from '../oauth/discover.ts'
import type { Identity } from './identity.ts'
import { fetchProviderMetadata, type IdentityProvider, providerClientOf } from './identity-provider.ts'

const ID_JAG = 'urn:ietf:params:oauth:token-type:id-jag'

/** Anything else than what was asked for is not passed on to another authorization server. */
const Exchanged = z.object({ issued_token_type: z.literal(ID_JAG), access_token: z.string() })

type Asked = { discovered: DiscoveredAuth; scope: string | undefined; fetch: typeof fetch }

/**
 * The identity provider's word for a person to one authorization server, for one MCP server: a token exchange (RFC 8693)
 * as draft-ietf-oauth-identity-assertion-authz-grant section 4.3 has it. Not the SDK's, which knows one way to show who
 * the client is, whatever the provider takes, and whose errors have no code. Throws OAuthErrors and AppErrors.
 */
export async function requestIdJag(provider: IdentityProvider, identity: Identity, asked: Asked): Promise<string> {
  const { discovered, scope, fetch } = asked
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
