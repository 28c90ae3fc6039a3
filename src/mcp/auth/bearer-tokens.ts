import { type AuthProvider, type DpopSession, withDpop } from '@modelcontextprotocol/client'
import type { CredentialStore } from '../../credentials/store.ts'
import type { Egress } from '../../egress/egress.ts'
import { AppError, errorChainOf } from '../../errors.ts'
import type { ConnectionId, Principal } from '../../ids.ts'
import type { Log } from '../../log.ts'
import { type AuthChallenge, authChallengeOf, SignInChallenge } from '../protocol/auth-challenge.ts'
import type { AuthConfig } from '../protocol/auth-config.ts'
import type { Identities } from './enterprise/identities.ts'
import { isResourceFor } from './oauth/discover.ts'
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
// How long the old token is used after an early renewal failed.
const EARLY_AGAIN_MS = 30_000
// How long a session may go on with tokens that another instance has replaced or removed meanwhile.
const READ_AGAIN_MS = 5 * 60_000

export type BearerTokensDeps = {
  credentials: CredentialStore
  egress: Pick<Egress, 'fetch'>
  refreshLock: RefreshLock
  /** Left out: there is no organization to sign in with. */
  identities: Identities | undefined
  /** Writes the row of tokens that are about to be used, and throws when it cannot. */
  audit?: ((opened: { what: 'credential_opened'; connection: ConnectionId } & Principal) => Promise<void>) | undefined
  log: Log
}

/** Whose tokens, and for which server. `values` fill the placeholders in the terms. */
export type TokenSubject = {
  id: ConnectionId
  by: Principal
  title: string
  serverUrl: URL
  terms: AuthConfig
  values: Record<string, string>
}

/** Adds the connection's tokens to each request, and renews them when they end. */
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
  const cache = createTokenCache(deps, subject)
  const dpopSessionFor = createDpopSessions()
  const sentWith = new WeakMap<Response, string>()
  return {
    provider: {
      token: async () => {
        await cache.load()
        const now = cache.now()
        if (now !== undefined && endsSoon(now, spreadMs)) await cache.renewEarly(now)
        return cache.now()?.accessToken
      },
      // The tokens may have been renewed meanwhile, so the refused token is the one that the request was sent with.
      onUnauthorized: ({ response }) =>
        cache.renew(sentWith.get(response) ?? cache.now()?.accessToken, authChallengeOf(response)),
    },
    bind: (fetch) => {
      const bound = withDpop(
        () => dpopSessionFor(cache.now()?.key),
        () => boundToken(cache.now()),
      )(fetch)
      return async (input, init) => {
        const [, token] = /^\S+ (\S+)$/.exec(new Headers(init?.headers).get('authorization') ?? '') ?? []
        const response = await bound(input instanceof Request ? input.url : input, init)
        if (token !== undefined) sentWith.set(response, token)
        return response
      }
    },
    secrets: cache.known,
  }
}

const boundToken = (tokens: StoredTokens | undefined): string | undefined =>
  tokens?.tokenType.toLowerCase() === 'dpop' ? tokens.accessToken : undefined

/** The current tokens of the connection, read every few minutes, and their renewal. */
function createTokenCache(deps: BearerTokensDeps, subject: TokenSubject) {
  const { id, title } = subject
  let tokens: StoredTokens | undefined
  let read: Promise<void> | undefined
  let readAt = 0
  let earlyFrom = 0
  let known: string[] = []

  const remember = (now: StoredTokens | undefined): void => {
    tokens = now
    if (now !== undefined) known = [...new Set([...known, ...tokenSecretsOf(now)])]
  }
  const renew = (refused: string | undefined, challenge: AuthChallenge): Promise<void> =>
    deps.refreshLock.run(id, async () => {
      const before = await readTokensFor(deps, subject)
      // Another call or instance renewed them while this one waited for the lock.
      if (before !== undefined && before.accessToken !== refused) return remember(before)
      const next = await requestNewTokens(deps, subject, before, challenge)
      if (next === undefined) throw createSignInNeededError(title, before !== undefined, challenge)
      await saveStoredTokens(deps.credentials, id, next)
      remember(next)
      deps.log.info({ connection: id }, 'tokens renewed')
    })
  return {
    now: () => tokens,
    known: () => known,
    /** Reads them unless that was a few minutes ago; a failure of the store is not remembered. */
    load: async (): Promise<void> => {
      if (Date.now() - readAt >= READ_AGAIN_MS) {
        readAt = Date.now()
        read = undefined
      }
      read ??= readTokensFor(deps, subject).then(remember)
      try {
        await read
      } catch (error) {
        read = undefined
        throw error
      }
    },
    renew,
    /** A failed early renewal is only logged, because the old token is still good. */
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
function createDpopSessions() {
  let bound: { privateKey: string; session: Promise<DpopSession> } | undefined
  return (key: DpopKey | undefined): Promise<DpopSession> | undefined => {
    if (key === undefined) return undefined
    const privateKey = key.privateKey.d ?? ''
    if (bound?.privateKey !== privateKey) bound = { privateKey, session: createDpopSession(key) }
    return bound.session
  }
}

/** Tokens are for one server: after its address was changed, the old one's are not shown to the new one. */
async function readTokensFor(
  { credentials, audit }: BearerTokensDeps,
  { id, by, serverUrl }: TokenSubject,
): Promise<StoredTokens | undefined> {
  const tokens = await readStoredTokens(credentials, id)
  if (tokens === undefined || !isResourceFor(serverUrl, tokens.resource)) return undefined
  await audit?.({ what: 'credential_opened', connection: id, workspace: by.workspace, user: by.user })
  return tokens
}

function endsSoon(tokens: StoredTokens, spreadMs: number): boolean {
  const { expiresAt, refreshToken } = tokens
  if (expiresAt === undefined || (refreshToken === undefined && !isRenewedWithoutPerson(tokens))) return false
  return Date.now() > expiresAt - EARLY_MS - spreadMs
}

const isRenewedWithoutPerson = ({ machine, managed }: StoredTokens): boolean =>
  machine === true || managed !== undefined

/** Undefined when only a person can help. */
async function requestNewTokens(
  deps: BearerTokensDeps,
  subject: TokenSubject,
  stored: StoredTokens | undefined,
  challenge: AuthChallenge,
): Promise<StoredTokens | undefined> {
  const request = { ...subject, challenge, fetch: createAuthFetch(deps.egress, AbortSignal.timeout(REFRESH_LOCK_MS)) }
  if (stored !== undefined && !isRenewedWithoutPerson(stored)) {
    const next = await refreshTokens(stored, request)
    if (next !== 'client_refused') return next
    await saveStoredTokens(deps.credentials, subject.id, { ...stored, clientRefused: true })
    return undefined
  }
  return requestTokensWithoutBrowser({ ...request, before: stored }, deps.identities)
}

function createSignInNeededError(title: string, again: boolean, challenge: AuthChallenge): AppError {
  const message = again ? `Your sign-in to ${title} has ended. Sign in again.` : `${title} wants you to sign in.`
  return new AppError('sign_in_needed', message, { cause: new SignInChallenge(challenge) })
}
