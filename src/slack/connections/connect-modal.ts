import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { z } from 'zod'
import type { CardInfo, ConnectOutcome, InputProblem } from '../../connect/connect-types.ts'
import { errorChainOf, errorMessageOf } from '../../errors.ts'
import { ConnectionId, type Principal } from '../../ids.ts'
import { errorModal } from '../blocks/error-message.ts'
import type { ConnectionDeps, HomeTabDeps, PolicyDeps, WebApiDeps } from '../deps.ts'
import { findConnectionFor } from '../interactions/find-for-person.ts'
import { onButtonPress } from '../interactions/interaction.ts'
import { onViewSubmission, updateModalView, type ViewSubmission } from '../interactions/modals.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { addCard, allowedCardsFor } from './allowed-cards.ts'
import { connectModal, connectTestingModal } from './connect-form.ts'
import { connectedMessage, connectedModal, notConnectedMessage } from './connected-message.ts'
import { replySignInOutcome, showSignIn } from './sign-in.ts'

/** A first start may download a server; a person who closes the modal gets a message. */
const CONNECT_TIMEOUT_MS = 120_000

const Metadata = z.object({
  card: z.string().optional(),
  channel: z.string().optional(),
  connection: ConnectionId.optional(),
})
type Metadata = z.infer<typeof Metadata>

const connectMetadataOf = ({ card, channel, connection }: Metadata) => ({
  ...(card && { card }),
  ...(channel && { channel }),
  ...(connection && { connection }),
})

/** A submission of the form. */
type Submission = {
  by: Principal
  viewId: string
  metadata: Metadata
  card: CardInfo
  name: string
  inputs: Record<string, string>
}

export function registerConnect(app: App, deps: WebApiDeps & ConnectionDeps & PolicyDeps & HomeTabDeps): void {
  onButtonPress(app, deps, 'connect_pick', async ({ by, value, view }) => {
    const card = await deps.connect.offer(value)
    if (card === undefined || view === undefined) return
    const metadata = Metadata.parse(JSON.parse(view.privateMetadata))
    const next = await emptyFormModal(deps, by, card, metadata)
    // Without a hash, so that the last choice wins.
    await deps.webApi.call('views.update', { view_id: view.id, view: next }, AnyResponse, 0)
  })
  onViewSubmission(app, deps, 'connect', (submit) => handleSubmission(deps, submit))
}

async function emptyFormModal(
  deps: ConnectionDeps & PolicyDeps,
  by: Principal,
  card: CardInfo,
  metadata: Metadata,
): Promise<ModalView> {
  const [cards, name] = await Promise.all([
    allowedCardsFor(deps, by.workspace),
    deps.connect.defaultName(by, card.name),
  ])
  return connectModal({ cards: addCard(cards, card), card, name, values: {}, metadata: connectMetadataOf(metadata) })
}

async function handleSubmission(
  deps: WebApiDeps & ConnectionDeps & PolicyDeps & HomeTabDeps,
  { by, viewId, privateMetadata, typed, ack }: ViewSubmission,
): Promise<void> {
  const metadata = Metadata.parse(JSON.parse(privateMetadata))
  const card = await submittedCardOf(deps, by, metadata, typed.card)
  if (card === undefined) {
    await ack({
      response_action: 'update',
      view: errorModal('That service is not offered here any more. Please start again.'),
    })
    return
  }
  if (metadata.card !== card.name) {
    await ack({ response_action: 'update', view: await emptyFormModal(deps, by, card, metadata) })
    return
  }
  const inputs = Object.fromEntries(card.inputs.map(({ name }) => [name, typed[name]?.trim() ?? '']))
  const submission: Submission = { by, viewId, metadata, card, name: typed.name?.trim() ?? '', inputs }
  const problems = await findProblems(deps, submission)
  if (problems.length > 0) {
    await ackProblems(deps, submission, problems, ack)
    return
  }
  await ack({ response_action: 'update', view: connectTestingModal(card, await nameOf(deps, submission)) })
  await connectAndReport(deps, submission)
}

/** A reconnect uses the connection's own card, a new connection one that is offered now. */
async function submittedCardOf(
  deps: ConnectionDeps,
  by: Principal,
  metadata: Metadata,
  picked: string | null | undefined,
) {
  if (metadata.connection === undefined) return deps.connect.offer(picked ?? metadata.card ?? '')
  const connection = await findConnectionFor(deps, by, metadata.connection)
  return connection && deps.connect.cardOf(connection)
}

