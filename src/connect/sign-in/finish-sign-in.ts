import type { ConnectionSecrets } from '../../credentials/secrets.ts'
import { isAppError } from '../../errors.ts'
import type { ConnectionId, Principal } from '../../ids.ts'
import type { StoredTokens } from '../../mcp/auth/tokens/stored-tokens.ts'
import type { Connection } from '../../registry/connection.ts'
import type { SignInRow } from '../../registry/sign-ins.ts'
import { createConnectableCards } from '../catalog/connectable-cards.ts'
import type { ConnectDeps, SignInDetails, SignInResult } from '../connect-types.ts'
import { saveNewConnection } from '../connections/add-connection.ts'
import { PendingSecrets, pendingSecretsReferenceFor, stateHashOf } from '../connections/prepare-sign-in.ts'
import { saveExistingConnection } from '../connections/reconnect.ts'
import { connectionStatusFor } from '../connections/test-connection.ts'
import { findOwnConnection } from '../own-connection.ts'

type Row = SignInRow<SignInDetails>
type Saved = { connection: Connection; fresh: boolean }

/** Second leg of a sign-in: what a browser brought back. It never throws for what people or services do. */
export function createFinishSignIn(deps: ConnectDeps) {
  return async (brought: URLSearchParams, signal: AbortSignal): Promise<SignInResult> => {
    const signedIn = await finished(deps, brought, signal)
    const { title, by } = signedIn
    deps.log.info({ service: title, workspace: by?.workspace, ok: signedIn.ok }, 'sign-in came back')
    if (by !== undefined) deps.onSignedIn?.(signedIn)
    return signedIn
  }
}

async function finished(deps: ConnectDeps, brought: URLSearchParams, signal: AbortSignal): Promise<SignInResult> {
  const hash = stateHashOf(brought.get('state') ?? '')
  const row = await deps.signIns.take(hash)
  if (row === undefined) return { ok: false, title: '', message: UNKNOWN }
  const held = await deps.credentials.get(pendingSecretsReferenceFor(hash))
  await deps.credentials.remove(pendingSecretsReferenceFor(hash))
  const { about, place } = row.details
  const { name, card, inputs } = about
  const ends = { title: name, by: row.by, place, name, card, inputs }
  if (row.late || held === undefined) return { ...ends, ok: false, message: LATE, connection: row.connection }
  const { pending, secrets } = PendingSecrets.parse(JSON.parse(held))
  try {
    const target = deps.targets.target({ ...row.by, ...about })
    if (target.kind !== 'http') throw new TypeError(`${target.title} is not a server that people sign in to`)
    const kept = await deps.auth.redeem(pending, brought, { id: row.connection, target, secrets, signal })
    const saved = await settle(deps, row, { kept, secrets }, signal)
    const starters = createConnectableCards(deps.cards, undefined).cardOf(about)?.starters ?? []
    const also = 'kind' in pending ? await managedOf(deps, row.by) : []
    return { ...ends, title: pending.title, ok: true, starters, also, ...saved }
  } catch (error) {
    const message = signal.aborted ? SLOW : knownMessage(error)
    const denied = isAppError(error, 'sign_in_denied')
    return { ...ends, title: pending.title, ok: false, message, connection: row.connection, denied }
  }
}

async function managedOf({ registry, auth }: ConnectDeps, by: Principal): Promise<ConnectionId[]> {
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

type Brought = { kept: StoredTokens; secrets: ConnectionSecrets }

/** Keeps the tokens, tries them, and saves what they are for. A new connection that does not work leaves nothing behind. */
async function settle(deps: ConnectDeps, row: Row, brought: Brought, signal: AbortSignal): Promise<Saved> {
  const { by, connection: id } = row
  const existing = await findOwnConnection(deps.registry, by, id)
  await deps.auth.saveTokens(id, brought.kept)
  if (existing !== undefined)
    return { connection: await mended(deps, { row, existing }, brought, signal), fresh: false }
  return { connection: await added(deps, row, brought, signal), fresh: true }
}

async function added(
  deps: ConnectDeps,
  row: Row,
  { kept, secrets }: Brought,
  signal: AbortSignal,
): Promise<Connection> {
  const { by, connection: id } = row
  const about = { ...by, ...row.details.about, id, signsIn: true }
  const target = deps.targets.target(about)
  const undo = async () => {
    await deps.auth.forget(id, by)
    await deps.auth.revoke(target, secrets, kept)
  }
  const probe = await deps.mcp.probe(target, secrets, signal, id).catch(async (error: unknown) => {
    await undo()
    throw error
  })
  return saveNewConnection(deps, about, { secrets, probe }, undo)
}

type Mending = { row: Row; existing: Connection }

/** The sign-in itself worked, so it is kept even if the server does not answer just now. */
async function mended(
  deps: ConnectDeps,
  { row, existing }: Mending,
  { secrets }: Brought,
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
