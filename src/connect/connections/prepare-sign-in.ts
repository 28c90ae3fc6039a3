import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { ConnectionSecrets } from '../../credentials/secrets.ts'
import { AppError } from '../../errors.ts'
import type { ConnectionId, Principal } from '../../ids.ts'
import { PendingAuthorization } from '../../mcp/auth/redeem.ts'
import type { AuthChallenge } from '../../mcp/protocol/auth-challenge.ts'
import { serverUrlOf } from '../../mcp/protocol/server-target.ts'
import type { SignInRow } from '../../registry/sign-ins.ts'
import type { ConnectDeps } from '../connect-types.ts'
import type { TargetSource } from '../server-targets.ts'
import type { SignInCookie, SignInDetails, SignInOffer, SignInPlace } from '../sign-in-types.ts'

// Time for a password manager and a second factor; a link that is valid for longer could be used by somebody else.
const SIGN_IN_TTL_MS = 15 * 60 * 1000

export type SignInRequest = {
  by: Principal
  id: ConnectionId
  about: TargetSource
  secrets: ConnectionSecrets
  challenge: AuthChallenge
}

/** `url`: where the browser goes on from our page. */
export const PendingSecrets = z.object({
  pending: PendingAuthorization,
  secrets: z.record(z.string(), z.string()),
  url: z.string(),
  server: z.string(),
})

const createLink = (): string => randomBytes(32).toString('base64url')

/**
 * The `state` of the sign-in behind a link. It goes to the service and back, and tells nothing of the link, which only the browser
 * that opened it has, as a cookie (RFC 6749 section 10.12).
 */
export const stateOf = (link: string): string => createHash('sha256').update(`state ${link}`).digest('base64url')

/** The state itself is known to the browser alone. */
export const stateHashOf = (state: string): string => createHash('sha256').update(state).digest('hex')

export const pendingSecretsReferenceFor = (hash: string): string => `sign-in/${hash}`

/** Each sign-in has a cookie of its own, as several may be under way. */
export const signInCookieNameFor = (state: string): string => `patchbay-sign-in-${stateHashOf(state).slice(0, 16)}`

export const signInCookieFor = (link: string): SignInCookie => ({
  name: signInCookieNameFor(stateOf(link)),
  value: link,
  seconds: SIGN_IN_TTL_MS / 1_000,
})

/** Whether a browser that came back with this state has opened our page. */
export function isCookieFor(state: string, cookie: string | undefined): boolean {
  if (cookie === undefined) return false
  const [own, brought] = [Buffer.from(stateOf(cookie)), Buffer.from(state)]
  return own.length === brought.length && timingSafeEqual(own, brought)
}

/** Prepares a sign-in and the page that it starts on. Throws AppErrors with a sentence for the person. */
export async function prepareSignIn(
  deps: ConnectDeps,
  request: SignInRequest,
  signal: AbortSignal,
): Promise<SignInOffer> {
  const { by, id, about, secrets, challenge } = request
  const target = deps.targets.target(about)
  if (target.kind !== 'http') throw new AppError('internal', `${target.title} is not a server that people sign in to.`)
  const link = createLink()
  const state = stateOf(link)
  const { url, host, organization, pending } = await deps.auth.begin(target, secrets, { id, challenge, state, signal })
  const server = serverUrlOf(target, secrets).host
  const show = async (place: SignInPlace, asker: string) => {
    const { card, entry, name, inputs } = about
    const row = { by, connection: id, details: { about: { card, entry, name, inputs }, place, asker } }
    await savePendingSignIn(deps, link, row, { pending, secrets, url, server })
    deps.log.info({ connection: id, card, workspace: by.workspace }, 'sign-in offered')
    return { url: `${deps.publicUrl}/sign-in/${link}`, until: new Date(Date.now() + SIGN_IN_TTL_MS) }
  }
  return { title: target.title, host, server, organization, show }
}

/** The same sign-in with another request: a link of its own, for the browser that has the one before. */
export async function retryPendingSignIn(
  deps: ConnectDeps,
  row: Omit<SignInRow<SignInDetails>, 'late'>,
  kept: z.infer<typeof PendingSecrets>,
  error: unknown,
): Promise<{ retryUrl: string; cookie: SignInCookie } | undefined> {
  const link = createLink()
  const retry = await deps.auth.retry(kept.pending, error, stateOf(link))
  if (retry === undefined) return undefined
  await savePendingSignIn(deps, link, row, { ...kept, ...retry })
  return { retryUrl: retry.url, cookie: signInCookieFor(link) }
}

/** Saves what is needed when the browser comes back. */
async function savePendingSignIn(
  { credentials, signIns }: Pick<ConnectDeps, 'credentials' | 'signIns'>,
  link: string,
  row: Omit<SignInRow<SignInDetails>, 'late'>,
  secrets: z.infer<typeof PendingSecrets>,
): Promise<void> {
  const hash = stateHashOf(stateOf(link))
  await credentials.set(pendingSecretsReferenceFor(hash), JSON.stringify(secrets))
  const forgotten = await signIns.begin(hash, row, SIGN_IN_TTL_MS)
  for (const one of forgotten) await credentials.remove(pendingSecretsReferenceFor(one))
}
