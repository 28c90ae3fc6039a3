import { createPrivateKey, type KeyObject } from 'node:crypto'
import { ClientCredentialsProvider, fetchToken, PrivateKeyJwtProvider } from '@modelcontextprotocol/client'
import { AppError } from '../../../errors.ts'
import type { Principal } from '../../../ids.ts'
import type { AuthChallenge } from '../../protocol/auth-challenge.ts'
import type { AuthConfig } from '../../protocol/auth-config.ts'
import { createDpopKey, createDpopSession } from '../tokens/dpop-key.ts'
import { type DpopKey, type StoredTokens, tokenFieldsOf } from '../tokens/stored-tokens.ts'
import type { DiscoveredAuth } from './discover.ts'
import { requestNamingResource, resourceIndicatorFor } from './resource-indicator.ts'
import { createTokenError } from './token-errors.ts'

/** Tokens for the connection's own credentials (RFC 6749 section 4.4). Throws AppErrors. */
export async function requestClientCredentialsTokens(request: KnownClientRequest): Promise<StoredTokens> {
  const { title, terms, challenge, before, discovered, client } = request
  const scope = challenge.scope ?? before?.scope ?? (terms.scopes?.join(' ') || discovered.scopes)
  const key = await dpopKeyFor(discovered, before)
  const { tokens, ...learned } = await requestTokensFor(
    clientAuthProviderFor(title, client, discovered.issuer, key),
    request,
    scope,
  ).catch((error: unknown) => {
    throw createTokenError(title, error)
  })
  return {
    issuer: discovered.issuer,
    client: { client_id: client.id },
    clientFrom: 'registered',
    resource: discovered.resource,
    machine: true,
    ...learned,
    ...tokenFieldsOf({ ...tokens, refresh_token: undefined }, scope, Date.now()),
    ...(key && { key }),
  }
}

/** Throws what the SDK does, and AppErrors. */
export async function requestTokensFor(
  provider: Provider,
  { discovered, before, fetch }: KnownClientRequest,
  scope: string | undefined,
) {
  const { server, metadata } = discovered
  const refusesResource = before?.refusesResource === true
  const asked = await requestNamingResource(resourceIndicatorFor(discovered, refusesResource), (indicator) =>
    fetchToken(provider, server, {
      ...(metadata && { metadata }),
      ...indicator,
      ...(scope !== undefined && { scope }),
      fetchFn: fetch,
    }),
  )
  return { ...(refusesResource && { refusesResource }), ...asked }
}

export const dpopKeyFor = async (
  { bindsTokens }: DiscoveredAuth,
  before: StoredTokens | undefined,
): Promise<DpopKey | undefined> => (bindsTokens ? (before?.key ?? createDpopKey()) : undefined)

/** Throws where a connection needs client credentials and none are filled in. */
export function reportMissingCredentials({ title, terms }: { title: string; terms: AuthConfig }): undefined {
  if (terms.kind !== 'client_credentials') return undefined
  throw new AppError('credential_missing', `${title} needs a client id and its secret. Press Reconnect and enter them.`)
}

export function supportsOnlyClientCredentials({ metadata }: DiscoveredAuth): boolean {
  const grants = metadata?.grant_types_supported ?? []
  return grants.includes('client_credentials') && !grants.includes('authorization_code')
}

type Provider = (ClientCredentialsProvider | PrivateKeyJwtProvider) & {
  dpop?: () => ReturnType<typeof createDpopSession>
}

/** Who we are at a token endpoint: a secret in PEM form is a private key to sign with (RFC 7523), any other goes as it is. */
export function clientAuthProviderFor(
  title: string,
  client: KnownClientRequest['client'],
  issuer: string,
  key: DpopKey | undefined,
): Provider {
  const provider = createClientProvider(title, client, issuer)
  if (key) provider.dpop = async () => createDpopSession(key)
  return provider
}

function createClientProvider(
  title: string,
  { id: clientId, secret }: KnownClientRequest['client'],
  issuer: string,
): Provider {
  if (!secret.includes('-----BEGIN'))
    return new ClientCredentialsProvider({ clientId, clientSecret: secret, expectedIssuer: issuer })
  const key = keyOf(secret)
  const algorithm = key && algorithmOf(key)
  if (key === undefined || algorithm === undefined) throw unusable(title)
  const privateKey = key.export({ type: 'pkcs8', format: 'pem' }).toString()
  return new PrivateKeyJwtProvider({ clientId, privateKey, algorithm, expectedIssuer: issuer })
}

/** A form's field has one line, so a pasted key has lost its line breaks. Undefined for what is no key. */
function keyOf(pem: string): KeyObject | undefined {
  const [, label, body] = /-----BEGIN ([A-Z ]+)-----([^-]+)-----END/.exec(pem) ?? []
  try {
    const lines = (body ?? '').replaceAll(/\s+/g, '').match(/.{1,64}/g) ?? []
    return createPrivateKey(`-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`)
  } catch (error) {
    if (error instanceof Error) return undefined
    throw error
  }
}

const CURVES: Record<string, string> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }

function algorithmOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string | undefined {
  return type === 'rsa' ? 'RS256' : CURVES[(type === 'ec' && details?.namedCurve) || '']
}

/** Without a cause, which could quote the key. */
const unusable = (title: string): AppError =>
  new AppError(
    'input_invalid',
    `The private key for ${title} cannot be used. Enter an RSA or EC key in PEM form, from -----BEGIN to -----END and its dashes.`,
  )

/** A request for tokens of a connection that needs no browser. */
export type TokenRequest = {
  title: string
  serverUrl: URL
  by: Principal
  terms: AuthConfig
  values: Record<string, string>
  challenge: AuthChallenge
  before: StoredTokens | undefined
  fetch: typeof fetch
}

/** A request to a discovered authorization server, as a known client. */
export type KnownClientRequest = TokenRequest & { discovered: DiscoveredAuth; client: { id: string; secret: string } }
