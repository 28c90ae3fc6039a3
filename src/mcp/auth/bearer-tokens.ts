import { type AuthProvider, checkResourceAllowed, type DpopSession, withDpop } from '@modelcontextprotocol/client'
import type { CredentialStore } from '../../credentials/store.ts'
import type { Egress } from '../../egress/egress.ts'
import { AppError, errorChainOf } from '../../errors.ts'
import type { ConnectionId, Principal } from '../../ids.ts'
import type { Log } from '../../log.ts'
import { type AuthChallenge, authChallengeOf, SignInChallenge } from '../protocol/auth-challenge.ts'
import type { AuthConfig } from '../protocol/auth-config.ts'
import type { Identities } from './enterprise/identities.ts'
import { refreshTokens } from './oauth/refresh.ts'
import { createAuthFetch } from './tokens/auth-fetch.ts'
import { createDpopSession } from './tokens/dpop-key.ts'
import { REFRESH_LOCK_MS, type RefreshLock } from './tokens/refresh-lock.ts'
import {
  type DpopKey,
  readStoredTokens,
  type StoredTokens,
  saveStoredTokens,
  tokenSecretsOf,
} from './tokens/stored-tokens.ts'
import { requestTokensWithoutBrowser } from './tokens-without-browser.ts'

// A call may take a while to arrive, and clocks differ.
const EARLY_MS = 60_000
// Tokens issued together must not all be renewed together.
const SPREAD_MS = 30_000
// After an early renewal that failed, the old token goes on meanwhile.
const EARLY_AGAIN_MS = 30_000

type BearerTokensDeps = {
  credentials: CredentialStore
  egress: Pick<Egress, 'fetch'>
  turns: RefreshLock
  /** Left out: there is no organization to sign in with. */
  identities: Identities | undefined
  log: Log
}

/** Whose tokens, and for which server. `values`: what stands for the names in the terms. */
export type TokenSubject = {
  id: ConnectionId
  by: Principal
  title: string
  serverUrl: URL
  terms: AuthConfig
  values: Record<string, string>
}

/** What a transport needs to speak as somebody: tokens on each request, new ones when they end. */
export type BearerTokens = {
  provider: AuthProvider
  /** Binds requests to the connection's key, where its tokens are bound to one. */
  bind(fetch: typeof globalThis.fetch): typeof globalThis.fetch
  /** Every token it has known, for taking them out of what a server says. */
  secrets(): string[]
}

/** The tokens of one connection, for one session. Whatever renews them, there is one renewal at a time anywhere. */
export function createBearerTokens(deps: BearerTokensDeps, subject: TokenSubject): BearerTokens {
  const spreadMs = Math.random() * SPREAD_MS
  const hand = createHand(deps, subject)
  const sessionOf = createSessionOf()
  const sentWith = new WeakMap<Response, string>()
  return {
    provider: {
      token: async () => {
        await hand.load()
        const now = hand.now()
        if (now !== undefined && endsSoon(now, spreadMs)) await hand.renewEarly(now)
        return hand.now()?.accessToken
      },
      // By now there may be another token: what was refused is the one the request was sent with.
      onUnauthorized: ({ response }) =>
        hand.renew(sentWith.get(response) ?? hand.now()?.accessToken, authChallengeOf(response)),
    },
    bind: (fetch) => {
      const bound = withDpop(
        () => sessionOf(hand.now()?.key),
        () => boundToken(hand.now()),
      )(fetch)
      return async (input, init) => {
        const [, token] = /^\S+ (\S+)$/.exec(new Headers(init?.headers).get('authorization') ?? '') ?? []
        const response = await bound(input instanceof Request ? input.url : input, init)
        if (token !== undefined) sentWith.set(response, token)
        return response
      }
    },
    secrets: hand.known,
  }
}

const boundToken = (kept: StoredTokens | undefined): string | undefined =>
  kept?.tokenType.toLowerCase() === 'dpop' ? kept.accessToken : undefined

