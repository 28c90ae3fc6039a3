import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { z } from 'zod'
import type { CardInfo, ConnectSubmission, InputProblem } from '../../connect/connect-types.ts'
import { ConnectionId, createConnectionId, type Principal } from '../../ids.ts'
import { errorModal } from '../blocks/error-message.ts'
import type { ConnectionDeps, HomeTabDeps, PolicyDeps, WebApiDeps } from '../deps.ts'
import { findConnectionFor } from '../interactions/find-for-person.ts'
import { onButtonPress } from '../interactions/interaction.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/modals.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { addCard, pickableCardsFor } from './allowed-cards.ts'
import { connectModal, connectTestingModal } from './connect-form.ts'
import { connectAndReport, connectMetadataOf, type SubmittedForm, submittedFormModal } from './connect-outcome.ts'

const Metadata = z.object({
  card: z.string().optional(),
  channel: z.string().optional(),
  connection: ConnectionId.optional(),
})
type Metadata = z.infer<typeof Metadata>

export function registerConnect(app: App, deps: WebApiDeps & ConnectionDeps & PolicyDeps & HomeTabDeps): void {
  onButtonPress(app, deps, 'connect_pick', async ({ by, value, view }) => {
    const card = await deps.connect.offer(by, value)
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
  const [cards, name] = await Promise.all([pickableCardsFor(deps, by), deps.connect.defaultName(by, card.name)])
  const { channel } = metadata
  return connectModal({
    cards: addCard(cards, card),
    card,
    name,
    values: {},
    metadata: connectMetadataOf({ channel, reconnects: metadata.connection }),
  })
}

async function handleSubmission(
  deps: WebApiDeps & ConnectionDeps & PolicyDeps & HomeTabDeps,
  { by, viewId, hash, privateMetadata, typed, ack }: ViewSubmission,
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
  const { channel, connection: reconnects } = metadata
  const details = { card: card.name, name: await nameOf(deps, by, metadata, typed), channel, reconnects }
  const submission = { id: createConnectionId(), by, view: { id: viewId, hash }, details, inputs }
  const problems = await findProblems(deps, submission)
  if (problems.length > 0) {
    await ackProblems(deps, { ...submission, card }, problems, ack)
    return
  }
  const fresh = await deps.connect.submissions.save(submission)
  await ack({ response_action: 'update', view: connectTestingModal(card, details.name) })
  // One that stands already is told by whoever connects it.
  if (fresh) await connectAndReport(deps, submission)
}

/** A reconnect uses the connection's own card, a new connection one that is offered now. */
async function submittedCardOf(
  deps: ConnectionDeps,
  by: Principal,
  metadata: Metadata,
  picked: string | null | undefined,
) {
  if (metadata.connection === undefined) return deps.connect.offer(by, picked ?? metadata.card ?? '')
  const connection = await findConnectionFor(deps, by, metadata.connection)
  return connection && deps.connect.cardOf(connection)
}

/** A reconnect is checked when it is tried, as it keeps its name and may leave secrets empty. */
async function findProblems(
  { connect }: ConnectionDeps,
  { by, details: { card, name, reconnects }, inputs }: ConnectSubmission,
): Promise<InputProblem[]> {
  return reconnects === undefined ? connect.check(by, { card, name, inputs }) : []
}

async function nameOf(
  deps: ConnectionDeps,
  by: Principal,
  { connection }: Metadata,
  typed: ViewSubmission['typed'],
): Promise<string> {
  const existing = connection === undefined ? undefined : await findConnectionFor(deps, by, connection)
  return existing?.name ?? typed.name?.trim() ?? ''
}

/** Shows problems at their fields, or all on top of the form if one has no field. */
async function ackProblems(
  deps: ConnectionDeps & PolicyDeps,
  submission: SubmittedForm,
  problems: InputProblem[],
  ack: ViewSubmission['ack'],
): Promise<void> {
  // The form of a registry entry has no card field.
  const { card } = submission
  const cardField = card.entry === undefined ? ['card'] : []
  const fields = new Set([...cardField, 'name', ...card.inputs.map((input) => input.name)])
  const atField = problems.filter(({ field }) => fields.has(field))
  if (atField.length === problems.length) {
    const errors = Object.fromEntries(atField.map(({ field, message }) => [field, message]))
    await ack({ response_action: 'errors', errors })
    return
  }
  const alert = problems.map(({ message }) => message).join(' ')
  await ack({ response_action: 'update', view: await submittedFormModal(deps, submission, alert) })
}
