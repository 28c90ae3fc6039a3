import type { OAuthTokens } from '@modelcontextprotocol/client'
import { z } from 'zod'
import type { CredentialStore } from '../../credentials/store.ts'
import type { ConnectionId } from '../../ids.ts'

const Jwk = z.record(z.string(), z.string())

/** A client as its authorization server knows it. */
export const KnownClient = z.object({
  client_id: z.string(),
  client_secret: z.string().optional(),
  token_endpoint_auth_method: z.string().optional(),
})
export type KnownClient = z.infer<typeof KnownClient>

/** The key that tokens are bound to (RFC 9449). Exportable, or each restart would end every sign-in. */
export const BoundKey = z.object({ privateKey: Jwk, publicKey: Jwk })
export type BoundKey = z.infer<typeof BoundKey>

/** All that is kept of a sign-in: one secret, bound to the issuer it came from. */
export const Kept = z.object({
  issuer: z.string(),
  /** Without its secret where it was registered beforehand: that is kept elsewhere. */
  client: KnownClient,
  clientFrom: z.enum(['registered', 'cimd', 'dcr']),
  /** The redirect address the client was used with: one that we registered is good for no other. */
  redirectUrl: z.string().optional(),
  resource: z.string(),
  /** Nobody signed in: the connection has credentials of its own (RFC 6749 section 4.4). */
  machine: z.boolean().optional(),
  /** The identity provider on whose word the tokens were given (ID-JAG): its issuer. */
  managed: z.string().optional(),
  accessToken: z.string(),
  tokenType: z.string(),
  refreshToken: z.string().optional(),
  scope: z.string().optional(),
  /** In epoch ms; undefined where the server does not say. */
  expiresAt: z.number().optional(),
  key: BoundKey.optional(),
})
export type Kept = z.infer<typeof Kept>

const signInRef = (id: ConnectionId): string => `connection/${id}/sign-in`

export async function readKept(store: CredentialStore, id: ConnectionId): Promise<Kept | undefined> {
  const text = await store.get(signInRef(id))
  return text === undefined ? undefined : Kept.parse(JSON.parse(text))
}

export const saveKept = (store: CredentialStore, id: ConnectionId, kept: Kept): Promise<void> =>
  store.set(signInRef(id), JSON.stringify(kept))

export const removeKept = (store: CredentialStore, id: ConnectionId): Promise<void> => store.remove(signInRef(id))

/** The tokens' part of what is kept, from an answer of the token endpoint. */
export function tokensOf(tokens: OAuthTokens, askedScope: string | undefined, now: number) {
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

/** What of a sign-in a server might say back to us, and nobody may read. */
export const secretsIn = (kept: Kept): string[] =>
  [kept.accessToken, kept.refreshToken, kept.client.client_secret].filter((one) => one !== undefined)
