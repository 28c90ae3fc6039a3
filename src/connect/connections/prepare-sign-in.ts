import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { ConnectionSecrets } from '../../credentials/secrets.ts'
import { AppError } from '../../errors.ts'
import type { ConnectionId, Principal } from '../../ids.ts'
import { PendingAuthorization } from '../../mcp/auth/auth.ts'
import type { AuthChallenge } from '../../mcp/protocol/auth-challenge.ts'
import type { SignInRow } from '../../registry/sign-ins.ts'
import type { ConnectDeps, SignInDetails, SignInOffer, SignInPlace } from '../connect-types.ts'
import type { TargetSource } from '../server-targets.ts'

// Time for a password manager and a second factor; a link that is valid for longer could be used by somebody else.
const SIGN_IN_TTL_MS = 15 * 60 * 1000

export type SignInRequest = {
  by: Principal
  id: ConnectionId
  about: TargetSource
  secrets: ConnectionSecrets
  challenge: AuthChallenge
}

export const PendingSecrets = z.object({ pending: PendingAuthorization, secrets: z.record(z.string(), z.string()) })

export const createState = (): string => randomBytes(32).toString('base64url')

/** The state itself is known to the browser alone. */
export const stateHashOf = (state: string): string => createHash('sha256').update(state).digest('hex')

export const pendingSecretsReferenceFor = (hash: string): string => `sign-in/${hash}`

/** Prepares a sign-in and its address. Throws AppErrors with a sentence for the person. */
export async function prepareSignIn(
  deps: ConnectDeps,
  request: SignInRequest,
  signal: AbortSignal,
): Promise<SignInOffer> {
  const { by, id, about, secrets, challenge } = request
  const target = deps.targets.target(about)
  if (target.kind !== 'http') throw new AppError('internal', `${target.title} is not a server that people sign in to.`)
  const state = createState()
  const { url, host, organization, pending } = await deps.auth.begin(target, secrets, { id, challenge, state, signal })
  const show = async (place: SignInPlace) => {
    const { card, entry, name, inputs } = about
    const row = { by, connection: id, details: { about: { card, entry, name, inputs }, place } }
    await savePendingSignIn(deps, state, row, { pending, secrets })
    deps.log.info({ connection: id, card, workspace: by.workspace }, 'sign-in offered')
    return { url, until: new Date(Date.now() + SIGN_IN_TTL_MS) }
  }
  return { title: target.title, host, organization, show }
}

/** Saves what is needed when the browser comes back with the state. */
export async function savePendingSignIn(
  { credentials, signIns }: Pick<ConnectDeps, 'credentials' | 'signIns'>,
  state: string,
  row: Omit<SignInRow<SignInDetails>, 'late'>,
  secrets: z.infer<typeof PendingSecrets>,
): Promise<void> {
  const hash = stateHashOf(state)
  await credentials.set(pendingSecretsReferenceFor(hash), JSON.stringify(secrets))
  const forgotten = await signIns.begin(hash, row, SIGN_IN_TTL_MS)
  for (const one of forgotten) await credentials.remove(pendingSecretsReferenceFor(one))
}
