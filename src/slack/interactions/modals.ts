import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AllMiddlewareArgs, App, SlackViewMiddlewareArgs, ViewClosedAction, ViewSubmitAction } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { z } from 'zod'
import { errorChainOf, errorMessageOf, isAppError } from '../../errors.ts'
import { type Principal, UserId } from '../../ids.ts'
import type { Log } from '../../log.ts'
import { createModal, sectionBlock } from '../blocks/build-blocks.ts'
import { errorHelpButtonsFor, errorModal, errorText } from '../blocks/error-message.ts'
import { fieldTextsIn, ModalState } from '../blocks/modal-fields.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { WebApiDeps } from '../deps.ts'
import { AnyResponse, isPermanentError, slackErrorCodeOf, type WebApi } from '../web-api/web-api.ts'
import { markTaken } from './taken.ts'

type ListenerArgs = SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs

/** Somebody sent a modal. */
export type ViewSubmission = {
  by: Principal
  viewId: string
  /** The same for the same modal with the same words, so that sending them again is known; other words are a new request. */
  submissionId: string
  /** Another one once the view was updated. */
  hash: string
  privateMetadata: string
  values: ModalState
  /** Every field as text, by block_id; null where it was left empty. */
  typed: Record<string, string | null>
  ack: ListenerArgs['ack']
  /** Shows a view in the modal's place: as the acknowledgement, or once that is given, by an update. */
  show(view: ModalView): Promise<void>
}

const Body = z.object({
  user: z.object({ id: UserId }),
  view: z.object({
    id: z.string(),
    hash: z.string(),
    private_metadata: z.string().nullish(),
    state: z.object({ values: ModalState }),
    blocks: z.array(z.looseObject({ type: z.string(), block_id: z.string().nullish() })).nullish(),
  }),
})

/** Listens for submissions of a modal. The handler acknowledges; an error before that is shown in the modal. */
export function onViewSubmission(
  app: App,
  deps: WebApiDeps,
  callbackId: string,
  handle: (submit: ViewSubmission) => Promise<void>,
): void {
  app.view({ callback_id: callbackId, type: 'view_submission' }, markTaken, async ({ body, ack }: ListenerArgs) => {
    const { user, view } = Body.parse(body)
    const { workspace } = await deps.bot()
    let acknowledged = false
    const ackOnce: ListenerArgs['ack'] = async (answer) => {
      acknowledged = true
      await ack(answer)
    }
    const by = { workspace, user: user.id }
    const { values } = view.state
    const typed = fieldTextsIn(values)
    try {
      await handle({
        by,
        viewId: view.id,
        submissionId: submissionIdOf(view.id, typed),
        hash: view.hash,
        privateMetadata: view.private_metadata ?? '',
        values,
        typed,
        ack: ackOnce,
        show: async (shown) => {
          if (acknowledged) await updateModalView(deps, view.id, shown)
          else await ackOnce({ response_action: 'update', view: shown })
        },
      })
    } catch (error) {
      deps.log.error({ callbackId, user: by.user, why: errorChainOf(error) }, 'submission failed')
      if (!acknowledged) await ack(failureAnswerFor(view.blocks, error))
    }
  })
}

const submissionIdOf = (view: string, typed: ViewSubmission['typed']): string =>
  `${view}:${createHash('sha256').update(JSON.stringify(typed)).digest('hex').slice(0, 16)}`

/** An error that may pass is shown in the form, which keeps what was typed, secrets as well. */
function failureAnswerFor(blocks: z.infer<typeof Body>['view']['blocks'], error: unknown): FailureAnswer {
  const field = blocks?.find(({ type }) => type === 'input')?.block_id
  if (field && isAppError(error, 'database_unavailable', 'database_failed', 'slack_failed'))
    return { response_action: 'errors', errors: { [field]: errorMessageOf(error) } }
  return { response_action: 'update', view: errorModal(errorText(error), errorHelpButtonsFor(error)) }
}

type FailureAnswer =
  | { response_action: 'errors'; errors: Record<string, string> }
  | { response_action: 'update'; view: ModalView }

type Closed = Pick<ViewSubmission, 'by' | 'privateMetadata'>

