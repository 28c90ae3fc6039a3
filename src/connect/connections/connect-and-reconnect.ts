import type { Card } from '../../cards/card.ts'
import { placeholdersIn } from '../../cards/placeholders.ts'
import { type ConnectionSecrets, readSecrets } from '../../credentials/secrets.ts'
import { isAppError } from '../../errors.ts'
import { type ConnectionId, createConnectionId, type Principal } from '../../ids.ts'
import { authChallengeIn } from '../../mcp/protocol/auth-challenge.ts'
import type { Probe } from '../../mcp/requests/outcome.ts'
import type { Connection } from '../../registry/connection.ts'
import { type ConnectableCard, type ConnectableCards, permissionCardOf } from '../catalog/connectable-cards.ts'
import type { Connect, ConnectDeps, ConnectionDraft, ConnectOutcome, InputProblem } from '../connect-types.ts'
import { findOwnConnection } from '../own-connection.ts'
import type { TargetSource } from '../server-targets.ts'
import {
  cardAddressesOf,
  connectionNameProblemIn,
  type FilledInputs,
  fillInputs,
  findAddressProblems,
  type InputFallbacks,
  normalizeConnectionName,
} from './check-inputs.ts'
import { prepareSignIn, type SignInRequest } from './prepare-sign-in.ts'
import { saveExistingConnection, saveNewConnection } from './save-connection.ts'

type Failed = Extract<ConnectOutcome, { ok: false }>

/** The use cases that make or change a connection. */
export function createConnectUseCases(
  deps: ConnectDeps,
  offers: ConnectableCards,
): Pick<Connect, 'check' | 'connect' | 'reconnect'> {
  const prefillOf = (card: Card) => deps.prefills[card.name] ?? {}

  const fillAndCheck = (card: Card, typed: Record<string, string>, kept: InputFallbacks['kept']) => {
    const { filled, problems } = fillInputs(card, typed, { kept, prefill: prefillOf(card) })
    return { filled, problems: [...problems, ...findAddressProblems(card, filled, deps.mcp)] }
  }

  const checkDraft = async (
    p: Principal,
    { card }: ConnectableCard,
    draft: ConnectionDraft,
  ): Promise<{ filled: FilledInputs; problems: InputProblem[] }> => {
    const { filled, problems } = fillAndCheck(card, draft.inputs, {})
    const [barred, unnamed] = await Promise.all([
      cardProblems(deps, p, card),
      nameProblems(deps, p, normalizeConnectionName(draft.name)),
    ])
    return { filled, problems: [...barred, ...unnamed, ...problems] }
  }

  const connect = async (p: Principal, draft: ConnectionDraft, signal: AbortSignal): Promise<ConnectOutcome> => {
    const offer = await offers.get(draft.card)
    const { filled, problems } = await checkDraft(p, offer, draft)
    if (problems.length > 0) return amiss(problems)
    const about = newConnectionOf(p, offer, draft, filled)
    const id = createConnectionId()
    const probed = await tryOut(deps, { by: p, id, about, secrets: filled.secret }, signal)
    if (!probed.ok) {
      // Its own credentials may have brought tokens before something else failed.
      if (probed.signIn === undefined) await deps.auth.forget(id, p)
      return probed
    }
    const through = await throughWhom(deps, id)
    const saved = await save(deps, { ...about, id, signsIn: through !== undefined }, filled.secret, probed.probe)
    return 'id' in saved ? { ok: true, connection: saved, starters: offer.card.starters, through } : saved
  }

  const reconnect: Connect['reconnect'] = async (p, id, inputs, signal) => {
    const connection = await findOwnConnection(deps.registry, p, id)
    if (connection === undefined) return refused('This connection is gone. Connect it again with /mcp connect.')
    const card = offers.getCardOf(connection)
    const typed = { ...connection.inputs, ...inputs }
    const kept = leadsElsewhere(card, connection.inputs, typed) ? {} : await keptSecrets(deps, connection)
    const { filled, problems } = fillAndCheck(card, typed, kept)
    if (problems.length > 0) return amiss(problems)
    const about = { ...connection, inputs: filled.plain }
    const probed = await tryOut(deps, { by: p, id, about, secrets: filled.secret }, signal)
    if (!probed.ok) return probed
    const changed = await replace(deps, connection, filled, probed.probe)
    return { ok: true, connection: changed, starters: card.starters, through: await throughWhom(deps, id) }
  }

  const problemsOf: Connect['check'] = async (p, draft) =>
    (await checkDraft(p, await offers.get(draft.card), draft)).problems
  return { check: problemsOf, connect, reconnect }
}