/** The tokens in hand, and the ways to others. */
function createHand(deps: BearerTokensDeps, subject: TokenSubject) {
  const { id, title } = subject
  let kept: StoredTokens | undefined
  let read: Promise<void> | undefined
  let earlyFrom = 0
  let known: string[] = []

  const learn = (now: StoredTokens | undefined): void => {
    kept = now
    if (now !== undefined) known = [...new Set([...known, ...tokenSecretsOf(now)])]
  }
  const renew = (spent: string | undefined, challenge: AuthChallenge): Promise<void> =>
    deps.turns.run(id, async () => {
      const before = await keptFor(deps, subject)
      // Somebody was faster while we waited for our turn.
      if (before !== undefined && before.accessToken !== spent) return learn(before)
      const next = await renewed(deps, subject, before, challenge)
      if (next === undefined) throw createSignInNeededError(title, before !== undefined, challenge)
      await saveStoredTokens(deps.credentials, id, next)
      learn(next)
      deps.log.info({ connection: id }, 'tokens renewed')
    })
  return {
    now: () => kept,
    known: () => known,
    /** Once; trouble with the store is not remembered. */
    load: async (): Promise<void> => {
      read ??= keptFor(deps, subject).then(learn)
      try {
        await read
      } catch (error) {
        read = undefined
        throw error
      }
    },
    renew,
    /** While the old token is still good, trouble can wait. */
    renewEarly: async (now: StoredTokens): Promise<void> => {
      if (Date.now() < earlyFrom) return
      try {
        await renew(now.accessToken, {})
      } catch (error) {
        earlyFrom = Date.now() + EARLY_AGAIN_MS
        deps.log.warn({ connection: id, reason: errorChainOf(error) }, 'tokens not renewed early')
      }
    },
  }
}

/** One signing session per key, as it remembers the nonces that servers gave. */
function createSessionOf() {
  let bound: { privateKey: string; session: Promise<DpopSession> } | undefined
  return (key: DpopKey | undefined): Promise<DpopSession> | undefined => {
    if (key === undefined) return undefined
    const privateKey = key.privateKey.d ?? ''
    if (bound?.privateKey !== privateKey) bound = { privateKey, session: createDpopSession(key) }
    return bound.session
  }
}

/** Tokens are for one server: after its address was changed, the old one's are not shown to the new one. */
async function keptFor(
  { credentials }: BearerTokensDeps,
  { id, serverUrl }: TokenSubject,
): Promise<StoredTokens | undefined> {
  const kept = await readStoredTokens(credentials, id)
  const isFor = kept && checkResourceAllowed({ requestedResource: serverUrl, configuredResource: kept.resource })
  return isFor ? kept : undefined
}

function endsSoon(kept: StoredTokens, spreadMs: number): boolean {
  const { expiresAt, refreshToken } = kept
  if (expiresAt === undefined || (refreshToken === undefined && !byItself(kept))) return false
  return Date.now() > expiresAt - EARLY_MS - spreadMs
}

const byItself = ({ machine, managed }: StoredTokens): boolean => machine === true || managed !== undefined

/** Undefined when only a person can help. */
async function renewed(
  deps: BearerTokensDeps,
  subject: TokenSubject,
  stored: StoredTokens | undefined,
  challenge: AuthChallenge,
): Promise<StoredTokens | undefined> {
  const asked = { ...subject, challenge, fetch: createAuthFetch(deps.egress, AbortSignal.timeout(REFRESH_LOCK_MS)) }
  if (stored !== undefined && !byItself(stored)) return refreshTokens(stored, asked)
  return requestTokensWithoutBrowser({ ...asked, before: stored }, deps.identities)
}

function createSignInNeededError(title: string, again: boolean, challenge: AuthChallenge): AppError {
  const message = again ? `Your sign-in to ${title} has ended. Sign in again.` : `${title} wants you to sign in.`
  return new AppError('sign_in_needed', message, { cause: new SignInChallenge(challenge) })
}
