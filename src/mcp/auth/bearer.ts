import { type AuthProvider, checkResourceAllowed, type DpopSession, withDpop } from '@modelcontextprotocol/client'
import type { CredentialStore } from '../../credentials/store.ts'
import type { Egress } from '../../egress/egress.ts'
import { AppError, errorChainOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { boundSession } from './bound-key.ts'
import { type Challenge, challengeOf, SignInChallenge } from './challenge.ts'
import { signInFetch } from './fetch.ts'
import type { Identities } from './identities.ts'
import { type BoundKey, type Kept, readKept, saveKept, secretsIn } from './kept.ts'
import { refresh } from './refresh.ts'
import type { Subject } from './subject.ts'
import { RENEW_MS, type Turns } from './turns.ts'
import { unattendedTokens } from './unattended.ts'

// A call may take a while to arrive, and clocks differ.
const EARLY_MS = 60_000
// Tokens issued together must not all be renewed together.
const SPREAD_MS = 30_000
// After an early renewal that failed, the old token goes on meanwhile.
const EARLY_AGAIN_MS = 30_000

type BearerDeps = {
  credentials: CredentialStore
  egress: Pick<Egress, 'fetch'>
  turns: Turns
  /** Left out: there is no organization to sign in with. */
  identities: Identities | undefined
  log: Log
}

/** What a transport needs to speak as somebody: tokens on each request, new ones when they end. */
export type Bearer = {
  provider: AuthProvider
  /** Binds requests to the connection's key, where its tokens are bound to one. */
  bind(fetch: typeof globalThis.fetch): typeof globalThis.fetch
  /** Every token it has known, for taking them out of what a server says. */
  secrets(): string[]
}

/** The tokens of one connection, for one session. Whatever renews them, there is one renewal at a time anywhere. */
export function createBearer(deps: BearerDeps, subject: Subject): Bearer {
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
        hand.renew(sentWith.get(response) ?? hand.now()?.accessToken, challengeOf(response)),
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

const boundToken = (kept: Kept | undefined): string | undefined =>
  kept?.tokenType.toLowerCase() === 'dpop' ? kept.accessToken : undefined

/** The tokens in hand, and the ways to others. */
function createHand(deps: BearerDeps, subject: Subject) {
  const { id, title } = subject
  let kept: Kept | undefined
  let read: Promise<void> | undefined
  let earlyFrom = 0
  let known: string[] = []

  const learn = (now: Kept | undefined): void => {
    kept = now
    if (now !== undefined) known = [...new Set([...known, ...secretsIn(now)])]
  }
  const renew = (spent: string | undefined, challenge: Challenge): Promise<void> =>
    deps.turns.take(id, async () => {
      const before = await keptFor(deps, subject)
      // Somebody was faster while we waited for our turn.
      if (before !== undefined && before.accessToken !== spent) return learn(before)
      const next = await renewed(deps, subject, before, challenge)
      if (next === undefined) throw signInNeeded(title, before !== undefined, challenge)
      await saveKept(deps.credentials, id, next)
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
    renewEarly: async (now: Kept): Promise<void> => {
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
  return (key: BoundKey | undefined): Promise<DpopSession> | undefined => {
    if (key === undefined) return undefined
    const privateKey = key.privateKey.d ?? ''
    if (bound?.privateKey !== privateKey) bound = { privateKey, session: boundSession(key) }
    return bound.session
  }
}

/** Tokens are for one server: after its address was changed, the old one's are not shown to the new one. */
async function keptFor({ credentials }: BearerDeps, { id, serverUrl }: Subject): Promise<Kept | undefined> {
  const kept = await readKept(credentials, id)
  const isFor = kept && checkResourceAllowed({ requestedResource: serverUrl, configuredResource: kept.resource })
  return isFor ? kept : undefined
}

function endsSoon(kept: Kept, spreadMs: number): boolean {
  const { expiresAt, refreshToken } = kept
  if (expiresAt === undefined || (refreshToken === undefined && !byItself(kept))) return false
  return Date.now() > expiresAt - EARLY_MS - spreadMs
}

const byItself = ({ machine, managed }: Kept): boolean => machine === true || managed !== undefined

/** Undefined when only a person can help. */
async function renewed(
  deps: BearerDeps,
  subject: Subject,
  stored: Kept | undefined,
  challenge: Challenge,
): Promise<Kept | undefined> {
  const asked = { ...subject, challenge, fetch: signInFetch(deps.egress, AbortSignal.timeout(RENEW_MS)) }
  if (stored !== undefined && !byItself(stored)) return refresh(stored, asked)
  return unattendedTokens({ ...asked, identities: deps.identities, before: stored })
}

function signInNeeded(title: string, again: boolean, challenge: Challenge): AppError {
  const message = again ? `Your sign-in to ${title} has ended. Sign in again.` : `${title} wants you to sign in.`
  return new AppError('sign_in_needed', message, { cause: new SignInChallenge(challenge) })
}
