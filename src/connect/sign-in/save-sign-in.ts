import { AppError, isAppError } from '../../errors.ts'
import type { ConnectionId, Principal } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import type { SignInCodeRow } from '../../registry/sign-in-codes.ts'
import { createConnectableCards, startersFor } from '../catalog/connectable-cards.ts'
import type { ConnectDeps } from '../connect-types.ts'
import { saveNewConnection } from '../connections/add-connection.ts'
import { saveExistingConnection } from '../connections/reconnect.ts'
import { connectionStatusFor } from '../connections/test-connection.ts'
import { findManagedConnection, noteIfShared } from '../shared/managed-connection.ts'
import type { SignInDetails, SignInResult } from '../sign-in-types.ts'
import type { KeptSignIn } from './sign-in-code.ts'

type Row = SignInCodeRow<SignInDetails>
type Saved = { connection: Connection; fresh: boolean }

/** Saves a confirmed sign-in, tries it, and saves the connection. Throws AppErrors with a sentence for the person. */
export async function saveSignIn(
  deps: ConnectDeps,
  row: Row,
  kept: KeptSignIn,
  signal: AbortSignal,
): Promise<Extract<SignInResult, { ok: true }>> {
  const { by, details } = row
  const { about, place } = details
  const { name, card, inputs } = about
  const saved = await saveConnection(deps, row, kept, signal)
  const used = createConnectableCards({ cards: deps.cards }).cardOf(about)
  const starters = used === undefined ? [] : startersFor(used, name)
  const also = kept.redeemed.identity === undefined ? [] : await managedConnectionsOf(deps, by)
  return { title: kept.title, by, place, name, card, inputs, ok: true, starters, also, ...saved }
}

async function managedConnectionsOf({ registry, auth }: ConnectDeps, by: Principal): Promise<ConnectionId[]> {
  const ids = (await registry.connectionsOf(by)).map(({ id }) => id)
  const managed = await Promise.all(ids.map(async (id) => (await auth.storedTokens(id))?.managed !== undefined))
  return ids.filter((_, at) => managed[at])
}

/** A new connection that does not work leaves nothing behind. */
async function saveConnection(deps: ConnectDeps, row: Row, kept: KeptSignIn, signal: AbortSignal): Promise<Saved> {
  const { by, connection: id } = row
  const existing = await findManagedConnection(deps, by, id)
  // A workspace connection, and whoever asked is no owner any more: nothing of it may be overwritten.
  if (existing === undefined && (await deps.registry.get(id, by.workspace)) !== undefined)
    throw new AppError('not_allowed', 'This connection is not yours to sign in to. Ask an owner of this workspace.')
  if (existing !== undefined) await noteIfShared(deps, by, existing, 'sign in')
  await deps.auth.accept(id, by, kept.redeemed)
  if (existing !== undefined)
    return { connection: await reconnect(deps, { row, existing }, kept, signal), fresh: false }
  return { connection: await addConnection(deps, row, kept, signal), fresh: true }
}

async function addConnection(
  deps: ConnectDeps,
  row: Row,
  { redeemed, secrets }: KeptSignIn,
  signal: AbortSignal,
): Promise<Connection> {
  const { by, connection: id } = row
  const about = { ...by, ...row.details.about, id, signsIn: true }
  const target = deps.targets.target(about)
  const undo = async () => {
    await deps.auth.forget(id, by)
    await deps.auth.revoke(target, secrets, redeemed.tokens)
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
  { secrets }: KeptSignIn,
  signal: AbortSignal,
): Promise<Connection> {
  const { connection: id } = row
  const { inputs } = row.details.about
  await deps.mcp.retire(id)
  const target = deps.targets.target({ ...existing, ...row.details.about })
  const probe = await deps.mcp.probe(target, secrets, signal, id).catch(async (error: unknown) => {
    if (isAppError(error)) await deps.registry.setStatus(existing, connectionStatusFor(error), error.message)
    throw error
  })
  const saved = await saveExistingConnection(deps, existing, { inputs, signsIn: true }, { secrets, probe })
  deps.mcp.resetCircuit(id)
  return saved
}
