import { isAppError } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import type { SignInNeed } from '../../mcp/auth/redeem.ts'
import { type AuthChallenge, authChallengeIn } from '../../mcp/protocol/auth-challenge.ts'
import type { Connection } from '../../registry/connection.ts'
import type { Connect, ConnectDeps, SignInOutcome } from '../connect-types.ts'
import { prepareSignIn } from '../connections/prepare-sign-in.ts'
import { openSecretsOf } from '../open-secrets.ts'
import { findManagedConnection } from '../shared/managed-connection.ts'

/** A new sign-in for a saved connection whose sign-in has ended, or lacks a permission. */
export function createSignInAgain(deps: ConnectDeps): Connect['signIn'] {
  return async (principal, id, signal, challenge) => {
    const connection = await findManagedConnection(deps, principal, id)
    if (connection === undefined) return { ok: false, message: 'This connection is gone. Connect it again.' }
    try {
      return await offerFor(deps, { by: principal, connection }, signal, challenge)
    } catch (error) {
      if (signal.aborted) return { ok: false, message: 'It did not answer in time. Try again in a minute.' }
      if (!isAppError(error)) throw error
      return { ok: false, message: error.message }
    }
  }
}

async function offerFor(
  deps: ConnectDeps,
  { by, connection }: { by: Principal; connection: Connection },
  signal: AbortSignal,
  knownChallenge: AuthChallenge | undefined,
): Promise<SignInOutcome> {
  const secrets = await openSecretsOf(deps, connection)
  const { id } = connection
  if (
    knownChallenge !== undefined &&
    (await signInWithoutBrowser(deps, connection, secrets, { id, challenge: knownChallenge, signal }))
  )
    return { ok: true }
  const challenge = knownChallenge ?? (await findChallenge(deps, connection, secrets, signal))
  if (challenge === undefined) return { ok: true }
  const signIn = await prepareSignIn(deps, { by, id, about: connection, secrets, challenge }, signal)
  return { ok: false, message: `${signIn.title} wants you to sign in.`, signIn }
}

/** They may have signed in with their organization meanwhile, or it allows more without asking them. */
async function signInWithoutBrowser(
  deps: ConnectDeps,
  connection: Connection,
  secrets: Record<string, string>,
  need: SignInNeed,
): Promise<boolean> {
  if (!(await deps.auth.tryWithoutBrowser(deps.targets.target(connection), secrets, need))) return false
  await deps.mcp.retire(connection.id)
  deps.mcp.resetCircuit(connection.id)
  await deps.registry.setStatus(connection, 'connected')
  return true
}

/** Probes the server for a challenge; undefined when it wants none. */
async function findChallenge(
  deps: ConnectDeps,
  connection: Connection,
  secrets: Record<string, string>,
  signal: AbortSignal,
): Promise<AuthChallenge | undefined> {
  try {
    const probe = await deps.mcp.probe(deps.targets.target(connection), secrets, signal, connection.id)
    await deps.registry.saveServerInfo(connection, probe)
    deps.mcp.resetCircuit(connection.id)
    await deps.registry.setStatus(connection, 'connected')
    return undefined
  } catch (error) {
    const challenge = authChallengeIn(error)
    // The server refuses even a new token, so another sign-in may help.
    if (challenge === undefined && connection.signsIn && isAppError(error, 'sign_in_needed')) return {}
    if (challenge === undefined) throw error
    return challenge
  }
}
