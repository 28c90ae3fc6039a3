import { createPrivateKey, type KeyObject } from 'node:crypto'
import { ClientCredentialsProvider, fetchToken, PrivateKeyJwtProvider } from '@modelcontextprotocol/client'
import { AppError } from '../../errors.ts'
import { boundSession, newBoundKey } from './bound-key.ts'
import { type Discovered, resourceFor } from './discover.ts'
import { type BoundKey, type Kept, tokensOf } from './kept.ts'
import type { Known } from './known-client.ts'
import type { Terms } from './terms.ts'
import { tokenTrouble } from './words.ts'

/** Tokens for the connection's own credentials (RFC 6749 section 4.4). Throws AppErrors. */
export async function machineTokens(asked: Known): Promise<Kept> {
  const { title, terms, challenge, before, discovered, client } = asked
  const scope = challenge.scope ?? before?.scope ?? (terms.scopes?.join(' ') || discovered.scopes)
  const key = await keyFor(discovered, before)
  const tokens = await tokensFor(providerOf(title, client, discovered.issuer, key), asked, scope).catch(
    (error: unknown) => {
      throw tokenTrouble(title, error)
    },
  )
  return {
    issuer: discovered.issuer,
    client: { client_id: client.id },
    clientFrom: 'registered',
    resource: discovered.resource,
    machine: true,
    ...tokensOf({ ...tokens, refresh_token: undefined }, scope, Date.now()),
    ...(key && { key }),
  }
}

/** Throws what the SDK does, and AppErrors. */
export function tokensFor(provider: Provider, { discovered, fetch }: Known, scope: string | undefined) {
  const { server, metadata, resource } = discovered
  return fetchToken(provider, server, {
    ...(metadata && { metadata }),
    ...resourceFor(discovered, resource),
    ...(scope !== undefined && { scope }),
    fetchFn: fetch,
  })
}

export const keyFor = async ({ bindsTokens }: Discovered, before: Kept | undefined): Promise<BoundKey | undefined> =>
  bindsTokens ? (before?.key ?? newBoundKey()) : undefined

/** Where no client is filled in: that is only amiss where there is no other way. */
export function missing({ title, terms }: { title: string; terms: Terms }): undefined {
  if (terms.kind !== 'client_credentials') return undefined
  throw new AppError('credential_missing', `${title} needs a client id and its secret. Press Reconnect and enter them.`)
}

export function knowsOnlyMachines({ metadata }: Discovered): boolean {
  const grants = metadata?.grant_types_supported ?? []
  return grants.includes('client_credentials') && !grants.includes('authorization_code')
}

type Provider = (ClientCredentialsProvider | PrivateKeyJwtProvider) & {
  dpop?: () => ReturnType<typeof boundSession>
}

/** Who we are at a token endpoint: a secret in PEM form is a private key to sign with (RFC 7523), any other goes as it is. */
export function providerOf(
  title: string,
  client: Known['client'],
  issuer: string,
  key: BoundKey | undefined,
): Provider {
  const provider = authenticating(title, client, issuer)
  if (key) provider.dpop = async () => boundSession(key)
  return provider
}

function authenticating(title: string, { id: clientId, secret }: Known['client'], issuer: string): Provider {
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
