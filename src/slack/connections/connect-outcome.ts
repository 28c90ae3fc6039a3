import type { ModalView } from '@slack/types'
import type { CardInfo, ConnectOutcome, ConnectSubmission, InputProblem } from '../../connect/connect-types.ts'
import { errorChainOf, errorMessageOf } from '../../errors.ts'
import { errorModal } from '../blocks/error-message.ts'
import type { ConnectionDeps, HomeTabDeps, PolicyDeps, WebApiDeps } from '../deps.ts'
import { updateModalView } from '../interactions/modals.ts'
import { otherNamesFor } from '../tool-changes/accept-changes.ts'
import type { ConnectMetadata } from './connect-form.ts'
import { createConnectRetryButton } from './connect-retry.ts'
import { connectedMessage, connectedModal, notConnectedMessage } from './connected-message.ts'
import { buildFormModal, formCardOf, plainInputsOf, secretsAgainText, shownNameFor } from './form-card.ts'
import { showSignIn } from './sign-in.ts'
import { replySignInOutcome } from './sign-in-reply.ts'

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
async function submittedFormModal(
  deps: ConnectionDeps & PolicyDeps,
  { id, by, card, details, inputs }: SubmittedForm,
  alert: string,
): Promise<ModalView> {
  const again = secretsAgainText(card, inputs)
  // A failure may name a field that is not shown yet.
  const more = card.inputs.some((input) => input.more && alert.includes(`"${input.label}"`))
  return buildFormModal(deps, by, {
    card,
    name: await shownNameFor(deps, by, { card, name: details.name, inputs }),
    values: plainInputsOf(card, inputs),
    metadata: { ...connectMetadataOf(details), attempt: id, ...(more && { more }) },
    alert: again === '' ? alert : `${alert} ${again}`,
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
  const card = await formCardOf(deps, by, { card: details.card, connection: details.reconnects })
  const others = outcome.ok ? await otherNamesFor(deps, by, outcome.connection.id) : []
  const content = outcome.ok
    ? connectedMessage({ ...outcome, card, others })
    : notConnectedMessage(name, outcome.message, createConnectRetryButton(card, typedFormOf(submission)))
  const shown = outcome.ok
    ? connectedModal({ ...outcome, card, others })
    : await failedModal(deps, submission, card, outcome)
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

const typedFormOf = ({ inputs, details: { name, reconnects } }: ConnectSubmission) => ({
  name,
  inputs,
  ...(reconnects && { connection: reconnects }),
})

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
  const more = problemsText(
    card,
    problems.filter((problem) => !message.includes(problem.message)),
  )
  return more === '' ? message : `${message} ${more}`
}

/** Problems with the labels of their fields; what is about the form as a whole stands without. */
export function problemsText(card: CardInfo, problems: InputProblem[]): string {
  const labels = new Map([['name', 'Name'], ...card.inputs.map(({ name, label }): [string, string] => [name, label])])
  return problems
    .map(({ field, message }) => [labels.get(field), message].filter((part) => part !== undefined).join(': '))
    .join(' ')
}
