import { randomUUID } from 'node:crypto'
import { type ConnectionSecrets, credentialReferenceOf, saveSecrets } from '../../credentials/secrets.ts'
import { errorChainOf } from '../../errors.ts'
import type { ConnectionId } from '../../ids.ts'
import type { Probe } from '../../mcp/requests/outcome.ts'
import type { Connection, NewConnection, SavedConnection } from '../../registry/connection.ts'
import type { ConnectDeps } from '../connect-types.ts'

type SaveDeps = Pick<ConnectDeps, 'registry' | 'credentials' | 'maxPerUser' | 'log'>

/** What a save writes that was not learned from the server. */
type Filled = Pick<Connection, 'inputs' | 'signsIn'>

/**
 * Saves a new connection with everything its server told, in one call to the database. When that fails, nothing of the
 * connection is left; `undo` then removes what else was kept for it.
 */
export async function saveNewConnection(
  deps: SaveDeps,
  about: Filled & Pick<NewConnection, 'id' | 'workspace' | 'user' | 'name' | 'card' | 'entry'>,
  { secrets, probe }: { secrets: ConnectionSecrets; probe: Probe },
  undo: () => Promise<void>,
): Promise<Connection> {
  const credential = await keepSecrets(deps, about.id, secrets)
  try {
    return await deps.registry.add({ ...about, ...learnedFrom(probe), credential }, deps.maxPerUser)
  } catch (error) {
    const saved = await whatBecame(deps, about, error)
    if (saved !== undefined) return saved
    await dropSecrets(deps, credential)
    await undo()
    throw error
  }
}

/**
 * Saves new inputs of a connection. New secrets get a reference of their own, so the row has the old ones until it has
 * the new ones; the side that is not used any more is removed at the end.
 */
export async function saveExistingConnection(
  deps: SaveDeps,
  before: Connection,
  filled: Filled,
  { secrets, probe }: { secrets: ConnectionSecrets; probe: Probe },
): Promise<Connection> {
  const credential = await keepSecrets(deps, before.id, secrets)
  let saved: Connection
  try {
    saved = await deps.registry.replace(before, { ...filled, ...learnedFrom(probe), credential })
  } catch (error) {
    const row = await whatBecame(deps, before, error)
    if (row === undefined || row.credential !== credential || credential === undefined) {
      await dropSecrets(deps, credential)
      throw error
    }
    saved = row
  }
  await dropSecrets(deps, before.credential).catch((error: unknown) => {
    deps.log.error({ connection: before.id, reason: errorChainOf(error) }, 'a replaced secret could not be removed')
  })
  return saved
}

const learnedFrom = ({
  tools,
  unusableTools,
  instructions,
  offers,
  era,
}: Probe): Omit<SavedConnection, keyof Filled> & {
  credential: undefined
} => ({ tools, unusableTools, instructions, offers, era, credential: undefined })

/** The secret first: a row without its secret would fail at its first call. */
async function keepSecrets(
  { credentials }: SaveDeps,
  id: ConnectionId,
  secrets: ConnectionSecrets,
): Promise<string | undefined> {
  if (Object.keys(secrets).length === 0) return undefined
  const reference = `${credentialReferenceOf(id)}/${randomUUID()}`
  await saveSecrets(credentials, reference, secrets)
  return reference
}

async function dropSecrets({ credentials }: SaveDeps, reference: string | undefined): Promise<void> {
  if (reference !== undefined) await credentials.remove(reference)
}

/**
 * The row as it stands after a save that failed: an answer can be lost after the save was done. Throws the save's error
 * when that cannot be found out; then the secrets stay, as the row may need them.
 */
async function whatBecame(
  { registry, log }: SaveDeps,
  { id, workspace, user }: Pick<Connection, 'id' | 'workspace' | 'user'>,
  error: unknown,
): Promise<Connection | undefined> {
  try {
    return await registry.saved({ workspace, user }, id)
  } catch (unknown) {
    log.error({ connection: id, reason: errorChainOf(unknown) }, 'a connection may be saved or not')
    throw error
  }
}
