import { z } from 'zod'
import type { CredentialStore } from '../../credentials/store.ts'
import type { Egress } from '../../egress/egress.ts'
import type { ConnectionId, Principal } from '../../ids.ts'
import type { AuthChallenge } from '../protocol/auth-challenge.ts'
import type { HttpTarget } from '../protocol/server-target.ts'
import { createIdentities, type Identities } from './enterprise/identities.ts'
import { Identity, readIdentity } from './enterprise/identity.ts'
import {
  createProviderChangedError,
  PendingIdentity,
  redeemIdentity,
  revokeIdentity,
} from './enterprise/identity-sign-in.ts'
import { PendingSignIn, redeemAuthorizationCode } from './oauth/authorize.ts'
import { ClientRefusedError } from './oauth/token-errors.ts'
import { signInSubjectOf, type TokenSecrets } from './token-subject.ts'
import { createAuthFetch } from './tokens/auth-fetch.ts'
import type { RefreshLock } from './tokens/refresh-lock.ts'
import { readStoredTokens, StoredTokens, saveStoredTokens } from './tokens/stored-tokens.ts'
import { requestTokensWithoutBrowser } from './tokens-without-browser.ts'

/** A sign-in under way, with the service itself or with the organization. A secret. */
export const PendingAuthorization = z.union([PendingIdentity, PendingSignIn])
export type PendingAuthorization = z.infer<typeof PendingAuthorization>

/** What a sign-in gave; with the organization, also who they are there. A secret. */
export const RedeemedSignIn = z.object({ tokens: StoredTokens, identity: Identity.optional() })
export type RedeemedSignIn = z.infer<typeof RedeemedSignIn>

export type SignInNeed = { id: ConnectionId; challenge: AuthChallenge; signal: AbortSignal }

/** For which connection a browser came back. */
export type SignInCallback = { id: ConnectionId; target: HttpTarget; secrets: TokenSecrets; signal: AbortSignal }

type RedeemDeps = {
  credentials: CredentialStore
  egress: Pick<Egress, 'fetch'>
  refreshLock: RefreshLock
  identities: Identities | undefined
}

/** What the browser came back with, as tokens. Nothing of it is saved: whose account it is, nobody knows yet. */
export async function redeemCallback(
  parts: RedeemDeps,
  pending: PendingAuthorization,
  params: URLSearchParams,
  callback: SignInCallback,
): Promise<RedeemedSignIn> {
  if ('kind' in pending) return redeemWithOrganization(parts, pending, params, callback)
  try {
    return { tokens: await redeemAuthorizationCode(pending, params, createAuthFetch(parts.egress, callback.signal)) }
  } catch (error) {
    await rememberRefusedClient(parts, callback.id, pending, error)
    throw error
  }
}

async function redeemWithOrganization(
  parts: RedeemDeps,
  pending: PendingIdentity,
  params: URLSearchParams,
  { id, target, secrets, signal }: SignInCallback,
): Promise<RedeemedSignIn> {
  if (parts.identities === undefined) throw createProviderChangedError()
  const { provider } = parts.identities
  const fetch = createAuthFetch(parts.egress, signal)
  const redeemed = await redeemIdentity(provider, pending, params, fetch)
  const apart = createIdentityApart(target.by)
  const identities = createIdentities(provider, { credentials: apart.credentials, refreshLock: parts.refreshLock })
  await identities.save(target.by, redeemed)
  try {
    const need = { id, challenge: pending.challenge, signal }
    const tokens = await requestWithoutBrowser({ ...parts, identities }, target, secrets, need)
    if (tokens === undefined) throw createProviderChangedError()
    return { tokens, identity: (await apart.read()) ?? redeemed }
  } catch (error) {
    await revokeIdentity(provider, (await apart.read()) ?? redeemed, fetch)
    throw error
  }
}

/** A place for an identity beside the one that the person has. */
function createIdentityApart(by: Principal) {
  const kept = new Map<string, string>()
  const credentials: CredentialStore = {
    get: async (ref) => kept.get(ref),
    set: async (ref, secret) => void kept.set(ref, secret),
    remove: async (ref) => void kept.delete(ref),
  }
  return { credentials, read: () => readIdentity(credentials, by) }
}

/** Tokens keep the client that a further sign-in uses again, unless the service has forgotten it. */
async function rememberRefusedClient(
  { credentials, refreshLock }: RedeemDeps,
  id: ConnectionId,
  { client }: PendingSignIn,
  error: unknown,
): Promise<void> {
  if (!(error instanceof Error) || !(error.cause instanceof ClientRefusedError)) return
  await refreshLock.run(id, async () => {
    const tokens = await readStoredTokens(credentials, id)
    if (tokens?.client.client_id === client.client_id)
      await saveStoredTokens(credentials, id, { ...tokens, clientRefused: true })
  })
}

/** The tokens that a person who is signed in with their organization gets without a page; undefined where they need one. */
export async function requestWithoutBrowser(
  parts: Pick<RedeemDeps, 'credentials' | 'egress' | 'identities'>,
  target: HttpTarget,
  secrets: TokenSecrets,
  { id, challenge, signal }: SignInNeed,
) {
  const before = await readStoredTokens(parts.credentials, id)
  const fetch = createAuthFetch(parts.egress, signal)
  return requestTokensWithoutBrowser(
    { ...signInSubjectOf(id, target, secrets), challenge, before, fetch },
    parts.identities,
  )
}
