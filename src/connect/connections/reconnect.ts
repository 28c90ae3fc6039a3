import type { Card } from '../../cards/card.ts'
import { placeholdersIn } from '../../cards/placeholders.ts'
import type { ConnectionSecrets } from '../../credentials/secrets.ts'
import { errorChainOf, isAppError } from '../../errors.ts'
import type { Probe } from '../../mcp/requests/outcome.ts'
import type { Connection } from '../../registry/connection.ts'
import { type ConnectableCards, startersFor } from '../catalog/connectable-cards.ts'
import type { Connect, ConnectDeps } from '../connect-types.ts'
import { openSecretsOf } from '../open-secrets.ts'
import { FROM_FILE, findManagedConnection, noteIfShared } from '../shared/managed-connection.ts'
import {
  createProblemsOutcome,
  createRefusedOutcome,
  findSavedConnection,
  identityProviderHostOf,
  type PersonFields,
  probeOrSignIn,
  removeSecrets,
  type SaveDeps,
  saveNewSecrets,
  serverFieldsOf,
} from './add-connection.ts'
import { cardAddressesOf, checkInputs, type FilledInputs } from './check-draft.ts'

/** Connects anew with new inputs; a secret left empty stays what it is. */
export function createReconnect(deps: ConnectDeps, cards: ConnectableCards): Connect['reconnect'] {
  return async (by, id, inputs, signal) => {
    const connection = await findManagedConnection(deps, by, id)
    if (connection === undefined) return createRefusedOutcome('This connection is gone. Connect it again.')
    if (connection.shared?.fromFile) return createRefusedOutcome(FROM_FILE)
    const card = cards.getCardOf(connection)
    const typed = { ...connection.inputs, ...inputs }
    const saved = leadsElsewhere(card, connection.inputs, typed) ? {} : await savedSecretsOf(deps, connection)
    const { filled, problems } = checkInputs(deps, card, typed, saved)
    if (problems.length > 0) return createProblemsOutcome(problems)
    const about = { ...connection, inputs: filled.plain }
    const probed = await probeOrSignIn(deps, { by, id, about, secrets: filled.secret }, signal)
    if (!probed.ok) return probed
    await noteIfShared(deps, by, connection, 'replace')
    const changed = await replace(deps, connection, filled, probed.probe)
    const starters = startersFor(card, connection.name)
    return { ok: true, connection: changed, starters, through: await identityProviderHostOf(deps, id) }
  }
}

/** A saved secret is not sent to another address than the one it was saved for: that takes whoever knows it. */
function leadsElsewhere(card: Card, before: Record<string, string>, after: Record<string, string>): boolean {
  return cardAddressesOf(card)
    .flatMap(placeholdersIn)
    .some((input) => before[input] !== after[input])
}

async function savedSecretsOf(deps: ConnectDeps, connection: Connection): Promise<ConnectionSecrets> {
  try {
    return await openSecretsOf(deps, connection)
  } catch (error) {
    if (isAppError(error, 'credential_missing')) return {}
    throw error
  }
}

async function replace(
  deps: ConnectDeps,
  connection: Connection,
  filled: FilledInputs,
  probe: Probe,
): Promise<Connection> {
  const { id } = connection
  const secrets = filled.secret
  const signIn = await signInAfter(deps, { ...connection, inputs: filled.plain }, secrets)
  const change = { inputs: filled.plain, signsIn: signIn.stays }
  const changed = await saveExistingConnection(deps, connection, change, { secrets, probe })
  await signIn.end()
  await deps.mcp.retire(id)
  deps.log.info({ connection: id, card: connection.card, workspace: connection.workspace }, 'reconnected')
  return changed
}

type SignInAfter = { stays: boolean; end(): Promise<void> }

/**
 * Where a token was filled in instead, or there is nothing to sign in to any more, the old sign-in is of no use. `end`
 * revokes it once the row is saved: before, the row may still need it.
 */
async function signInAfter(
  deps: ConnectDeps,
  connection: Connection,
  secrets: ConnectionSecrets,
): Promise<SignInAfter> {
  const { id, signsIn = false } = connection
  const target = deps.targets.target(connection)
  const tokens = await deps.auth.storedTokens(id)
  if (tokens === undefined || deps.auth.areTokensUsed(target, secrets, tokens))
    return { stays: signsIn || tokens?.managed !== undefined, end: async () => undefined }
  const end = async () => {
    await deps.auth.revoke(target, secrets, tokens)
    await deps.auth.forget(id, connection)
  }
  return { stays: false, end }
}

/**
 * Saves new inputs of a connection. New secrets get a reference of their own, so the row has the old ones until it has
 * the new ones; the side that is not used any more is removed at the end.
 */
export async function saveExistingConnection(
  deps: SaveDeps,
  before: Connection,
  fields: PersonFields,
  { secrets, probe }: { secrets: ConnectionSecrets; probe: Probe },
): Promise<Connection> {
  const credential = await saveNewSecrets(deps, before.id, secrets)
  let saved: Connection
  try {
    saved = await deps.registry.replace(before, { ...fields, ...serverFieldsOf(probe), credential })
  } catch (error) {
    const row = await findSavedConnection(deps, before, error)
    if (row === undefined || row.credential !== credential || credential === undefined) {
      await removeSecrets(deps, credential)
      throw error
    }
    saved = row
  }
  await removeSecrets(deps, before.credential).catch((error: unknown) => {
    deps.log.error({ connection: before.id, reason: errorChainOf(error) }, 'a replaced secret could not be removed')
  })
  return saved
}
