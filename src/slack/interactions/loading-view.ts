import type { ModalView } from '@slack/types'
import { errorChainOf, isAppError } from '../../errors.ts'
import { createModal, sectionBlock } from '../blocks/build-blocks.ts'
import { errorHelpButtonsFor, errorModal, errorText } from '../blocks/error-message.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { WebApiDeps } from '../deps.ts'
import { AnyResponse, slackErrorCodeOf } from '../web-api/web-api.ts'

/** The modal shown while a server is asked. */
export const loadingModal = (title: string, words: string): ModalView =>
  createModal({ id: 'waiting', title, blocks: [sectionBlock(`:hourglass_flowing_sand: ${escapeMrkdwn(words)}`)] })

/** Updates an open modal with the view that `work` returns, or with its error. Never throws. */
export async function showLoadedView(deps: WebApiDeps, viewId: string, work: () => Promise<ModalView>): Promise<void> {
  const view = await work().catch((error: unknown) => {
    if (!isAppError(error)) deps.log.error({ why: errorChainOf(error) }, 'modal not filled')
    return errorModal(errorText(error), errorHelpButtonsFor(error))
  })
  try {
    await deps.webApi.call('views.update', { view_id: viewId, view }, AnyResponse)
  } catch (error) {
    // The person closed the modal in the meantime.
    if (slackErrorCodeOf(error) !== 'not_found') deps.log.warn({ why: errorChainOf(error) }, 'modal not updated')
  }
}
