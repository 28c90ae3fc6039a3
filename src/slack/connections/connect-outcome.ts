import type { ModalView } from '@slack/types'
import type { CardInfo, ConnectOutcome, ConnectSubmission } from '../../connect/connect-types.ts'
import { errorChainOf, errorMessageOf } from '../../errors.ts'
import { errorModal } from '../blocks/error-message.ts'
import type { ConnectionDeps, HomeTabDeps, PolicyDeps, WebApiDeps } from '../deps.ts'
import { findConnectionFor } from '../interactions/find-for-person.ts'
import { updateModalView } from '../interactions/modals.ts'
import { addCard, allowedCardsFor } from './allowed-cards.ts'
import { type ConnectMetadata, connectModal } from './connect-form.ts'
import { connectedMessage, connectedModal, notConnectedMessage } from './connected-message.ts'
import { replySignInOutcome, showSignIn } from './sign-in.ts'

/** A first start may download a server; a person who closes the modal gets a message. */
const CONNECT_TIMEOUT_MS = 120_000

type OutcomeDeps = WebApiDeps & ConnectionDeps & PolicyDeps & HomeTabDeps

/** A submitted form and the card that it was for. */
export type SubmittedForm = ConnectSubmission & { card: CardInfo }

export const connectMetadataOf = ({
  channel,
  reconnects,
}: Pick<ConnectSubmission['details'], 'channel' | 'reconnects'>): ConnectMetadata => ({
  ...(channel && { channel }),
  ...(reconnects && { connection: reconnects }),
})

/** The form with the submitted values but without secrets. */
export async function submittedFormModal(
  deps: ConnectionDeps & PolicyDeps,
  { by, card, details, inputs }: SubmittedForm,
  alert: string,
): Promise<ModalView> {
  const shown = card.inputs.filter((input) => !input.secret).map((input) => [input.name, inputs[input.name] ?? ''])
  const secret = card.inputs.some((input) => input.secret && inputs[input.name])
  const words = secret ? `${alert} Please enter secrets again.` : alert
  return connectModal({
    cards: addCard(await allowedCardsFor(deps, by.workspace), card),
    card,
    name: details.name,
    values: Object.fromEntries(shown),
    metadata: connectMetadataOf(details),
    alert: words,
  })
}

/** Finishes the forms whose instance died while it connected. */
export async function finishSubmissions(
  connect: ConnectionDeps['connect'],
  depsOf: (submission: ConnectSubmission) => OutcomeDeps,
): Promise<void> {
  await Promise.all(
    (await connect.submissions.claim()).map(async ({ lost, ...submission }) => {
      const deps = depsOf(submission)
      deps.log.info({ submission: submission.id, workspace: submission.by.workspace, lost }, 'connecting goes on')
      await connectAndReport(deps, submission, lost).catch((error: unknown) =>
        deps.log.error({ submission: submission.id, why: errorChainOf(error) }, 'outcome of a connect form not told'),
      )
    }),
  )
}

/** Connects, tells the outcome in the modal or as a message, and only then lets go of the form. */
export async function connectAndReport(deps: OutcomeDeps, submission: ConnectSubmission, lost = false): Promise<void> {
  const { submissions } = deps.connect
  if (lost) {
    // It may have ended the process each time, so it is let go first.
    await submissions.end(submission)
    await reportOutcome(deps, submission, INTERRUPTED)
    return
  }
  await reportOutcome(deps, submission, await tryConnect(deps, submission))
  await submissions.end(submission)
  deps.refreshHome(submission.by)
}

const INTERRUPTED: ConnectOutcome = {
  ok: false,
  message: 'I was interrupted while I connected it. Please try again.',
  problems: [],
}

async function reportOutcome(deps: OutcomeDeps, submission: ConnectSubmission, outcome: ConnectOutcome): Promise<void> {
  const { by, view, details } = submission
  const { name, channel } = details
  if (!outcome.ok && outcome.signIn !== undefined) {
    await showSignIn(deps, { by, name, channel, view: view.id }, outcome.signIn)
    return
  }
  const card = await submittedCardOf(deps, submission)
  const again = details.reconnects === undefined ? `connect ${details.card}` : `reconnect ${name}`
  const content = outcome.ok
    ? connectedMessage({ ...outcome, card })
    : notConnectedMessage(name, outcome.message, again)
  const shown = outcome.ok ? connectedModal({ ...outcome, card }) : await failedModal(deps, submission, card, outcome)
  if (!(await updateModalView(deps, view.id, shown))) await replySignInOutcome(deps, { by, channel }, content)
}

type Failed = Extract<ConnectOutcome, { ok: false }>

const failedModal = async (
  deps: OutcomeDeps,
  submission: ConnectSubmission,
  card: CardInfo | undefined,
  outcome: Failed,
): Promise<ModalView> =>
  card === undefined
    ? errorModal(outcome.message)
    : submittedFormModal(deps, { ...submission, card }, failureText(card, outcome))

/** The card as it is offered now, which may be gone since. */
async function submittedCardOf(deps: OutcomeDeps, { by, details }: ConnectSubmission): Promise<CardInfo | undefined> {
  if (details.reconnects === undefined) return deps.connect.offer(by, details.card)
  const connection = await findConnectionFor(deps, by, details.reconnects)
  return connection && deps.connect.cardOf(connection)
}

async function tryConnect(
  { connect, log }: OutcomeDeps,
  { id, by, details, inputs }: ConnectSubmission,
): Promise<ConnectOutcome> {
  const { card, name, reconnects } = details
  const signal = AbortSignal.timeout(CONNECT_TIMEOUT_MS)
  try {
    if (reconnects !== undefined) return await connect.reconnect(by, reconnects, inputs, signal)
    return await connect.connect(by, { card, name, inputs, id }, signal)
  } catch (error) {
    log.error({ card, user: by.user, why: errorChainOf(error) }, 'connecting failed')
    return { ok: false, message: errorMessageOf(error), problems: [] }
  }
}

/** The failure and the problems of its fields. */
function failureText(card: CardInfo, { message, problems }: Failed): string {
  const labels = new Map(card.inputs.map((input) => [input.name, input.label]))
  const fields = problems.filter((problem) => !message.includes(problem.message))
  return [message, ...fields.map((problem) => `${labels.get(problem.field) ?? 'Name'}: ${problem.message}`)].join(' ')
}
