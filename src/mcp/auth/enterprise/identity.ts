import type { OAuthTokens } from '@modelcontextprotocol/client'
import { z } from 'zod'
import type { CredentialStore } from '../../../credentials/store.ts'
import { AppError } from '../../../errors.ts'
import type { Principal } from '../../../ids.ts'
import type { IdentityProvider, ProviderMetadata } from './identity-provider.ts'

/** That a person signed in with their organization: a secret, good for every connection the organization manages. */
export const Identity = z.object({
  issuer: z.string(),
  clientId: z.string(),
  /** Who they are there; never shown. */
  subject: z.string(),
  idToken: z.string(),
  /** When the id token came, and when it ends, in epoch ms. */
  at: z.number(),
  endsAt: z.number(),
  refreshToken: z.string().optional(),
})
export type Identity = z.infer<typeof Identity>

const refOf = ({ workspace, user }: Principal): string => `identity/${workspace}/${user}`

export async function readIdentity(store: CredentialStore, by: Principal): Promise<Identity | undefined> {
  const text = await store.get(refOf(by))
  return text === undefined ? undefined : Identity.parse(JSON.parse(text))
}

export const saveIdentity = (store: CredentialStore, by: Principal, identity: Identity): Promise<void> =>
  store.set(refOf(by), JSON.stringify(identity))

export const removeIdentity = (store: CredentialStore, by: Principal): Promise<void> => store.remove(refOf(by))

const Claims = z.object({
  iss: z.string(),
  sub: z.string().min(1),
  aud: z.union([z.string(), z.array(z.string())]),
  azp: z.string().optional(),
  exp: z.number(),
  nonce: z.string().optional(),
})
type Claims = z.infer<typeof Claims>

/** `nonce`: of the sign-in; `subject`: who it was before. What is left out is not known and not compared. */
type Expected = { provider: IdentityProvider; metadata: ProviderMetadata; nonce?: string; subject?: string }

/**
 * The identity in a token endpoint's answer, if its claims are as OpenID Connect Core 1.0 sections 3.1.3.7 and 12.2 want
 * them. It came straight from the token endpoint over TLS, which stands in for its signature there. Throws
 * `sign_in_failed`, without a cause, as that could quote the token.
 */
export function identityIn(tokens: OAuthTokens, expected: Expected): Identity {
  const { provider, metadata } = expected
  const { id_token: idToken, refresh_token: refreshToken } = tokens
  const claims = idToken === undefined ? undefined : claimsIn(idToken)
  if (idToken === undefined || claims === undefined || !areClaimsValid(claims, expected))
    throw createUntrustedTokenError()
  return {
    issuer: metadata.issuer,
    clientId: provider.clientId,
    subject: claims.sub,
    idToken,
    at: Date.now(),
    endsAt: claims.exp * 1000,
    ...(refreshToken !== undefined && { refreshToken }),
  }
}

function areClaimsValid(claims: Claims, { provider, metadata, nonce, subject }: Expected): boolean {
  const audience = [claims.aud].flat()
  return (
    claims.iss === metadata.issuer &&
    audience.includes(provider.clientId) &&
    (claims.azp ?? (audience.length === 1 ? provider.clientId : undefined)) === provider.clientId &&
    claims.exp * 1000 > Date.now() &&
    (nonce === undefined || claims.nonce === nonce) &&
    (subject === undefined || claims.sub === subject)
  )
}

function claimsIn(idToken: string): Claims | undefined {
  try {
    const parsed = Claims.safeParse(JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString()))
    return parsed.data
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const createUntrustedTokenError = (): AppError =>
  new AppError(
    'sign_in_failed',
    'Your organization’s sign-in did not say who you are in a way I can trust, so I did not use it. Sign in again; if that does not help, tell whoever runs Patchbay here.',
  )
