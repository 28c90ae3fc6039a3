import type { App } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import type { CardInfo, ConnectSubmission, InputProblem } from '../../connect/connect-types.ts'
import { createConnectionId, type Principal } from '../../ids.ts'
import { errorModal } from '../blocks/error-message.ts'
import type { ConnectionDeps, HomeTabDeps, PolicyDeps, WebApiDeps } from '../deps.ts'
import { findConnectionFor } from '../interactions/find-for-person.ts'
import { type BlockAction, onButtonPress } from '../interactions/interaction.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/modals.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { type ConnectMetadata, connectTestingModal } from './connect-form.ts'
import { connectAndReport, connectMetadataOf, problemsText, type SubmittedForm } from './connect-outcome.ts'
import {
  buildFormModal,
  type FormMetadata,
  formCardOf,
  formMetadataIn,
  plainInputsOf,
  proposedNameFor,
  shownNameFor,
} from './form-card.ts'

export function registerConnect(app: App, deps: WebApiDeps & ConnectionDeps & PolicyDeps & HomeTabDeps): void {
  onButtonPress(app, deps, 'connect_pick', async ({ by, value, view }) => {
    const card = await deps.connect.offer(by, value)
    if (card === undefined || view === undefined) return
    const next = await emptyFormModal(deps, by, card, formMetadataIn(view))
    // Without a hash, so that the last choice wins.
    await deps.webApi.call('views.update', { view_id: view.id, view: next }, AnyResponse, 0)
  })
  onButtonPress(app, deps, 'connect_more', (press) => showMore(deps, press))
  onViewSubmission(app, deps, 'connect', (submit) => handleSubmission(deps, submit))
}

async function emptyFormModal(
  deps: ConnectionDeps & PolicyDeps,
  by: Principal,
  card: CardInfo,
  { channel, connection }: FormMetadata,
): Promise<ModalView> {
  const name = await proposedNameFor(deps, by, card)
  const metadata = connectMetadataOf({ channel, reconnects: connection })
  return buildFormModal(deps, by, { card, name, values: {}, metadata })
}

/** Opens the fields that few people need; Slack keeps what was typed in the others. */
async function showMore(deps: WebApiDeps & ConnectionDeps & PolicyDeps, { by, view }: BlockAction): Promise<void> {
  if (view === undefined) return
  const { alert: _alert, ...metadata } = formMetadataIn(view)
  const card = await formCardOf(deps, by, metadata)
  if (card === undefined) return
  const { connection } = metadata
  const existing = connection === undefined ? undefined : await findConnectionFor(deps, by, connection)
  const next = await buildFormModal(deps, by, {
    card,
    name: existing?.name ?? (await proposedNameFor(deps, by, card)),
    values: existing?.inputs ?? {},
    metadata: { ...connectMetadataFrom(metadata), more: true },
  })
  await deps.webApi.call('views.update', { view_id: view.id, hash: view.hash, view: next }, AnyResponse, 0)
}

async function handleSubmission(
  deps: WebApiDeps & ConnectionDeps & PolicyDeps & HomeTabDeps,
  { by, viewId, hash, privateMetadata, typed, ack }: ViewSubmission,
): Promise<void> {
  const metadata = formMetadataIn({ privateMetadata })
  const card = await formCardOf(deps, by, { card: typed.card ?? metadata.card, connection: metadata.connection })
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
  const { channel, connection: reconnects, entry } = metadata
  const entered = entry === undefined ? {} : await deps.connect.secretPages.read(entry, by)
  const inputs = Object.fromEntries(card.inputs.map(({ name }) => [name, (entered[name] ?? typed[name])?.trim() ?? '']))
  const name = await nameOf(deps, { by, metadata, card, inputs, typed: typed.name })
  const details = { card: card.name, name, channel, reconnects }
  const submission = { id: createConnectionId(), by, view: { id: viewId, hash }, details, inputs }
  const problems = await findProblems(deps, submission)
  if (problems.length > 0) {
    await ackProblems(
      deps,
      { submission: { ...submission, card }, problems, metadata, fields: Object.keys(typed) },
      ack,
    )
    return
  }
  const fresh = await deps.connect.submissions.save(submission)
  if (entry !== undefined) await deps.connect.secretPages.end(entry, by)
  await ack({ response_action: 'update', view: connectTestingModal(card, details.name) })
  // One that stands already is told by whoever connects it.
  if (fresh) await connectAndReport(deps, submission)
}

/** A reconnect is checked when it is tried, as it keeps its name and may leave secrets empty. */
async function findProblems(
  { connect }: ConnectionDeps,
  { by, details: { card, name, reconnects }, inputs }: ConnectSubmission,
): Promise<InputProblem[]> {
  return reconnects === undefined ? connect.check(by, { card, name, inputs }) : []
}

type FormName = {
  by: Principal
  metadata: FormMetadata
  card: CardInfo
  inputs: Record<string, string>
  typed: string | null | undefined
}

/** The name as typed; left empty where that may be, the one that the address gives. */
async function nameOf(deps: ConnectionDeps, { by, metadata, card, inputs, typed }: FormName): Promise<string> {
  const { connection } = metadata
  const existing = connection === undefined ? undefined : await findConnectionFor(deps, by, connection)
  const name = existing?.name ?? typed?.trim() ?? ''
  return name === '' && card.named === 'by_address' ? deps.connect.defaultName(by, card.name, inputs.url) : name
}

type FormProblems = {
  submission: SubmittedForm
  problems: InputProblem[]
  metadata: FormMetadata
  /** The fields that the form shows. */
  fields: string[]
}

/**
 * Shows problems at their fields, or all on top of the form where one has no field or an older failure stands there: it would be read
 * as if it were new. What was typed stays in either case.
 */
async function ackProblems(
  deps: ConnectionDeps & PolicyDeps,
  { submission, problems, metadata, fields }: FormProblems,
  ack: ViewSubmission['ack'],
): Promise<void> {
  const { card, details, inputs, by } = submission
  const atField = problems.filter(({ field }) => fields.includes(field))
  if (atField.length === problems.length && !metadata.alert) {
    const errors = Object.fromEntries(atField.map(({ field, message }) => [field, message]))
    await ack({ response_action: 'errors', errors })
    return
  }
  const more =
    metadata.more === true || problems.some(({ field }) => card.inputs.find(({ name }) => name === field)?.more)
  const { channel, reconnects: connection } = details
  const { attempt, entry } = metadata
  const view = await buildFormModal(deps, by, {
    card,
    name: await shownNameFor(deps, by, { card, name: details.name, inputs }),
    values: plainInputsOf(card, inputs),
    metadata: connectMetadataFrom({ channel, connection, attempt, entry, ...(more && { more }) }),
    alert: problemsText(card, problems),
  })
  await ack({ response_action: 'update', view })
}

/** Without what is undefined, which JSON would leave out. */
const connectMetadataFrom = ({
  channel,
  connection,
  attempt,
  entry,
  more,
}: Omit<FormMetadata, 'alert'>): ConnectMetadata => ({
  ...connectMetadataOf({ channel, reconnects: connection }),
  ...(attempt && { attempt }),
  ...(entry && { entry }),
  ...(more && { more }),
})
