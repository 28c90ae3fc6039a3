import type { ModalView } from '@slack/types'
import { errorChainOf } from '../../errors.ts'
import type { SlackDeps } from '../deps.ts'
import { AnyResponse, slackErrorCodeOf } from './web-api.ts'

/** Paints a modal anew; false when it is not there any more. */
export async function updateModalView({ webApi, log }: SlackDeps, viewId: string, view: ModalView): Promise<boolean> {
  try {
    await webApi.call('views.update', { view_id: viewId, view }, AnyResponse)
    return true
  } catch (error) {
    if (slackErrorCodeOf(error) !== 'not_found') log.warn({ why: errorChainOf(error) }, 'modal not updated')
    return false
  }
}
