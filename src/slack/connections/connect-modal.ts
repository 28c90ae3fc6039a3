import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { z } from 'zod'
import type { CardInfo, ConnectOutcome } from '../../connect/connect.ts'
import type { InputProblem } from '../../connect/connections/fill-inputs.ts'
import { errorChainOf, errorMessageOf } from '../../errors.ts'
import { ConnectionId, type Principal } from '../../ids.ts'
import { errorModal } from '../blocks/error-message.ts'
import type { SlackDeps } from '../deps.ts'
import { allowedCardsFor, toggleAllowedCard } from '../home/settings-actions.ts'
import { onButtonPress } from '../interactions/button-press.ts'
import { findConnectionFor } from '../interactions/find-for-person.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/view-submission.ts'
import { updateModalView } from '../web-api/update-view.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { connectModal, connectTestingModal } from './connect-form.ts'
import { connectedMessage, connectedModal, notConnectedMessage } from './connected-message.ts'
import { replySignInOutcome, showSignIn } from './sign-in.ts'

/** A first start may download a server; the person may close the modal meanwhile and is told. */
const CONNECT_TIMEOUT_MS = 120_000

const Keep = z.object({
  card: z.string().optional(),
  channel: z.string().optional(),
  connection: ConnectionId.optional(),
})
type Keep = z.infer<typeof Keep>

const plainKeep = ({ card, channel, connection }: Keep) => ({
  ...(card && { card }),
  ...(channel && { channel }),
  ...(connection && { connection }),
})

/** What was sent, for one card. */
type Sent = { by: Principal; viewId: string; keep: Keep; card: CardInfo; name: string; inputs: Record<string, string> }

export function registerConnect(app: App, deps: SlackDeps): void {
  onButtonPress(app, deps, 'connect_pick', async ({ by, value, view }) => {
    const card = await deps.connect.offer(value)
    if (card === undefined || view === undefined) return
    const keep = Keep.parse(JSON.parse(view.keep))
    const next = await freshForm(deps, by, card, keep)
    // Not by hash: the last choice wins.
    await deps.webApi.call('views.update', { view_id: view.id, view: next }, AnyResponse, 0)
  })
  onViewSubmission(app, deps, 'connect', (submit) => submitted(deps, submit))
}

async function freshForm(deps: SlackDeps, by: Principal, card: CardInfo, keep: Keep): Promise<ModalView> {
  const [cards, name] = await Promise.all([
    allowedCardsFor(deps, by.workspace),
    deps.connect.defaultName(by, card.name),
  ])
  return connectModal({ cards: toggleAllowedCard(cards, card), card, name, values: {}, keep: plainKeep(keep) })
}

async function submitted(deps: SlackDeps, { by, viewId, keep: kept, typed, ack }: ViewSubmission): Promise<void> {
  const keep = Keep.parse(JSON.parse(kept))
  const card = await cardSent(deps, by, keep, typed.card)
  if (card === undefined) {
    await ack({
      response_action: 'update',
      view: errorModal('That service is not offered here any more. Please start again.'),
    })
    return
  }
  if (keep.card !== card.name) {
    await ack({ response_action: 'update', view: await freshForm(deps, by, card, keep) })
    return
  }
  const inputs = Object.fromEntries(card.inputs.map(({ name }) => [name, typed[name]?.trim() ?? '']))
  const sent: Sent = { by, viewId, keep, card, name: typed.name?.trim() ?? '', inputs }
  const problems = await problemsOf(deps, sent)
  if (problems.length > 0) {
    await refuse(deps, sent, problems, ack)
    return
  }
  await ack({ response_action: 'update', view: connectTestingModal(card, await nameOf(deps, sent)) })
  await connectAndTell(deps, sent)
}

/** What is mended is what it was made from; what is new is what is offered now. */
async function cardSent(deps: SlackDeps, by: Principal, keep: Keep, picked: string | null | undefined) {
  if (keep.connection === undefined) return deps.connect.offer(picked ?? keep.card ?? '')
  const connection = await findConnectionFor(deps, by, keep.connection)
  return connection && deps.connect.cardOf(connection)
}

