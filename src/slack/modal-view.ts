import type { ModalView } from '@slack/types'
import { errorChainOf } from '../errors.ts'
import { Anything, slackError } from './calls.ts'
import type { Deps } from './deps.ts'

/** Paints a modal anew; false when it is not there any more. */
export async function updateView({ calls, log }: Deps, viewId: string, view: ModalView): Promise<boolean> {
  try {
    await calls.call('views.update', { view_id: viewId, view }, Anything)
    return true
  } catch (error) {
    if (slackError(error) !== 'not_found') log.warn({ why: errorChainOf(error) }, 'modal not updated')
    return false
  }
}
