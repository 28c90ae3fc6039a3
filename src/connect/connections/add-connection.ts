import { randomUUID } from 'node:crypto'
import { type ConnectionSecrets, credentialReferenceOf, saveSecrets } from '../../credentials/secrets.ts'
import { errorChainOf, isAppError } from '../../errors.ts'
import { type ConnectionId, createConnectionId, type Principal } from '../../ids.ts'
import { authChallengeIn } from '../../mcp/protocol/auth-challenge.ts'
import type { Probe } from '../../mcp/requests/outcome.ts'
import type { Connection, NewConnection, SavedConnection } from '../../registry/connection.ts'
import { type ConnectableCard, type ConnectableCards, startersFor } from '../catalog/connectable-cards.ts'
import type { Connect, ConnectDeps, ConnectionDraft, ConnectOutcome, InputProblem } from '../connect-types.ts'
import type { TargetSource } from '../server-targets.ts'
import {
  checkDraft,
  connectionLimitMessage,
  type FilledInputs,
  nameTakenMessage,
  normalizeConnectionName,
} from './check-draft.ts'
import { prepareSignIn, type SignInRequest } from './prepare-sign-in.ts'

type Failed = Extract<ConnectOutcome, { ok: false }>

/** Checks a draft, really connects, then saves it as a connection. */
export function createAddConnection(deps: ConnectDeps, cards: ConnectableCards): Connect['connect'] {
  return async (by, draft, signal) => {
    const offer = await cards.get(by, draft.card)
    const made = draft.id === undefined ? undefined : await deps.registry.get(draft.id, by.workspace)
    const added = made ?? (await addConnection(deps, by, { offer, draft }, signal))
    if ('ok' in added) return added
    const through = await identityProviderHostOf(deps, added.id)
    return { ok: true, connection: added, starters: startersFor(offer.card, added.name), through }
  }
}

async function addConnection(
  deps: ConnectDeps,
  by: Principal,
  { offer, draft }: { offer: ConnectableCard; draft: ConnectionDraft },
  signal: AbortSignal,
): Promise<Connection | Failed> {
  const { filled, problems } = await checkDraft(deps, by, offer.card, draft)
  if (problems.length > 0) return createProblemsOutcome(problems)
  const about = newConnectionOf(by, offer, draft, filled)
  const id = draft.id ?? createConnectionId()
  const probed = await probeOrSignIn(deps, { by, id, about, secrets: filled.secret }, signal)
  if (!probed.ok) {
    // Client credentials may have got tokens before something else failed.
    if (probed.signIn === undefined) await deps.auth.forget(id, by)
    return probed
  }
  const signsIn = (await identityProviderHostOf(deps, id)) !== undefined
  return save(deps, { ...about, id, signsIn }, filled.secret, probed.probe)
}

/** What a new connection is saved as, apart from its id and how it signs in. */
function newConnectionOf(
  by: Principal,
  { card, entry }: ConnectableCard,
  draft: ConnectionDraft,
  filled: FilledInputs,
) {
  const name = normalizeConnectionName(draft.name)
  return { ...by, name, card: entry?.name ?? card.name, entry, inputs: filled.plain }
}

/** Where the person had signed in with their organization already, its host. */
export async function identityProviderHostOf({ auth }: ConnectDeps, id: ConnectionId): Promise<string | undefined> {
  const tokens = await auth.storedTokens(id)
  return tokens?.managed === undefined ? undefined : new URL(tokens.managed).host
}

export const createRefusedOutcome = (message: string): Failed => ({ ok: false, message, problems: [] })
export const createProblemsOutcome = (problems: InputProblem[]): Failed => ({
  ok: false,
  message: 'Some of this needs another look.',
  problems,
})

/** Really connects. A failure of the server or network is an outcome; anything else throws. */
export async function probeOrSignIn(
  deps: ConnectDeps,
  attempt: Omit<SignInRequest, 'challenge'>,
  signal: AbortSignal,
): Promise<{ ok: true; probe: Probe } | Failed> {
  const { id, about, secrets } = attempt
  try {
    return { ok: true, probe: await deps.mcp.probe(deps.targets.target(about), secrets, signal, id) }
  } catch (error) {
    const challenge = authChallengeIn(error)
    if (challenge !== undefined && !signal.aborted) return offerSignIn(deps, { ...attempt, challenge }, signal)
    if (signal.aborted) return createRefusedOutcome('This took too long, so I stopped waiting. Please try again.')
    return createFailedOutcome(deps, about, error)
  }
}