/** Listens for the closing of modals with notify_on_close: acknowledged when handled. Nobody waits for an answer, so errors are only logged. */
export function onViewClosed(
  app: App,
  deps: WebApiDeps,
  callbackId: string,
  handle: (closed: Closed) => Promise<void>,
): void {
  type ListenerArgs = SlackViewMiddlewareArgs<ViewClosedAction> & AllMiddlewareArgs
  app.view({ callback_id: callbackId, type: 'view_closed' }, markTaken, async ({ body, ack }: ListenerArgs) => {
    const { user, view } = ClosedBody.parse(body)
    const { workspace } = await deps.bot()
    try {
      await handle({ by: { workspace, user: user.id }, privateMetadata: view.private_metadata ?? '' })
      await ack()
    } catch (error) {
      deps.log.error({ callbackId, user: user.id, why: errorChainOf(error) }, 'closing failed')
    }
  })
}

const ClosedBody = z.object({
  user: z.object({ id: UserId }),
  view: z.object({ private_metadata: z.string().nullish() }),
})

const TRY_AGAIN_MS = [300, 1_500]

/** No answer came, so the view may be shown: nothing else may take its place. */
const LOST = 'lost'

const GONE_CODES = new Set(['not_found', 'view_not_found'])

const NOT_SHOWN_TEXT = 'Slack could not show the result here. Please close this and look again.'

/**
 * Updates an open modal; false when it was closed or could not be updated. A modal whose view Slack refuses says so, as it would say for
 * ever that it waits. Never throws.
 */
export async function updateModalView(
  deps: { webApi: WebApi; log: Log },
  viewId: string,
  view: ModalView,
): Promise<boolean> {
  const why = await tryUpdate(deps, viewId, view)
  if (why === undefined) return true
  if (why !== LOST && !GONE_CODES.has(why)) await tryUpdate(deps, viewId, errorModal(NOT_SHOWN_TEXT))
  return false
}

/** Resolves to why Slack did not update it. */
async function tryUpdate(
  deps: { webApi: WebApi; log: Log },
  viewId: string,
  view: ModalView,
  pausesMs: number[] = TRY_AGAIN_MS,
): Promise<string | undefined> {
  try {
    await deps.webApi.call('views.update', { view_id: viewId, view }, AnyResponse)
    return undefined
  } catch (error) {
    const why = slackErrorCodeOf(error) ?? LOST
    if (!GONE_CODES.has(why)) deps.log.warn({ why: errorChainOf(error) }, 'modal not updated')
    // After a conflict the modal changed at the same time; a little later the same update is taken.
    const [pauseMs, ...later] = why === 'hash_conflict' || !isPermanentError(error) ? pausesMs : []
    if (pauseMs === undefined) return why
    await sleep(pauseMs)
    return tryUpdate(deps, viewId, view, later)
  }
}

/** The modal shown while a server is asked. */
export const loadingModal = (title: string, words: string): ModalView =>
  createModal({ id: 'waiting', title, blocks: [sectionBlock(`:hourglass_flowing_sand: ${escapeMrkdwn(words)}`)] })

/** Updates an open modal with the view that `work` returns, or with its error. Never throws. */
export async function showLoadedView(deps: WebApiDeps, viewId: string, work: () => Promise<ModalView>): Promise<void> {
  const view = await work().catch((error: unknown) => {
    if (!isAppError(error)) deps.log.error({ why: errorChainOf(error) }, 'modal not filled')
    return errorModal(errorText(error), errorHelpButtonsFor(error))
  })
  await updateModalView(deps, viewId, view)
}

const Opened = z.object({ view: z.object({ id: z.string() }) })

/**
 * Opens a modal, on the one `below` where the press was in one. Slack puts three on each other: a fourth takes the place of the one
 * below. Resolves to its id.
 */
export async function openModalOn(
  webApi: WebApi,
  below: string | undefined,
  triggerId: string,
  view: ModalView,
): Promise<string> {
  const method = below === undefined ? 'views.open' : 'views.push'
  try {
    return (await webApi.call(method, { trigger_id: triggerId, view }, Opened, 0)).view.id
  } catch (error) {
    if (below === undefined || slackErrorCodeOf(error) !== 'push_limit_reached') throw error
    return (await webApi.call('views.update', { view_id: below, view }, Opened)).view.id
  }
}