/** Where the person had signed in with their organization already, its host. */
async function throughWhom({ auth }: ConnectDeps, id: ConnectionId): Promise<string | undefined> {
  const kept = await auth.kept(id)
  return kept?.managed === undefined ? undefined : new URL(kept.managed).host
}

/** A workspace may say what can be connected; what is connected already stays. */
async function cardProblems({ mayConnect }: ConnectDeps, p: Principal, card: Card): Promise<InputProblem[]> {
  if (mayConnect === undefined || (await mayConnect(p.workspace, permissionCardOf(card.name)))) return []
  return [
    {
      field: 'card',
      message: `${card.title} may not be connected in this workspace. Ask an owner or admin to allow it.`,
    },
  ]
}

async function nameProblems(
  { registry, maxPerUser }: ConnectDeps,
  p: Principal,
  name: string,
): Promise<InputProblem[]> {
  const fault = connectionNameProblemIn(name)
  if (fault !== undefined) return [{ field: 'name', message: fault }]
  const connections = await registry.connectionsOf(p)
  if (connections.some((one) => one.name.toLowerCase() === name))
    return [{ field: 'name', message: takenMessage(name) }]
  return connections.length < maxPerUser ? [] : [{ field: 'name', message: limitMessage(maxPerUser) }]
}

const takenMessage = (name: string): string => `You already have a connection called "${name}". Choose another name.`
const limitMessage = (most: number): string =>
  `You already have ${most} connections, and that is the limit. Disconnect one first.`

const refused = (message: string): Failed => ({ ok: false, message, problems: [] })
const amiss = (problems: InputProblem[]): Failed => ({
  ok: false,
  message: 'Some of this needs another look.',
  problems,
})

/** Really connects. What a server or network does becomes a message; anything else throws. */
async function tryOut(
  deps: ConnectDeps,
  attempt: Omit<SignInRequest, 'challenge'>,
  signal: AbortSignal,
): Promise<{ ok: true; probe: Probe } | Failed> {
  const { id, about, secrets } = attempt
  try {
    return { ok: true, probe: await deps.mcp.probe(deps.targets.target(about), secrets, signal, id) }
  } catch (error) {
    const challenge = authChallengeIn(error)
    if (challenge !== undefined && !signal.aborted) return offered(deps, { ...attempt, challenge }, signal)
    if (signal.aborted) return refused('This took too long, so I stopped waiting. Please try again.')
    return failedWith(deps, about, error)
  }
}

function failedWith(deps: ConnectDeps, about: TargetSource, error: unknown): Failed {
  if (!isAppError(error)) throw error
  deps.log.info({ card: about.card, workspace: about.workspace, code: error.code }, 'connecting failed')
  const problems = error.field === undefined ? [] : [{ field: error.field, message: error.message }]
  return { ok: false, message: error.message, problems }
}

/** What the server wants is a person at a browser. */
async function offered(deps: ConnectDeps, wanted: SignInRequest, signal: AbortSignal): Promise<Failed> {
  try {
    const signIn = await prepareSignIn(deps, wanted, signal)
    return { ok: false, message: `${signIn.title} wants you to sign in.`, problems: [], signIn }
  } catch (error) {
    if (signal.aborted) return refused('This took too long, so I stopped waiting. Please try again.')
    return failedWith(deps, wanted.about, error)
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
    if (isAppError(error, 'name_taken')) return amiss([{ field: 'name', message: takenMessage(about.name) }])
    if (isAppError(error, 'limit_reached')) return refused(limitMessage(deps.maxPerUser))
    throw error
  }
}

/** A saved secret is not sent to another address than the one it was saved for: that takes whoever knows it. */
function leadsElsewhere(card: Card, before: Record<string, string>, after: Record<string, string>): boolean {
  return cardAddressesOf(card)
    .flatMap(placeholdersIn)
    .some((input) => before[input] !== after[input])
}

async function keptSecrets(deps: ConnectDeps, connection: Connection): Promise<ConnectionSecrets> {
  try {
    return await readSecrets(deps.credentials, connection.credential)
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
  const kept = await deps.auth.kept(id)
  if (kept === undefined || deps.auth.isUsed(target, secrets, kept))
    return { stays: signsIn || kept?.managed !== undefined, end: async () => undefined }
  const end = async () => {
    await deps.auth.revoke(target, secrets, kept)
    await deps.auth.forget(id, connection)
  }
  return { stays: false, end }
}

/** What a new connection is saved as, apart from its id and how it signs in. */
function newConnectionOf(p: Principal, { card, entry }: ConnectableCard, draft: ConnectionDraft, filled: FilledInputs) {
  const name = normalizeConnectionName(draft.name)
  return { ...p, name, card: entry?.name ?? card.name, entry, inputs: filled.plain }
}
