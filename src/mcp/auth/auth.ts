import { checkResourceAllowed } from '@modelcontextprotocol/client'
import { z } from 'zod'
import type { CredentialStore } from '../../credentials/store.ts'
import type { Egress } from '../../egress/egress.ts'
import { isAppError } from '../../errors.ts'
import type { ConnectionId, Principal } from '../../ids.ts'
import type { Log } from '../../log.ts'
import type { Registry } from '../../registry/registry.ts'
import { withDeadline } from '../../timing.ts'
import type { AuthChallenge } from '../protocol/auth-challenge.ts'
import type { ClientIdentity } from '../protocol/auth-config.ts'
import { fillPlaceholders, type HttpTarget, serverUrlOf, type Target } from '../protocol/server-target.ts'
import { type BearerTokens, createBearerTokens, type TokenSubject } from './bearer-tokens.ts'
import { isEnterpriseManaged } from './enterprise/enterprise-tokens.ts'
import { createIdentities, type Identities, removeStoredIdentity } from './enterprise/identities.ts'
import { readIdentity } from './enterprise/identity.ts'
import type { IdentityProvider } from './enterprise/identity-provider.ts'
import {
  beginIdentitySignIn,
  createProviderChangedError,
  PendingIdentity,
  redeemIdentity,
  revokeIdentity,
} from './enterprise/identity-sign-in.ts'
import { beginSignIn, PendingSignIn, redeemAuthorizationCode } from './oauth/authorize.ts'
import { discoverAuth } from './oauth/discover.ts'
import { type RevocationOutcome, revokeTokens } from './oauth/revoke.ts'
import { createAuthFetch } from './tokens/auth-fetch.ts'
import { createRefreshLock, REFRESH_LOCK_MS, type RefreshLock } from './tokens/refresh-lock.ts'
import { readStoredTokens, removeStoredTokens, type StoredTokens, saveStoredTokens } from './tokens/stored-tokens.ts'
import { requestTokensWithoutBrowser } from './tokens-without-browser.ts'

type TokenSecrets = Record<string, string>

/** Signing in to servers, without knowing who asks or where a person is shown it. */
export type Auth = {
  /** What a transport to the target speaks with; undefined where its headers or nothing will do. */
  bearer(id: ConnectionId, target: Target, secrets: TokenSecrets): BearerTokens | undefined
  /** Where to send the person, and what must be known when they come back. Throws AppErrors. */
  begin(target: HttpTarget, secrets: TokenSecrets, o: SignInNeed & { state: string }): Promise<StartedSignIn>
  /** What the browser brought back, as tokens. Throws AppErrors. */
  redeem(pending: PendingAuthorization, brought: URLSearchParams, o: SignInCallback): Promise<StoredTokens>
  /** Gets and keeps what is wanted where the person is signed in with their organization and needs no page for it; else, or when that takes long, false. */
  withoutPage(target: Target, secrets: TokenSecrets, o: SignInNeed): Promise<boolean>
  kept(id: ConnectionId): Promise<StoredTokens | undefined>
  /** Whether what is kept is what the target is spoken to with: no header has a token, and its address is the same. */
  isUsed(target: Target, secrets: TokenSecrets, kept: StoredTokens): boolean
  /** Waits for a renewal under way, which would else overwrite it. */
  keep(id: ConnectionId, kept: StoredTokens): Promise<void>
  /** With a person's last managed connection their sign-in with the organization goes, too. */
  forget(id: ConnectionId, by: Principal): Promise<void>
  /** Only here: nobody else is asked. */
  forgetIdentity(by: Principal): Promise<void>
  /** Takes back what is kept, or what is given, at the authorization server; undefined when there is nothing. */
  revoke(target: Target, secrets: TokenSecrets, kept: StoredTokens | undefined): Promise<RevocationOutcome | undefined>
}

export type SignInNeed = { id: ConnectionId; challenge: AuthChallenge; signal: AbortSignal }

/** `organization`: the person signs in with it, not with the service. */
type StartedSignIn = { url: string; host: string; organization: boolean; pending: PendingAuthorization }

/** For which connection a browser came back. */
type SignInCallback = { id: ConnectionId; target: HttpTarget; secrets: TokenSecrets; signal: AbortSignal }

type AuthDeps = {
  credentials: CredentialStore
  registry: Pick<Registry, 'lease' | 'releaseLease' | 'connectionsOf'>
  egress: Pick<Egress, 'fetch' | 'precheck'>
  ours: ClientIdentity
  /** Left out: people sign in to each service themselves. */
  identityProvider?: IdentityProvider | undefined
  log: Log
}

type Parts = AuthDeps & { turns: RefreshLock; identities: Identities | undefined }

// An instance that was stopped may have left its turn to run out; a person at a button does not wait for that.
const PAGELESS_MS = 5_000
// Disconnecting does not wait longer for a service that is down.
const REVOKE_MS = 10_000

export function createAuth(deps: AuthDeps): Auth {
  const { credentials, egress, identityProvider } = deps
  const turns = createRefreshLock(deps.registry, deps.log)
  const identities = identityProvider && createIdentities(identityProvider, { credentials, turns })
  const parts: Parts = { ...deps, turns, identities }
  return {
    bearer: (id, target, secrets) => {
      const subject = tokenSubjectOf(id, target, secrets)
      return subject && createBearerTokens(parts, subject)
    },
    begin: (target, secrets, o) => begin(parts, target, secrets, o),
    redeem: (pending, brought, o) => redeemed(parts, pending, brought, o),
    withoutPage: (target, secrets, o) => withDeadline(withoutPage(parts, target, secrets, o), PAGELESS_MS, false),
    kept: (id) => readStoredTokens(credentials, id),
    isUsed,
    keep: (id, kept) => turns.run(id, () => saveStoredTokens(credentials, id, kept)),
    forget: async (id, by) => {
      await turns.run(id, () => removeStoredTokens(credentials, id))
      await dropUnused(parts, by)
    },
    forgetIdentity: (by) => removeStoredIdentity(by, parts),
    revoke: async (target, secrets, kept) => {
      if (kept === undefined || target.kind !== 'http' || target.auth === undefined) return undefined
      const fetch = createAuthFetch(egress, AbortSignal.timeout(REVOKE_MS))
      return revokeTokens(kept, { terms: target.auth, values: { ...target.values, ...secrets }, fetch })
    },
  }
}

