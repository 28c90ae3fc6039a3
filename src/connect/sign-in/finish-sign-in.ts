import type { z } from 'zod'
import type { ConnectionSecrets } from '../../credentials/secrets.ts'
import { isAppError } from '../../errors.ts'
import type { ConnectionId, Principal } from '../../ids.ts'
import type { StoredTokens } from '../../mcp/auth/tokens/stored-tokens.ts'
import type { Connection } from '../../registry/connection.ts'
import type { SignInRow } from '../../registry/sign-ins.ts'
import { createConnectableCards, startersFor } from '../catalog/connectable-cards.ts'
import type { ConnectDeps, SignInDetails, SignInResult, SignInRetry } from '../connect-types.ts'
import { saveNewConnection } from '../connections/add-connection.ts'
import {
  createState,
  PendingSecrets,
  pendingSecretsReferenceFor,
  savePendingSignIn,
  stateHashOf,
} from '../connections/prepare-sign-in.ts'
import { saveExistingConnection } from '../connections/reconnect.ts'
import { connectionStatusFor } from '../connections/test-connection.ts'
import { findOwnConnection } from '../own-connection.ts'

type Row = SignInRow<SignInDetails>
type Kept = z.infer<typeof PendingSecrets>
type Saved = { connection: Connection; fresh: boolean }

/** The second step of a sign-in, when the browser comes back. A refusal or failure is a result; only bugs throw. */
export function createFinishSignIn(deps: ConnectDeps) {
  return async (params: URLSearchParams, signal: AbortSignal): Promise<SignInResult | SignInRetry> => {
    const result = await redeemAndSave(deps, params, signal)
    if ('retryUrl' in result) return result
    const { title, by } = result
    deps.log.info({ service: title, workspace: by?.workspace, ok: result.ok }, 'sign-in came back')
    if (by !== undefined) deps.onSignedIn?.(result)
    return result
  }
}

async function redeemAndSave(
  deps: ConnectDeps,
  params: URLSearchParams,
  signal: AbortSignal,
): Promise<SignInResult | SignInRetry> {
  const hash = stateHashOf(params.get('state') ?? '')
  const row = await deps.signIns.take(hash)
  if (row === undefined) return { ok: false, title: '', message: UNKNOWN }
  const stored = await deps.credentials.get(pendingSecretsReferenceFor(hash))
  await deps.credentials.remove(pendingSecretsReferenceFor(hash))
  const { about, place } = row.details
  const { name, card, inputs } = about
  const common = { title: name, by: row.by, place, name, card, inputs }
  if (row.late || stored === undefined) return { ...common, ok: false, message: LATE, connection: row.connection }
  const { pending, secrets } = PendingSecrets.parse(JSON.parse(stored))
  try {
    const target = deps.targets.target({ ...row.by, ...about })
    if (target.kind !== 'http') throw new TypeError(`${target.title} is not a server that people sign in to`)
    const tokens = await deps.auth.redeem(pending, params, { id: row.connection, target, secrets, signal })
    const saved = await saveSignIn(deps, row, { tokens, secrets }, signal)
    const used = createConnectableCards({ cards: deps.cards }).cardOf(about)
    const starters = used === undefined ? [] : startersFor(used, name)
    const also = 'kind' in pending ? await managedConnectionsOf(deps, row.by) : []
    return { ...common, title: pending.title, ok: true, starters, also, ...saved }
  } catch (error) {
    const retryUrl = await retrySignIn(deps, row, { pending, secrets }, error)
    if (retryUrl !== undefined) return { retryUrl }
    return { ...common, title: pending.title, connection: row.connection, ...failureOf(error, signal) }
  }
}

function failureOf(error: unknown, signal: AbortSignal): { ok: false; message: string; denied: boolean } {
  const denied = isAppError(error, 'sign_in_denied')
  return { ok: false, message: signal.aborted ? SLOW : knownMessage(error), denied }
}

/** Where the browser goes on, if the sign-in can be asked for in another way. */
async function retrySignIn(deps: ConnectDeps, row: Row, kept: Kept, error: unknown): Promise<string | undefined> {
  const state = createState()
  const retry = await deps.auth.retry(kept.pending, error, state)
  if (retry === undefined) return undefined
  await savePendingSignIn(deps, state, row, { ...kept, pending: retry.pending })
  deps.log.info({ connection: row.connection, workspace: row.by.workspace }, 'sign-in asked for once more')
  return retry.url
}

async function managedConnectionsOf({ registry, auth }: ConnectDeps, by: Principal): Promise<ConnectionId[]> {
  const ids = (await registry.connectionsOf(by)).map(({ id }) => id)
  const managed = await Promise.all(ids.map(async (id) => (await auth.storedTokens(id))?.managed !== undefined))
  return ids.filter((_, at) => managed[at])
}

const UNKNOWN =
  'I do not know this sign-in: its link was used already, or it did not start in Slack. If Slack says that you are signed in, all is well; otherwise press Sign in there again.'
const LATE = 'The sign-in took too long, so its link has expired.'
const SLOW = 'The server did not answer in time.'

function knownMessage(error: unknown): string {
  if (isAppError(error)) return error.message
  throw error
}

type SignedIn = { tokens: StoredTokens; secrets: ConnectionSecrets }

/** Saves the tokens, tries them, and saves the connection. A new connection that does not work leaves nothing behind. */
async function saveSignIn(deps: ConnectDeps, row: Row, signedIn: SignedIn, signal: AbortSignal): Promise<Saved> {
  const { by, connection: id } = row
  const existing = await findOwnConnection(deps.registry, by, id)
  await deps.auth.saveTokens(id, signedIn.tokens)
  if (existing !== undefined)
    return { connection: await reconnect(deps, { row, existing }, signedIn, signal), fresh: false }
  return { connection: await addConnection(deps, row, signedIn, signal), fresh: true }
}

async function addConnection(
  deps: ConnectDeps,
  row: Row,
  { tokens, secrets }: SignedIn,
  signal: AbortSignal,
): Promise<Connection> {
  const { by, connection: id } = row
  const about = { ...by, ...row.details.about, id, signsIn: true }
  const target = deps.targets.target(about)
  const undo = async () => {
    await deps.auth.forget(id, by)
    await deps.auth.revoke(target, secrets, tokens)
  }
  const probe = await deps.mcp.probe(target, secrets, signal, id).catch(async (error: unknown) => {
    await undo()
    throw error
  })
  return saveNewConnection(deps, about, { secrets, probe }, undo)
}

type Reconnected = { row: Row; existing: Connection }

/** The sign-in itself worked, so its tokens stay even if the server does not answer now. */
async function reconnect(
  deps: ConnectDeps,
  { row, existing }: Reconnected,
  { secrets }: SignedIn,
  signal: AbortSignal,
): Promise<Connection> {
  const { by, connection: id } = row
  const { inputs } = row.details.about
  await deps.mcp.retire(id)
  const target = deps.targets.target({ ...by, ...row.details.about })
  const probe = await deps.mcp.probe(target, secrets, signal, id).catch(async (error: unknown) => {
    if (isAppError(error)) await deps.registry.setStatus(existing, connectionStatusFor(error), error.message)
    throw error
  })
  const saved = await saveExistingConnection(deps, existing, { inputs, signsIn: true }, { secrets, probe })
  deps.mcp.resetCircuit(id)
  return saved
}
