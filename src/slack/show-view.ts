import type { ModalView } from '@slack/types'
import { errorChainOf, isAppError } from '../errors.ts'
import { Anything, slackError } from './calls.ts'
import type { Deps } from './deps.ts'
import { modal, section } from './views/blocks.ts'
import { literal } from './views/text.ts'
import { troubleHelp, troubleModal, troubleWords } from './views/trouble.ts'

/** While a server is asked. */
export const waitingModal = (title: string, words: string): ModalView =>
  modal({ id: 'waiting', title, blocks: [section(`:hourglass_flowing_sand: ${literal(words)}`)] })

/** Puts what the work comes to into an open modal; what goes wrong stands there in words. Never throws. */
export async function showIn(deps: Deps, viewId: string, work: () => Promise<ModalView>): Promise<void> {
  const view = await work().catch((error: unknown) => {
    if (!isAppError(error)) deps.log.error({ why: errorChainOf(error) }, 'modal not filled')
    return troubleModal(troubleWords(error), troubleHelp(error))
  })
  try {
    await deps.calls.call('views.update', { view_id: viewId, view }, Anything)
  } catch (error) {
    // Closed meanwhile.
    if (slackError(error) !== 'not_found') deps.log.warn({ why: errorChainOf(error) }, 'modal not updated')
  }
}
