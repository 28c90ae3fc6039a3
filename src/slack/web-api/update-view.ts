import type { ModalView } from '@slack/types'
import { errorChainOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { AnyResponse, slackErrorCodeOf, type WebApi } from './web-api.ts'

/** Updates an open modal; false when it was closed or could not be updated. Never throws. */
export async function updateModalView(
  { webApi, log }: { webApi: WebApi; log: Log },
  viewId: string,
  view: ModalView,
): Promise<boolean> {
  try {
    await webApi.call('views.update', { view_id: viewId, view }, AnyResponse)
    return true
  } catch (error) {
    if (slackErrorCodeOf(error) !== 'not_found') log.warn({ why: errorChainOf(error) }, 'modal not updated')
    return false
  }
}
