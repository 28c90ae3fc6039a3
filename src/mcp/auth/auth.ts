import type { CredentialStore } from '../../credentials/store.ts'
import type { Egress } from '../../egress/egress.ts'
import { isAppError } from '../../errors.ts'
import type { ConnectionId, Principal } from '../../ids.ts'
import type { Log } from '../../log.ts'
import type { Registry } from '../../registry/registry.ts'
import { withDeadline } from '../../timing.ts'
import type { ClientIdentity } from '../protocol/auth-config.ts'
import type { HttpTarget, Target } from '../protocol/server-target.ts'
import { type BearerTokens, type BearerTokensDeps, createBearerTokens } from './bearer-tokens.ts'
import { isEnterpriseManaged } from './enterprise/enterprise-tokens.ts'
import { createIdentities, type Identities, removeStoredIdentity } from './enterprise/identities.ts'
import { readIdentity } from './enterprise/identity.ts'
import type { IdentityProvider } from './enterprise/identity-provider.ts'
import { beginIdentitySignIn, revokeIdentity } from './enterprise/identity-sign-in.ts'
import { beginSignIn, retryWithoutResource } from './oauth/authorize.ts'
import { discoverAuth } from './oauth/discover.ts'
import { type RevocationOutcome, revokeTokens } from './oauth/revoke.ts'
import {
  type PendingAuthorization,
  type RedeemedSignIn,
  redeemCallback,
  requestWithoutBrowser,
  type SignInCallback,
  type SignInNeed,
} from './redeem.ts'
import { isTokenUsed, signInSubjectOf, type TokenSecrets, tokenSubjectOf } from './token-subject.ts'
import { createAuthFetch } from './tokens/auth-fetch.ts'
import { createRefreshLock, REFRESH_LOCK_MS, type RefreshLock } from './tokens/refresh-lock.ts'
import { readStoredTokens, removeStoredTokens, type StoredTokens, saveStoredTokens } from './tokens/stored-tokens.ts'

/** Sign-ins to servers; who asks and where a person sees it is the caller's to know. */
export type Auth = {
  /** The bearer tokens for requests to the target; undefined where its headers are enough. */
  bearer(id: ConnectionId, target: Target, secrets: TokenSecrets): BearerTokens | undefined
  /** Where to send the person, and what must be saved until they come back. Throws AppErrors. */
  begin(target: HttpTarget, secrets: TokenSecrets, o: SignInNeed & { state: string }): Promise<StartedSignIn>
  /** Exchanges what the browser came back with for tokens, and saves nothing. Throws AppErrors. */
  redeem(pending: PendingAuthorization, params: URLSearchParams, o: SignInCallback): Promise<RedeemedSignIn>
  /** Saves what was redeemed: it is the person's. Waits for a refresh under way, which would otherwise overwrite it. */
  accept(id: ConnectionId, by: Principal, redeemed: RedeemedSignIn): Promise<void>
  /** Revokes what was redeemed and not accepted. */
  drop(target: Target, secrets: TokenSecrets, redeemed: RedeemedSignIn): Promise<RevocationOutcome | undefined>
  /** The sign-in once more in another way, where the error of `redeem` says that this helps. */
  retry(
    pending: PendingAuthorization,
    error: unknown,
    state: string,
  ): Promise<Pick<StartedSignIn, 'url' | 'pending'> | undefined>
  /** Requests and saves the tokens that are needed if the person is signed in with their organization. False where a browser is needed, or when it takes long. */
  tryWithoutBrowser(target: Target, secrets: TokenSecrets, o: SignInNeed): Promise<boolean>
  storedTokens(id: ConnectionId): Promise<StoredTokens | undefined>
  /** Whether requests to the target carry these tokens: no header has a token of its own, and the address is the same. */
  areTokensUsed(target: Target, secrets: TokenSecrets, tokens: StoredTokens): boolean
  /** Removes a connection's tokens; with a person's last managed connection also their sign-in with the organization. */
  forget(id: ConnectionId, by: Principal): Promise<void>
  /** Removes the saved identity without revoking it. */
  forgetIdentity(by: Principal): Promise<void>
  /** Revokes the tokens at the authorization server; undefined when there are none. */
  revoke(
    target: Target,
    secrets: TokenSecrets,
    tokens: StoredTokens | undefined,
  ): Promise<RevocationOutcome | undefined>
}

/** `organization`: the person signs in with it, not with the service. */
type StartedSignIn = { url: string; host: string; organization: boolean; pending: PendingAuthorization }

type AuthDeps = {
  credentials: CredentialStore
  registry: Pick<Registry, 'lease' | 'releaseLease' | 'connectionsOf'>
  egress: Pick<Egress, 'fetch' | 'precheck'>
  ours: ClientIdentity
  /** Left out: people sign in to each service themselves. */
  identityProvider?: IdentityProvider | undefined
  audit?: BearerTokensDeps['audit']
  log: Log
}

type AuthParts = AuthDeps & { refreshLock: RefreshLock; identities: Identities | undefined }

