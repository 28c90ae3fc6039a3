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
  /** Undefined where only the person can help. Throws AppErrors for trouble that may pass. */
  of(by: Principal, fetch: typeof globalThis.fetch): Promise<Identity | undefined>
  /** Another than the given one, which was refused; as above. */
  another(by: Principal, than: Identity, fetch: typeof globalThis.fetch): Promise<Identity | undefined>
  keep(by: Principal, identity: Identity): Promise<void>
}

export function createIdentities(
  provider: IdentityProvider,
  { credentials, turns }: { credentials: CredentialStore; turns: RefreshLock },
): Identities {
  const ours = async (by: Principal): Promise<Identity | undefined> => {
    const identity = await readIdentity(credentials, by)
    const known = identity !== undefined && isSameIssuer(identity.issuer, provider.issuer)
    return known && identity.clientId === provider.clientId ? identity : undefined
  }
  const another: Identities['another'] = (by, than, fetch) =>
    turns.run(identityIdOf(by), async () => {
      const before = await ours(by)
      // Somebody was faster while we waited for our turn.
      if (before === undefined || before.idToken !== than.idToken) return before
      const next = await refreshed(provider, before, fetch)
      if (next !== undefined) await saveIdentity(credentials, by, next)
      return next
    })
  return {
    provider,
    of: async (by, fetch) => {
      const identity = await ours(by)
      return identity === undefined || identity.endsAt > Date.now() + EARLY_MS ? identity : another(by, identity, fetch)
    },
    another,
    keep: (by, identity) => turns.run(identityIdOf(by), () => saveIdentity(credentials, by, identity)),
  }
}

/** Without the provider, which may not be set any more. */
export const removeStoredIdentity = (
  by: Principal,
  { credentials, turns }: { credentials: CredentialStore; turns: RefreshLock },
): Promise<void> => turns.run(identityIdOf(by), () => removeIdentity(credentials, by))

async function refreshed(
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
    // Not every provider tells again who somebody is; then the person has to.
    if (isAppError(error, 'sign_in_failed')) return undefined
    throw createTokenError(providerHostOf(provider), error)
  }
}
