import { errorChainOf, errorMessageOf } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import type { SignInCodeRow } from '../../registry/sign-in-codes.ts'
import type { Connect, ConnectDeps } from '../connect-types.ts'
import { findManagedConnection } from '../shared/managed-connection.ts'
import type { FailedSignIn, SignInDetails } from '../sign-in-types.ts'
import { saveSignIn } from './save-sign-in.ts'
import { CODE_MINUTES, hashSignInCode, type KeptSignIn, readKeptSignIn, removeKeptSignIn } from './sign-in-code.ts'

type Row = SignInCodeRow<SignInDetails>

const MAX_TRIES = 5
/** A server may be slow to answer; a person looks at a modal meanwhile. */
const SAVE_MS = 120_000
/** Longer than saving and revoking take, so that a sign-in has one holder. */
const LEASE_MS = 300_000

const SPENT = `The code was wrong ${MAX_TRIES} times, so I dropped the sign-in.`
const NOT_ENTERED = `The code was not entered within ${CODE_MINUTES} minutes, so I dropped the sign-in.`
const INTERRUPTED = 'I was interrupted while I saved the sign-in, so I dropped it.'

/** The last step: who asked shows that it is they who signed in. */
export function createConfirmSignIn(deps: ConnectDeps): Connect['confirmSignIn'] {
  return async (by, { id, code, place }) => {
    const kept = await readKeptSignIn(deps.credentials, id)
    if (kept === undefined) return { outcome: 'gone' }
    const limits = { tries: MAX_TRIES, leaseMs: LEASE_MS }
    const tried = await deps.signInCodes.try(id, by, hashSignInCode(kept.salt, code), limits)
    if (tried === undefined) return { outcome: 'gone' }
    if (tried.outcome === 'wrong') return tried
    const { details } = tried.row
    const row = { ...tried.row, details: { ...details, place: { ...details.place, ...place } } }
    const finish = () => {
      if (tried.outcome === 'confirmed') return saveAndTell(deps, row, kept)
      return dropAndTell(deps, row, tried.outcome === 'spent' ? SPENT : NOT_ENTERED)
    }
    return { outcome: 'over', finish }
  }
}

/** Takes back those whose code did not come, and those whose instance died. */
export function createDropSignIns(deps: ConnectDeps): Connect['dropSignIns'] {
  return async () => {
    const rows = await deps.signInCodes.claim(LEASE_MS)
    await Promise.all(
      rows.map((row) =>
        dropAndTell(deps, row, row.confirmed ? INTERRUPTED : NOT_ENTERED).catch((error: unknown) =>
          deps.log.error({ connection: row.connection, why: errorChainOf(error) }, 'a sign-in could not be dropped'),
        ),
      ),
    )
  }
}

/** Takes back what waits for a code of this person, who wants to be forgotten. */
export async function dropSignInsOf(deps: ConnectDeps, by: Principal): Promise<void> {
  for (const row of await deps.signInCodes.takeOf(by, LEASE_MS)) await drop(deps, row)
}

async function saveAndTell(deps: ConnectDeps, row: Row, kept: KeptSignIn): Promise<void> {
  const result = await saveSignIn(deps, row, kept, AbortSignal.timeout(SAVE_MS)).catch((error: unknown) => {
    deps.log.info({ connection: row.connection, why: errorChainOf(error) }, 'a sign-in could not be saved')
    return failureFor(row, kept.title, errorMessageOf(error))
  })
  await endCode(deps, row)
  deps.log.info({ service: kept.title, workspace: row.by.workspace, ok: result.ok }, 'sign-in confirmed')
  deps.onSignedIn?.(result)
}

async function dropAndTell(deps: ConnectDeps, row: Row, message: string): Promise<void> {
  const dropped = await drop(deps, row)
  if (dropped !== undefined) deps.onSignedIn?.(failureFor(row, dropped.title, message))
}

/** Undefined when it was saved before. */
async function drop(deps: ConnectDeps, row: Row): Promise<{ title: string } | undefined> {
  const kept = await readKeptSignIn(deps.credentials, row.id)
  const saved = kept !== undefined && (await isSaved(deps, row, kept))
  if (kept !== undefined && !saved) await takeBack(deps, row, kept)
  await endCode(deps, row)
  if (saved) return undefined
  deps.log.info({ connection: row.connection, workspace: row.by.workspace }, 'sign-in dropped')
  return { title: kept?.title ?? row.details.about.name }
}

/** Its instance may have died after it had saved everything. */
async function isSaved(deps: ConnectDeps, { by, connection }: Row, kept: KeptSignIn): Promise<boolean> {
  const { auth } = deps
  const tokens = await auth.storedTokens(connection)
  if (tokens?.accessToken !== kept.redeemed.tokens.accessToken) return false
  if ((await findManagedConnection(deps, by, connection)) !== undefined) return true
  await auth.forget(connection, by)
  return false
}

/** A service that does not answer keeps nothing from being removed here. */
async function takeBack(deps: ConnectDeps, { by, connection, details }: Row, kept: KeptSignIn): Promise<void> {
  try {
    await deps.auth.drop(deps.targets.target({ ...by, ...details.about }), kept.secrets, kept.redeemed)
  } catch (error) {
    deps.log.warn({ connection, why: errorChainOf(error) }, 'a dropped sign-in could not be revoked')
  }
}

/** The row names what lies in the store, so it is the last to go. */
async function endCode({ credentials, signInCodes }: ConnectDeps, { id }: Row): Promise<void> {
  await removeKeptSignIn(credentials, id)
  await signInCodes.delete(id)
}

function failureFor({ by, connection, details }: Row, title: string, message: string): FailedSignIn {
  const { about, place } = details
  const { name, card, inputs } = about
  return { ok: false, title, by, place, name, card, inputs, connection, message }
}