/** A reconnect keeps its name and may leave secrets empty; it is checked when it is tried. */
async function problemsOf({ connect }: SlackDeps, { by, keep, card, name, inputs }: Sent): Promise<InputProblem[]> {
  return keep.connection === undefined ? connect.check(by, { card: card.name, name, inputs }) : []
}

async function nameOf(deps: SlackDeps, { by, keep, name }: Sent): Promise<string> {
  if (keep.connection === undefined) return name
  return (await findConnectionFor(deps, by, keep.connection))?.name ?? name
}

/** At the fields where there are fields, else on top of the form. */
async function refuse(
  deps: SlackDeps,
  sent: Sent,
  problems: InputProblem[],
  ack: ViewSubmission['ack'],
): Promise<void> {
  // An entry of a registry was not picked in the form.
  const pick = sent.card.entry === undefined ? ['card'] : []
  const fields = new Set([...pick, 'name', ...sent.card.inputs.map((input) => input.name)])
  const atField = problems.filter(({ field }) => fields.has(field))
  if (atField.length === problems.length) {
    const errors = Object.fromEntries(atField.map(({ field, message }) => [field, message]))
    await ack({ response_action: 'errors', errors })
    return
  }
  const alert = problems.map(({ message }) => message).join(' ')
  await ack({ response_action: 'update', view: await formAgain(deps, sent, sent.name, alert) })
}

/** The form as it was sent, without the secrets. */
async function formAgain(
  deps: SlackDeps,
  { by, card, keep, inputs }: Sent,
  name: string,
  alert: string,
): Promise<ModalView> {
  const shown = card.inputs.filter((input) => !input.secret).map((input) => [input.name, inputs[input.name] ?? ''])
  const secret = card.inputs.some((input) => input.secret && inputs[input.name])
  const words = secret ? `${alert} Please enter secrets again.` : alert
  return connectModal({
    cards: toggleAllowedCard(await allowedCardsFor(deps, by.workspace), card),
    card,
    name,
    values: Object.fromEntries(shown),
    keep: plainKeep(keep),
    alert: words,
  })
}

async function connectAndTell(deps: SlackDeps, sent: Sent): Promise<void> {
  const name = await nameOf(deps, sent)
  const outcome = await tryConnect(deps, sent)
  if (!outcome.ok && outcome.signIn !== undefined) {
    await showSignIn(deps, { by: sent.by, name, channel: sent.keep.channel, view: sent.viewId }, outcome.signIn)
    return
  }
  const view = outcome.ok
    ? connectedModal({ ...outcome, card: sent.card })
    : await formAgain(deps, sent, name, sayOutcome(sent.card, outcome))
  const again = sent.keep.connection === undefined ? `connect ${sent.card.name}` : `reconnect ${name}`
  const saying = outcome.ok
    ? connectedMessage({ ...outcome, card: sent.card })
    : notConnectedMessage(name, outcome.message, again)
  if (!(await updateModalView(deps, sent.viewId, view)))
    await replySignInOutcome(deps, { by: sent.by, channel: sent.keep.channel }, saying)
  deps.refreshHome(sent.by)
}

async function tryConnect(
  { connect, log }: SlackDeps,
  { by, keep, card, name, inputs }: Sent,
): Promise<ConnectOutcome> {
  const signal = AbortSignal.timeout(CONNECT_TIMEOUT_MS)
  try {
    if (keep.connection !== undefined) return await connect.reconnect(by, keep.connection, inputs, signal)
    return await connect.connect(by, { card: card.name, name, inputs }, signal)
  } catch (error) {
    log.error({ card: card.name, user: by.user, why: errorChainOf(error) }, 'connecting failed')
    return { ok: false, message: errorMessageOf(error), problems: [] }
  }
}

/** What failed, with the fields that are at fault. */
function sayOutcome(card: CardInfo, { message, problems }: Extract<ConnectOutcome, { ok: false }>): string {
  const labels = new Map(card.inputs.map((input) => [input.name, input.label]))
  const fields = problems.filter((problem) => !message.includes(problem.message))
  return [message, ...fields.map((problem) => `${labels.get(problem.field) ?? 'Name'}: ${problem.message}`)].join(' ')
}
