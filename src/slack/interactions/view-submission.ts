import type { AllMiddlewareArgs, App, SlackViewMiddlewareArgs, ViewClosedAction, ViewSubmitAction } from '@slack/bolt'
import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import { type Principal, UserId } from '../../ids.ts'
import { errorHelpButtonsFor, errorModal, errorText } from '../blocks/error-message.ts'
import { fieldTextsIn, ModalState } from '../blocks/modal-fields.ts'
import type { SlackDeps } from '../deps.ts'

type Listened = SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs

/** Somebody sent a modal. */
export type ViewSubmission = {
  by: Principal
  viewId: string
  keep: string
  values: ModalState
  /** Every field as text, by block_id; null where it was left empty. */
  typed: Record<string, string | null>
  ack: Listened['ack']
}

const Body = z.object({
  user: z.object({ id: UserId }),
  view: z.object({
    id: z.string(),
    private_metadata: z.string(),
    state: z.object({ values: ModalState }),
  }),
})

/** Parses and handles; the handler acknowledges. What goes wrong before that stands in the modal. */
export function onViewSubmission(
  app: App,
  deps: SlackDeps,
  callbackId: string,
  handle: (submit: ViewSubmission) => Promise<void>,
): void {
  app.view({ callback_id: callbackId, type: 'view_submission' }, async ({ body, ack }: Listened) => {
    const { user, view } = Body.parse(body)
    const { workspace } = await deps.bot()
    let acknowledged = false
    const once: Listened['ack'] = async (answer) => {
      acknowledged = true
      await ack(answer)
    }
    const by = { workspace, user: user.id }
    const { values } = view.state
    try {
      await handle({ by, viewId: view.id, keep: view.private_metadata, values, typed: fieldTextsIn(values), ack: once })
    } catch (error) {
      deps.log.error({ callbackId, user: by.user, why: errorChainOf(error) }, 'submission failed')
      if (!acknowledged)
        await ack({ response_action: 'update', view: errorModal(errorText(error), errorHelpButtonsFor(error)) })
    }
  })
}

type Closed = Pick<ViewSubmission, 'by' | 'keep'>

/** Somebody closed a modal that wants to know. Nobody waits for an answer, so what goes wrong is only noted. */
export function onViewClosed(
  app: App,
  deps: SlackDeps,
  callbackId: string,
  handle: (closed: Closed) => Promise<void>,
): void {
  type Listened = SlackViewMiddlewareArgs<ViewClosedAction> & AllMiddlewareArgs
  app.view({ callback_id: callbackId, type: 'view_closed' }, async ({ body, ack }: Listened) => {
    await ack()
    const { user, view } = ClosedBody.parse(body)
    const { workspace } = await deps.bot()
    try {
      await handle({ by: { workspace, user: user.id }, keep: view.private_metadata })
    } catch (error) {
      deps.log.error({ callbackId, user: user.id, why: errorChainOf(error) }, 'closing failed')
    }
  })
}

const ClosedBody = z.object({ user: z.object({ id: UserId }), view: z.object({ private_metadata: z.string() }) })