// A stopped instance may have left its lease behind; a person who pressed a button does not wait until that ends.
const WITHOUT_BROWSER_MS = 5_000
// Disconnecting does not wait longer for a service that is down.
const REVOKE_MS = 10_000

export function createAuth(deps: AuthDeps): Auth {
  const { credentials, egress, identityProvider } = deps
  const refreshLock = createRefreshLock(deps.registry, deps.log)
  const identities = identityProvider && createIdentities(identityProvider, { credentials, refreshLock })
  const parts: AuthParts = { ...deps, refreshLock, identities }
  return {
    bearer: (id, target, secrets) => {
      const subject = tokenSubjectOf(id, target, secrets)
      return subject && createBearerTokens(parts, subject)
    },
    begin: (target, secrets, o) => begin(parts, target, secrets, o),
    redeem: (pending, params, o) => redeemCallback(parts, pending, params, o),
    retry: async (pending, ...o) => ('kind' in pending ? undefined : retryWithoutResource(pending, ...o)),
    tryWithoutBrowser: (target, secrets, o) =>
      withDeadline(tryWithoutBrowser(parts, target, secrets, o), WITHOUT_BROWSER_MS, false),
    storedTokens: (id) => readStoredTokens(credentials, id),
    areTokensUsed: isTokenUsed,
    accept: async (id, by, { tokens, identity }) => {
      if (identity !== undefined) await identities?.save(by, identity)
      await refreshLock.run(id, () => saveStoredTokens(credentials, id, tokens))
    },
    drop: async (target, secrets, { tokens, identity }) => {
      if (identity !== undefined && identityProvider !== undefined)
        await revokeIdentity(identityProvider, identity, createAuthFetch(egress, AbortSignal.timeout(REVOKE_MS)))
      return revoke(deps, target, secrets, tokens)
    },
    forget: async (id, by) => {
      await refreshLock.run(id, () => removeStoredTokens(credentials, id))
      await removeUnusedIdentity(parts, by)
    },
    forgetIdentity: (by) => removeStoredIdentity(by, parts),
    revoke: (...o) => revoke(deps, ...o),
  }
}

async function revoke(
  { egress }: Pick<AuthDeps, 'egress'>,
  target: Target,
  secrets: TokenSecrets,
  tokens: StoredTokens | undefined,
): Promise<RevocationOutcome | undefined> {
  if (tokens === undefined || target.kind !== 'http' || target.auth === undefined) return undefined
  const fetch = createAuthFetch(egress, AbortSignal.timeout(REVOKE_MS))
  return revokeTokens(tokens, { terms: target.auth, values: { ...target.values, ...secrets }, fetch })
}

async function begin(
  parts: AuthParts,
  target: HttpTarget,
  secrets: TokenSecrets,
  { id, challenge, state, signal }: SignInNeed & { state: string },
): Promise<StartedSignIn> {
  const { credentials, egress, identities, ours } = parts
  const subject = signInSubjectOf(id, target, secrets)
  const fetch = createAuthFetch(egress, signal)
  const discovered = await discoverAuth({ ...subject, challenge, fetch })
  const request = { ...subject, ours, challenge, state, fetch, precheck: egress.precheck }
  if (isEnterpriseManaged(identities, subject, discovered))
    return { organization: true, ...(await beginIdentitySignIn({ ...request, provider: identities.provider })) }
  const started = await beginSignIn({ ...request, discovered, before: await readStoredTokens(credentials, id) })
  return { organization: false, ...started }
}

async function tryWithoutBrowser(
  parts: AuthParts,
  target: Target,
  secrets: TokenSecrets,
  need: SignInNeed,
): Promise<boolean> {
  const { identities, credentials, refreshLock } = parts
  if (identities === undefined || target.kind !== 'http' || target.auth?.kind !== 'oauth') return false
  try {
    return await refreshLock.run(need.id, async () => {
      const signal = AbortSignal.any([need.signal, AbortSignal.timeout(REFRESH_LOCK_MS)])
      const tokens = await requestWithoutBrowser(parts, target, secrets, { ...need, signal })
      if (tokens !== undefined) await saveStoredTokens(credentials, need.id, tokens)
      return tokens !== undefined
    })
  } catch (error) {
    if (isAppError(error, 'sign_in_needed')) return false
    throw error
  }
}

/** An identity is removed once no connection has tokens that were issued for it. */
async function removeUnusedIdentity(parts: AuthParts, by: Principal): Promise<void> {
  const { credentials, registry, identities, egress } = parts
  const identity = await readIdentity(credentials, by)
  if (identity === undefined) return
  const connections = await registry.connectionsOf(by)
  const tokens = await Promise.all(connections.map(({ id }) => readStoredTokens(credentials, id)))
  if (tokens.some((one) => one?.managed !== undefined)) return
  await removeStoredIdentity(by, parts)
  if (identities !== undefined)
    await revokeIdentity(identities.provider, identity, createAuthFetch(egress, AbortSignal.timeout(REVOKE_MS)))
}
