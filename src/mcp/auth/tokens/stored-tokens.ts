import type { OAuthTokens } from '@modelcontextprotocol/client'
import { z } from 'zod'
import type { CredentialStore } from '../../../credentials/store.ts'
import { isAppError } from '../../../errors.ts'
import type { ConnectionId } from '../../../ids.ts'

const Jwk = z.record(z.string(), z.string())

/** A client as its authorization server knows it. */
export const KnownClient = z.object({
  client_id: z.string(),
  client_secret: z.string().optional(),
  token_endpoint_auth_method: z.string().optional(),
  /** Epoch seconds; 0 or absent: never. */
  client_secret_expires_at: z.number().optional(),
})
export type KnownClient = z.infer<typeof KnownClient>

/** The key that tokens are bound to (RFC 9449). Exportable, or each restart would end every sign-in. */
export const DpopKey = z.object({ privateKey: Jwk, publicKey: Jwk })
export type DpopKey = z.infer<typeof DpopKey>

/** The tokens of a sign-in with what is needed to renew them: one secret, bound to its issuer. */
export const StoredTokens = z.object({
  issuer: z.string(),
  /** Without its secret where it was registered beforehand: that is saved elsewhere. */
  client: KnownClient,
  clientFrom: z.enum(['registered', 'cimd', 'dcr']),
  /** The redirect address the client was used with: one that we registered is good for no other. */
  redirectUrl: z.string().optional(),
  /** The service no longer knows the client, so the next sign-in registers another. */
  clientRefused: z.boolean().optional(),
  resource: z.string(),
  /** The service takes no requests that name the resource. */
  refusesResource: z.boolean().optional(),
  /** Nobody signed in: the connection has credentials of its own (RFC 6749 section 4.4). */
  machine: z.boolean().optional(),
  /** The issuer of the identity provider whose ID-JAG the tokens were requested with. */
  managed: z.string().optional(),
  accessToken: z.string(),
  tokenType: z.string(),
  refreshToken: z.string().optional(),
  scope: z.string().optional(),
  /** In epoch ms; undefined where the server does not say. */
  expiresAt: z.number().optional(),
  key: DpopKey.optional(),
})
export type StoredTokens = z.infer<typeof StoredTokens>

const storedTokensReferenceFor = (id: ConnectionId): string => `connection/${id}/sign-in`

/** Tokens that can never be opened are as good as none: the person signs in again. */
export async function readStoredTokens(store: CredentialStore, id: ConnectionId): Promise<StoredTokens | undefined> {
  try {
    const text = await store.get(storedTokensReferenceFor(id))
    return text === undefined ? undefined : StoredTokens.parse(JSON.parse(text))
  } catch (error) {
    if (isAppError(error, 'credential_missing')) return undefined
    throw error
  }
}

export const saveStoredTokens = (store: CredentialStore, id: ConnectionId, tokens: StoredTokens): Promise<void> =>
  store.set(storedTokensReferenceFor(id), JSON.stringify(tokens))

export const removeStoredTokens = (store: CredentialStore, id: ConnectionId): Promise<void> =>
  store.remove(storedTokensReferenceFor(id))

/** The token fields of StoredTokens, from a response of the token endpoint. */
export function tokenFieldsOf(tokens: OAuthTokens, askedScope: string | undefined, now: number) {
  // RFC 6749 section 5.1: a scope left out is the one asked for.
  const scope = tokens.scope ?? askedScope
  return {
    accessToken: tokens.access_token,
    tokenType: tokens.token_type,
    ...(tokens.refresh_token !== undefined && { refreshToken: tokens.refresh_token }),
    ...(scope !== undefined && { scope }),
    ...(tokens.expires_in !== undefined && { expiresAt: now + tokens.expires_in * 1000 }),
  }
}

/** The values that must be redacted from what a server says. */
export const tokenSecretsOf = (tokens: StoredTokens): string[] =>
  [tokens.accessToken, tokens.refreshToken, tokens.client.client_secret].filter((one) => one !== undefined)