function createFailedOutcome(deps: ConnectDeps, about: TargetSource, error: unknown): Failed {
  if (!isAppError(error)) throw error
  deps.log.info({ card: about.card, workspace: about.workspace, code: error.code }, 'connecting failed')
  const problems = error.field === undefined ? [] : [{ field: error.field, message: error.message }]
  return { ok: false, message: error.message, problems }
}

/** The server wants a person to sign in with a browser. */
async function offerSignIn(deps: ConnectDeps, request: SignInRequest, signal: AbortSignal): Promise<Failed> {
  try {
    const signIn = await prepareSignIn(deps, request, signal)
    return { ok: false, message: `${signIn.title} wants you to sign in.`, problems: [], signIn }
  } catch (error) {
    if (signal.aborted) return createRefusedOutcome('This took too long, so I stopped waiting. Please try again.')
    return createFailedOutcome(deps, request.about, error)
  }
}

async function save(
  deps: ConnectDeps,
  about: TargetSource & Pick<Connection, 'id' | 'signsIn'>,
  secrets: ConnectionSecrets,
  probe: Probe,
): Promise<Connection | Failed> {
  const { id, card, workspace } = about
  try {
    const connection = await saveNewConnection(deps, about, { secrets, probe }, () => deps.auth.forget(id, about))
    deps.log.info({ connection: id, card, workspace, tools: probe.tools.length }, 'connected')
    return connection
  } catch (error) {
    if (isAppError(error, 'name_taken'))
      return createProblemsOutcome([{ field: 'name', message: nameTakenMessage(about.name) }])
    if (isAppError(error, 'limit_reached')) return createRefusedOutcome(connectionLimitMessage(deps.maxPerUser))
    throw error
  }
}

export type SaveDeps = Pick<ConnectDeps, 'registry' | 'credentials' | 'maxPerUser' | 'log'>

/** What a save writes that was not learned from the server. */
export type PersonFields = Pick<Connection, 'inputs' | 'signsIn'>

/**
 * Saves a new connection with everything its server listed, in one call to the database. When that fails, nothing of the
 * connection is left; `undo` then removes what else was saved for it.
 */
export async function saveNewConnection(
  deps: SaveDeps,
  about: PersonFields & Pick<NewConnection, 'id' | 'workspace' | 'user' | 'name' | 'card' | 'entry'>,
  { secrets, probe }: { secrets: ConnectionSecrets; probe: Probe },
  undo: () => Promise<void>,
): Promise<Connection> {
  const credential = await saveNewSecrets(deps, about.id, secrets)
  try {
    return await deps.registry.add({ ...about, ...serverFieldsOf(probe), credential }, deps.maxPerUser)
  } catch (error) {
    const saved = await findSavedConnection(deps, about, error)
    if (saved !== undefined) return saved
    await removeSecrets(deps, credential)
    await undo()
    throw error
  }
}

export const serverFieldsOf = ({
  tools,
  unusableTools,
  instructions,
  offers,
  era,
}: Probe): Omit<SavedConnection, keyof PersonFields> & {
  credential: undefined
} => ({ tools, unusableTools, instructions, offers, era, credential: undefined })

/** The secret first: a row without its secret would fail at its first call. */
export async function saveNewSecrets(
  { credentials }: SaveDeps,
  id: ConnectionId,
  secrets: ConnectionSecrets,
): Promise<string | undefined> {
  if (Object.keys(secrets).length === 0) return undefined
  const reference = `${credentialReferenceOf(id)}/${randomUUID()}`
  await saveSecrets(credentials, reference, secrets)
  return reference
}

export async function removeSecrets({ credentials }: SaveDeps, reference: string | undefined): Promise<void> {
  if (reference !== undefined) await credentials.remove(reference)
}

/**
 * The row as it stands after a save that failed: an answer can be lost after the save was done. Throws the save's error
 * when that cannot be found out; then the secrets stay, as the row may need them.
 */
export async function findSavedConnection(
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