/** A reconnect is checked when it is tried, as it keeps its name and may leave secrets empty. */
async function findProblems(
  { connect }: ConnectionDeps,
  { by, metadata, card, name, inputs }: Submission,
): Promise<InputProblem[]> {
  return metadata.connection === undefined ? connect.check(by, { card: card.name, name, inputs }) : []
}

async function nameOf(deps: ConnectionDeps, { by, metadata, name }: Submission): Promise<string> {
  if (metadata.connection === undefined) return name
  return (await findConnectionFor(deps, by, metadata.connection))?.name ?? name
}

/** Shows problems at their fields, or all on top of the form if one has no field. */
async function ackProblems(
  deps: ConnectionDeps & PolicyDeps,
  submission: Submission,
  problems: InputProblem[],
  ack: ViewSubmission['ack'],
): Promise<void> {
  // The form of a registry entry has no card field.
  const cardField = submission.card.entry === undefined ? ['card'] : []
  const fields = new Set([...cardField, 'name', ...submission.card.inputs.map((input) => input.name)])
  const atField = problems.filter(({ field }) => fields.has(field))
  if (atField.length === problems.length) {
    const errors = Object.fromEntries(atField.map(({ field, message }) => [field, message]))
    await ack({ response_action: 'errors', errors })
    return
  }
  const alert = problems.map(({ message }) => message).join(' ')
  await ack({ response_action: 'update', view: await formWithAlert(deps, submission, submission.name, alert) })
}

/** The form with the submitted values but without secrets. */
async function formWithAlert(
  deps: ConnectionDeps & PolicyDeps,
  { by, card, metadata, inputs }: Submission,
  name: string,
  alert: string,
): Promise<ModalView> {
  const shown = card.inputs.filter((input) => !input.secret).map((input) => [input.name, inputs[input.name] ?? ''])
  const secret = card.inputs.some((input) => input.secret && inputs[input.name])
  const words = secret ? `${alert} Please enter secrets again.` : alert
  return connectModal({
    cards: addCard(await allowedCardsFor(deps, by.workspace), card),
    card,
    name,
    values: Object.fromEntries(shown),
    metadata: connectMetadataOf(metadata),
    alert: words,
  })
}

async function connectAndReport(
  deps: WebApiDeps & ConnectionDeps & PolicyDeps & HomeTabDeps,
  submission: Submission,
): Promise<void> {
  const name = await nameOf(deps, submission)
  const outcome = await tryConnect(deps, submission)
  if (!outcome.ok && outcome.signIn !== undefined) {
    await showSignIn(
      deps,
      { by: submission.by, name, channel: submission.metadata.channel, view: submission.viewId },
      outcome.signIn,
    )
    return
  }
  const view = outcome.ok
    ? connectedModal({ ...outcome, card: submission.card })
    : await formWithAlert(deps, submission, name, failureText(submission.card, outcome))
  const again = submission.metadata.connection === undefined ? `connect ${submission.card.name}` : `reconnect ${name}`
  const content = outcome.ok
    ? connectedMessage({ ...outcome, card: submission.card })
    : notConnectedMessage(name, outcome.message, again)
  if (!(await updateModalView(deps, submission.viewId, view)))
    await replySignInOutcome(deps, { by: submission.by, channel: submission.metadata.channel }, content)
  deps.refreshHome(submission.by)
}

async function tryConnect(
  { connect, log }: WebApiDeps & ConnectionDeps,
  { by, metadata, card, name, inputs }: Submission,
): Promise<ConnectOutcome> {
  const signal = AbortSignal.timeout(CONNECT_TIMEOUT_MS)
  try {
    if (metadata.connection !== undefined) return await connect.reconnect(by, metadata.connection, inputs, signal)
    return await connect.connect(by, { card: card.name, name, inputs }, signal)
  } catch (error) {
    log.error({ card: card.name, user: by.user, why: errorChainOf(error) }, 'connecting failed')
    return { ok: false, message: errorMessageOf(error), problems: [] }
  }
}

/** The failure and the problems of its fields. */
function failureText(card: CardInfo, { message, problems }: Extract<ConnectOutcome, { ok: false }>): string {
  const labels = new Map(card.inputs.map((input) => [input.name, input.label]))
  const fields = problems.filter((problem) => !message.includes(problem.message))
  return [message, ...fields.map((problem) => `${labels.get(problem.field) ?? 'Name'}: ${problem.message}`)].join(' ')
}