async function begin(
  parts: Parts,
  target: HttpTarget,
  secrets: TokenSecrets,
  { id, challenge, state, signal }: SignInNeed & { state: string },
): Promise<StartedSignIn> {
  const { credentials, egress, identities, ours } = parts
  const subject = signInSubjectOf(id, target, secrets)
  const fetch = createAuthFetch(egress, signal)
  const discovered = await discoverAuth({ ...subject, challenge, fetch })
  const asked = { ...subject, ours, challenge, state, fetch, precheck: egress.precheck }
  if (isEnterpriseManaged(identities, subject, discovered))
    return { organization: true, ...(await beginIdentitySignIn({ ...asked, provider: identities.provider })) }
  const before = await readStoredTokens(credentials, id)
  return { organization: false, ...(await beginSignIn({ ...asked, discovered, before })) }
}

async function redeemed(
  parts: Parts,
  pending: PendingAuthorization,
  brought: URLSearchParams,
  { id, target, secrets, signal }: SignInCallback,
): Promise<StoredTokens> {
  const { identities, egress } = parts
  const fetch = createAuthFetch(egress, signal)
  if (!('kind' in pending)) return redeemAuthorizationCode(pending, brought, fetch)
  if (identities === undefined) throw createProviderChangedError()
  await identities.keep(target.by, await redeemIdentity(identities.provider, pending, brought, fetch))
  try {
    const kept = await unattended(parts, target, secrets, { id, challenge: pending.challenge, signal })
    if (kept === undefined) throw createProviderChangedError()
    return kept
  } catch (error) {
    await dropUnused(parts, target.by)
    throw error
  }
}

async function unattended(
  parts: Parts,
  target: HttpTarget,
  secrets: TokenSecrets,
  { id, challenge, signal }: SignInNeed,
) {
  const before = await readStoredTokens(parts.credentials, id)
  const fetch = createAuthFetch(parts.egress, signal)
  const { identities } = parts
  return requestTokensWithoutBrowser({ ...signInSubjectOf(id, target, secrets), challenge, before, fetch }, identities)
}

async function withoutPage(parts: Parts, target: Target, secrets: TokenSecrets, wanted: SignInNeed): Promise<boolean> {
  const { identities, credentials, turns } = parts
  if (identities === undefined || target.kind !== 'http' || target.auth?.kind !== 'oauth') return false
  try {
    return await turns.run(wanted.id, async () => {
      const signal = AbortSignal.any([wanted.signal, AbortSignal.timeout(REFRESH_LOCK_MS)])
      const kept = await unattended(parts, target, secrets, { ...wanted, signal })
      if (kept !== undefined) await saveStoredTokens(credentials, wanted.id, kept)
      return kept !== undefined
    })
  } catch (error) {
    if (isAppError(error, 'sign_in_needed')) return false
    throw error
  }
}

/** A sign-in with the organization is kept for as long as a connection lives by it. */
async function dropUnused(parts: Parts, by: Principal): Promise<void> {
  const { credentials, registry, identities, egress } = parts
  const identity = await readIdentity(credentials, by)
  if (identity === undefined) return
  const connections = await registry.connectionsOf(by)
  const kept = await Promise.all(connections.map(({ id }) => readStoredTokens(credentials, id)))
  if (kept.some((one) => one?.managed !== undefined)) return
  await removeStoredIdentity(by, parts)
  if (identities !== undefined)
    await revokeIdentity(identities.provider, identity, createAuthFetch(egress, AbortSignal.timeout(REVOKE_MS)))
}

function isUsed(target: Target, secrets: TokenSecrets, { resource }: StoredTokens): boolean {
  if (target.kind !== 'http' || target.auth === undefined || hasSecretHeader(target, secrets)) return false
  return checkResourceAllowed({ requestedResource: serverUrlOf(target, secrets), configuredResource: resource })
}

/** A card may take a token or a sign-in; where a person filled in a token, that is what they want. */
function tokenSubjectOf(id: ConnectionId, target: Target, secrets: TokenSecrets): TokenSubject | undefined {
  if (target.kind !== 'http' || target.auth === undefined || hasSecretHeader(target, secrets)) return undefined
  return signInSubjectOf(id, target, secrets)
}

function signInSubjectOf(id: ConnectionId, target: HttpTarget, secrets: TokenSecrets): TokenSubject {
  const { by, title, auth: terms } = target
  if (terms === undefined) throw new TypeError(`${title} has no sign-in`)
  return { id, by, title, serverUrl: serverUrlOf(target, secrets), terms, values: { ...target.values, ...secrets } }
}

function hasSecretHeader({ headers, values }: HttpTarget, secrets: TokenSecrets): boolean {
  return Object.values(headers).some(
    (text) => fillPlaceholders(text, values) === undefined && fillPlaceholders(text, { ...values, ...secrets }),
  )
}

/** A sign-in under way, with the service itself or with the organization. A secret. */
export const PendingAuthorization = z.union([PendingIdentity, PendingSignIn])
export type PendingAuthorization = z.infer<typeof PendingAuthorization>
