import { createPrivateKey, type KeyObject } from 'node:crypto'
import { ClientCredentialsProvider, fetchToken, PrivateKeyJwtProvider } from '@modelcontextprotocol/client'
import { AppError } from '../../errors.ts'
import { boundSession, newBoundKey } from './bound-key.ts'
import type { Challenge } from './challenge.ts'
import { registeredClient } from './client.ts'
import { type Discovered, discover, resourceFor } from './discover.ts'
import { type Kept, tokensOf } from './kept.ts'
import type { Terms } from './terms.ts'
import { tokenTrouble } from './words.ts'

type Asked = {
  title: string
  serverUrl: URL
  terms: Terms
  values: Record<string, string>
  challenge: Challenge
  before: Kept | undefined
  fetch: typeof fetch
}

/**
 * Tokens for the connection's own credentials, where the card says so or the authorization server knows no other way.
 * Undefined where a person has to sign in.
 */
export async function machineTokens(asked: Asked): Promise<Kept | undefined> {
  const { title, terms, values, challenge, before } = asked
  const client = registeredClient(terms, values)
  if (client?.client_secret === undefined) return missing(asked)
  const discovered = await discover(asked)
  if (terms.kind !== 'client_credentials' && !knowsOnlyMachines(discovered)) return undefined
  const scope = challenge.scope ?? before?.scope ?? (terms.scopes?.join(' ') || discovered.scopes)
  const key = await keyFor(discovered, before)
  const provider = providerOf(title, client.client_id, client.client_secret, discovered.issuer)
  if (key) provider.dpop = async () => boundSession(key)
  const tokens = await tokensFor(asked, provider, discovered, scope)
  return {
    issuer: discovered.issuer,
    client: { client_id: client.client_id },
    clientFrom: 'registered',
    resource: discovered.resource,
    machine: true,
    ...tokensOf({ ...tokens, refresh_token: undefined }, scope, Date.now()),
    ...(key && { key }),
  }
}

async function tokensFor(
  { title, fetch }: Asked,
  provider: Provider,
  discovered: Discovered,
  scope: string | undefined,
) {
  const { server, metadata, resource } = discovered
  try {
    return await fetchToken(provider, server, {
      ...(metadata && { metadata }),
      ...resourceFor(discovered, resource),
      ...(scope !== undefined && { scope }),
      fetchFn: fetch,
    })
  } catch (error) {
    throw tokenTrouble(title, error)
  }
}

const keyFor = async ({ bindsTokens }: Discovered, before: Kept | undefined) =>
  bindsTokens ? (before?.key ?? newBoundKey()) : undefined

function missing({ title, terms }: Asked): undefined {
  if (terms.kind !== 'client_credentials') return undefined
  throw new AppError('credential_missing', `${title} needs a client id and its secret. Press Reconnect and enter them.`)
}

function knowsOnlyMachines({ metadata }: Discovered): boolean {
  const grants = metadata?.grant_types_supported ?? []
  return grants.includes('client_credentials') && !grants.includes('authorization_code')
}

type Provider = (ClientCredentialsProvider | PrivateKeyJwtProvider) & {
  dpop?: () => ReturnType<typeof boundSession>
}

/** A secret in PEM form is a private key to sign with (RFC 7523), any other goes as it is. */
function providerOf(title: string, clientId: string, secret: string, issuer: string): Provider {
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
