import { createHash, randomUUID } from 'node:crypto'
import type { Card } from '../../cards/card.ts'
import { errorChainOf, errorMessageOf, isAppError } from '../../errors.ts'
import { ConnectionId, type Principal, WORKSPACE_USER } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import type { NewShare } from '../../registry/shared-connections.ts'
import { type Polling, pollEvery } from '../../timing.ts'
import type { ConnectDeps } from '../connect-types.ts'
import { saveNewConnection } from '../connections/add-connection.ts'
import { checkInputs, type FilledInputs } from '../connections/check-draft.ts'
import { removeConnection } from '../connections/disconnect.ts'
import { saveExistingConnection } from '../connections/reconnect.ts'
import { openSecretsOf } from '../open-secrets.ts'
import type { SharedFileSource, Sharing } from '../sharing-types.ts'
import { type FileEntry, invalidFileError, readSharedFile } from './read-shared-file.ts'

/** `closing` fires when the app stops. */
type Deps = ConnectDeps & { sharing: Sharing; closing: AbortSignal }

type Wanted = FileEntry & { id: ConnectionId; filled: FilledInputs }

/** A server that is away is tried again. */
const AGAIN_MS = 60_000
const CONNECT_MS = 90_000
const LEASE_MS = 120_000
/** The most connections that one workspace has, with those that its owners share. */
const MOST = 200

/**
 * Connects for workspaces what the operator's file says, and disconnects what it says no longer; without a file, all that came from one.
 * Throws `config_invalid` before anything is changed.
 */
export function createSharedFile(connectDeps: ConnectDeps): Polling {
  const { sharing, sharedFile: source } = connectDeps
  if (sharing === undefined) return { start: () => undefined, stop: nothing }
  const closing = new AbortController()
  const deps = { ...connectDeps, sharing, closing: closing.signal }
  let waiting = source === undefined ? [] : wantedIn(deps, source)
  const ids = new Set(waiting.map(({ id }) => id))
  let cleared = false
  const polling = pollEvery(
    { everyMs: AGAIN_MS, firstMs: 0 },
    async () => {
      if (!cleared) await disconnectOthers(deps, ids)
      cleared = true
      const done = await Promise.all(waiting.map((one) => connectOne(deps, one)))
      waiting = waiting.filter((_, at) => done[at] === false)
    },
    (error) => deps.log.warn({ why: errorChainOf(error) }, 'the file of workspace connections was not carried out'),
  )
  return {
    start: polling.start,
    stop() {
      closing.abort()
      return polling.stop()
    },
  }
}

/** Each under an id that stays the same over starts and instances. */
function wantedIn(deps: Deps, source: SharedFileSource): Wanted[] {
  const entries = readSharedFile(source)
  const problems: string[] = []
  const wanted = entries.flatMap((entry): Wanted[] => {
    const card = deps.cards.find(({ name }) => name === entry.card)
    if (card === undefined) problems.push(`${entry.name}: there is no run card called ${entry.card}`)
    if (card === undefined) return []
    const { filled, problems: found } = checkInputs({ ...deps, prefills: {} }, card, entry.inputs, {})
    problems.push(...unknownInputs(card, entry), ...found.map((one) => `${entry.name}: ${one.field}: ${one.message}`))
    return [{ ...entry, filled, id: idOf(entry) }]
  })
  if (problems.length > 0) throw invalidFileError(source.path, problems)
  return wanted
}

const unknownInputs = ({ inputs }: Card, entry: FileEntry): string[] =>
  Object.keys(entry.inputs)
    .filter((name) => !inputs.some((input) => input.name === name))
    .map((name) => `${entry.name}: the run card ${entry.card} has no input called ${name}`)

function idOf({ workspace, name, card }: FileEntry): ConnectionId {
  const hex = createHash('sha256').update(`patchbay file ${workspace} ${name} ${card}`).digest('hex')
  const part = (from: number, to: number) => hex.slice(from, to)
  return ConnectionId.parse(`${part(0, 8)}-${part(8, 12)}-8${part(13, 16)}-8${part(17, 20)}-${part(20, 32)}`)
}

async function disconnectOthers(deps: Deps, kept: Set<ConnectionId>): Promise<void> {
  for (const one of await deps.sharing.connections.fromFiles()) {
    if (kept.has(one.id)) continue
    await deps.sharing.connections.note({ workspace: one.workspace, user: WORKSPACE_USER }, one.id, 'disconnect')
    await removeConnection(deps, one)
  }
}

/** False where it has to be tried again. */
async function connectOne(deps: Deps, wanted: Wanted): Promise<boolean> {
  const { id, name, workspace } = wanted
  const holder = randomUUID()
  try {
    // Several instances start at once, and one of them is enough at a time.
    if (!(await deps.registry.lease(id, holder, LEASE_MS))) return false
    const before = await deps.registry.get(id, workspace)
    if (before === undefined || !(await isAsWanted(deps, before, wanted))) await save(deps, before, wanted)
    await share(deps, wanted)
    return true
  } catch (error) {
    if (!isAppError(error)) throw error
    const why = errorMessageOf(error)
    deps.log.warn({ connection: id, name, workspace, why }, 'not connected for the workspace yet')
    return false
  } finally {
    await deps.registry.releaseLease(id, holder)
  }
}

async function isAsWanted(deps: Deps, before: Connection, { filled }: Wanted): Promise<boolean> {
  if (!isSame(before.inputs, filled.plain)) return false
  try {
    return isSame(await openSecretsOf(deps, before), filled.secret)
  } catch (error) {
    if (isAppError(error, 'credential_missing')) return false
    throw error
  }
}

const isSame = (one: Record<string, string>, other: Record<string, string>): boolean =>
  JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort())

/** Tries the server first, so that settings that fail take nothing away from those that work. */
async function save(deps: Deps, before: Connection | undefined, wanted: Wanted): Promise<void> {
  const { id, workspace, name, card, filled } = wanted
  const about = { id, workspace, user: WORKSPACE_USER, name, card, inputs: filled.plain, signsIn: false }
  const secrets = filled.secret
  const signal = AbortSignal.any([deps.closing, AbortSignal.timeout(CONNECT_MS)])
  const probe = await deps.mcp.probe(deps.targets.target({ ...about, entry: undefined }), secrets, signal, id)
  if (before === undefined) {
    await saveNewConnection({ ...deps, maxPerUser: MOST }, { ...about, entry: undefined }, { secrets, probe }, nothing)
    return
  }
  await saveExistingConnection(deps, before, about, { secrets, probe })
  await deps.mcp.retire(id)
}

const nothing = async () => undefined

async function share({ sharing: { connections }, log }: Deps, wanted: Wanted): Promise<void> {
  const { id, workspace, by, level } = wanted
  const audience = typeof wanted.for === 'string' ? wanted.for : 'people'
  const people = typeof wanted.for === 'string' ? [] : wanted.for
  const now = (await connections.in(workspace)).find((one) => one.id === id)?.shared
  const next: NewShare = { audience, people, level }
  const isShared = now?.fromFile === true && now.by === by && now.level === level && now.audience === audience
  if (isShared && now.people.join() === people.join()) return
  const owner: Principal = { workspace, user: by }
  await connections.share(owner, id, next, true)
  log.info({ connection: id, workspace, ...next }, 'connected for the workspace from a file')
}
