import { OAuthError } from '@modelcontextprotocol/client'
import type { CredentialStore } from '../../../credentials/store.ts'
import { isAppError } from '../../../errors.ts'
import { identityIdOf, type Principal } from '../../../ids.ts'
import { isSameIssuer } from '../oauth/discover.ts'
import { ENDED_SIGN_IN_ERRORS } from '../oauth/refresh.ts'
import { createTokenError } from '../oauth/token-errors.ts'
import type { RefreshLock } from '../tokens/refresh-lock.ts'
import { type Identity, readIdentity, removeIdentity, saveIdentity } from './identity.ts'
import { type IdentityProvider, providerHostOf } from './identity-provider.ts'
import { refreshIdentity } from './identity-sign-in.ts'

// An exchange may take a while to arrive, and clocks differ.
const EARLY_MS = 15_000

/** Who people are to their organization's identity provider. One refresh at a time for each person, anywhere. */
export type Identities = {
  provider: IdentityProvider
  /** Undefined where only the person can help. Throws AppErrors for failures that may pass. */
  of(by: Principal, fetch: typeof globalThis.fetch): Promise<Identity | undefined>
  /** A new identity instead of one that was refused. Undefined where only the person can help. */
  refresh(by: Principal, than: Identity, fetch: typeof globalThis.fetch): Promise<Identity | undefined>
  save(by: Principal, identity: Identity): Promise<void>
}

export function createIdentities(
  provider: IdentityProvider,
  { credentials, refreshLock }: { credentials: CredentialStore; refreshLock: RefreshLock },
): Identities {
  const readOwn = async (by: Principal): Promise<Identity | undefined> => {
    const identity = await readIdentity(credentials, by)
    const known = identity !== undefined && isSameIssuer(identity.issuer, provider.issuer)
    return known && identity.clientId === provider.clientId ? identity : undefined
  }
  const refresh: Identities['refresh'] = (by, than, fetch) =>
    refreshLock.run(identityIdOf(by), async () => {
      const before = await readOwn(by)
      // Another call or instance refreshed it while this one waited for the lock.
      if (before === undefined || before.idToken !== than.idToken) return before
      const next = await refreshOrUndefined(provider, before, fetch)
      if (next !== undefined) await saveIdentity(credentials, by, next)
      return next
    })
  return {
    provider,
    of: async (by, fetch) => {
      const identity = await readOwn(by)
      return identity === undefined || identity.endsAt > Date.now() + EARLY_MS ? identity : refresh(by, identity, fetch)
    },
    refresh,
    save: (by, identity) => refreshLock.run(identityIdOf(by), () => saveIdentity(credentials, by, identity)),
  }
}

/** Without the provider, which may not be set any more. */
export const removeStoredIdentity = (
  by: Principal,
  { credentials, refreshLock }: { credentials: CredentialStore; refreshLock: RefreshLock },
): Promise<void> => refreshLock.run(identityIdOf(by), () => removeIdentity(credentials, by))

async function refreshOrUndefined(
  provider: IdentityProvider,
  before: Identity,
  fetch: typeof globalThis.fetch,
): Promise<Identity | undefined> {
  const { refreshToken } = before
  if (refreshToken === undefined) return undefined
  try {
    return await refreshIdentity(provider, { ...before, refreshToken }, fetch)
  } catch (error) {
    if (error instanceof OAuthError && ENDED_SIGN_IN_ERRORS.has(error.code)) return undefined
    // Some providers return no id token on refresh, so the person has to sign in again.
    if (isAppError(error, 'sign_in_failed')) return undefined
    throw createTokenError(providerHostOf(provider), error)
  }
}
