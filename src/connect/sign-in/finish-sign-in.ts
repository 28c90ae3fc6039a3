import type { z } from 'zod'
import { isAppError } from '../../errors.ts'
import { createSignInId } from '../../ids.ts'
import type { RedeemedSignIn } from '../../mcp/auth/redeem.ts'
import type { SignInRow } from '../../registry/sign-ins.ts'
import type { ConnectDeps } from '../connect-types.ts'
import {
  isCookieFor,
  PendingSecrets,
  pendingSecretsReferenceFor,
  retryPendingSignIn,
  signInCookieNameFor,
  stateHashOf,
} from '../connections/prepare-sign-in.ts'
import type { BrowserCallback, FailedSignIn, SignInCode, SignInDetails, SignInRetry } from '../sign-in-types.ts'
import { CODE_MINUTES, createSalt, createSignInCode, hashSignInCode, saveKeptSignIn } from './sign-in-code.ts'

type Row = SignInRow<SignInDetails>
type Kept = z.infer<typeof PendingSecrets>
type Answer = FailedSignIn | SignInRetry | SignInCode

/** The second step of a sign-in, when the browser comes back. A refusal or failure is a result; only bugs throw. */
export function createFinishSignIn(deps: ConnectDeps) {
  return async (brought: BrowserCallback, signal: AbortSignal): Promise<Answer> => {
    const answer = await redeemBrought(deps, brought, signal)
    if ('retryUrl' in answer) return answer
    const { title, by } = answer
    if ('code' in answer) {
      deps.log.info({ service: title, workspace: by?.workspace }, 'sign-in came back, and waits for its code')
      deps.onSignInCode?.(answer)
      return answer
    }
    deps.log.info({ service: title, workspace: by?.workspace, ok: false }, 'sign-in came back')
    if (by !== undefined) deps.onSignedIn?.(answer)
    return answer
  }
}

async function redeemBrought(
  deps: ConnectDeps,
  { params, cookies }: BrowserCallback,
  signal: AbortSignal,
): Promise<Answer> {
  const state = params.get('state') ?? ''
  const hash = stateHashOf(state)
  const row = await deps.signIns.take(hash)
  if (row === undefined) return { ok: false, title: '', message: UNKNOWN }
  const stored = await deps.credentials.get(pendingSecretsReferenceFor(hash))
  await deps.credentials.remove(pendingSecretsReferenceFor(hash))
  const { about, place } = row.details
  const { name, card, inputs } = about
  const common = { title: name, by: row.by, place, name, card, inputs, connection: row.connection }
  if (row.late || stored === undefined) return { ...common, ok: false, message: LATE }
  const kept = PendingSecrets.parse(JSON.parse(stored))
  const { title } = kept.pending
  if (!isCookieFor(state, cookies.get(signInCookieNameFor(state))))
    return { ...common, title, ok: false, message: OTHER_BROWSER }
  try {
    const target = deps.targets.target({ ...row.by, ...about })
    if (target.kind !== 'http') throw new TypeError(`${target.title} is not a server that people sign in to`)
    const { secrets } = kept
    const redeemed = await deps.auth.redeem(kept.pending, params, { id: row.connection, target, secrets, signal })
    return await keepUntilConfirmed(deps, row, kept, redeemed)
  } catch (error) {
    const retry = await retryPendingSignIn(deps, row, kept, error)
    if (retry !== undefined) {
      deps.log.info({ connection: row.connection, workspace: row.by.workspace }, 'sign-in asked for once more')
      return retry
    }
    return { ...common, title, ...failureOf(error, signal) }
  }
}

/** The row first: what lies in the store is found again by it, should this process die. */
async function keepUntilConfirmed(
  deps: ConnectDeps,
  row: Row,
  { pending: { title }, secrets, server }: Kept,
  redeemed: RedeemedSignIn,
): Promise<SignInCode> {
  const { by, connection, details } = row
  const [id, code, salt] = [createSignInId(), createSignInCode(), createSalt()]
  try {
    const hash = hashSignInCode(salt, code)
    await deps.signInCodes.save({ id, by, connection, details }, hash, CODE_MINUTES * 60_000)
    await saveKeptSignIn(deps.credentials, id, { title, redeemed, secrets, salt })
  } catch (error) {
    await deps.auth.drop(deps.targets.target({ ...by, ...details.about }), secrets, redeemed)
    throw error
  }
  const { about, place, asker = 'Somebody' } = details
  return { id, code, minutes: CODE_MINUTES, title, name: about.name, server, asker, by, place }
}

function failureOf(error: unknown, signal: AbortSignal): { ok: false; message: string; denied: boolean } {
  const denied = isAppError(error, 'sign_in_denied')
  return { ok: false, message: signal.aborted ? SLOW : knownMessage(error), denied }
}

const UNKNOWN =
  'I do not know this sign-in: its link was used already, or it did not start in Slack. If Slack says that you are signed in, all is well; otherwise press Sign in there again.'
const LATE = 'The sign-in took too long, so its link has expired.'
const SLOW = 'The server did not answer in time.'
const OTHER_BROWSER =
  'The sign-in came back in a browser that had not opened its first page, so I did not use it. Press Sign in again, and stay in one browser, with cookies allowed.'

function knownMessage(error: unknown): string {
  if (isAppError(error)) return error.message
  throw error
}
