import { z } from 'zod'
import { AppError } from '../../../errors.ts'
import { isSameIssuer } from '../oauth/discover.ts'
import type { KnownClient } from '../tokens/stored-tokens.ts'

/** Where the organization's people sign in, and as which client, as the operator set it. */
export type IdentityProvider = { issuer: string; clientId: string; clientSecret: string }

/** The parts of its description that are used (OpenID Connect Discovery 1.0 section 3). Stored between the two steps of a sign-in. */
export const ProviderMetadata = z.looseObject({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  revocation_endpoint: z.url().optional(),
  response_types_supported: z.array(z.string()).default(['code']),
  scopes_supported: z.array(z.string()).optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
  code_challenge_methods_supported: z.array(z.string()).optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
})
export type ProviderMetadata = z.infer<typeof ProviderMetadata>

export const providerClientOf = ({ clientId, clientSecret }: IdentityProvider): KnownClient => ({
  client_id: clientId,
  client_secret: clientSecret,
})

/** For messages: what people know their identity provider by. */
export const providerHostOf = ({ issuer }: Pick<IdentityProvider, 'issuer'>): string => new URL(issuer).host

/**
 * Asks it, as OpenID Connect Discovery 1.0 section 4 has it. Not by the SDK, whose schema turns away providers that
 * leave out what is of no use here. Throws AppErrors.
 */
export async function fetchProviderMetadata(
  provider: IdentityProvider,
  fetch: typeof globalThis.fetch,
): Promise<ProviderMetadata> {
  const response = await fetch(`${provider.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    headers: { accept: 'application/json' },
  })
  const parsed = ProviderMetadata.safeParse(jsonIn(await response.text()))
  if (!response.ok || !parsed.success)
    throw createMetadataProblemError(provider, 'does not describe itself in a way I can read', parsed.error)
  if (!isSameIssuer(parsed.data.issuer, provider.issuer))
    throw createMetadataProblemError(provider, 'claims to be another one')
  return parsed.data
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const createMetadataProblemError = (provider: IdentityProvider, how: string, cause?: unknown): AppError =>
  new AppError(
    'server_refused',
    `${providerHostOf(provider)}, where your organization signs people in, ${how}. Whoever runs Patchbay should check ENTERPRISE_IDP_ISSUER.`,
    { cause },
  )
