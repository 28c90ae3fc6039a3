import type { AllMiddlewareArgs, ReceiverEvent } from '@slack/bolt'
import { z } from 'zod'
import type { Log } from '../../log.ts'

/** Whether a listener took a request; Bolt does not say. */
type Request = { taken: boolean }

/** Bolt hands custom properties to every listener, as part of its context. */
export function watchedRequest(): [Request, { request: Request }] {
  const request = { taken: false }
  return [request, { request }]
}

/** Stands before the listener in each registration: what none takes is answered by `answerUnknownRequest`. */
export async function markTaken({ context, next }: AllMiddlewareArgs): Promise<void> {
  context.request.taken = true
  await next()
}

/** A line for an event that the app heard and did not act on; `why` may be what is wrong with its fields. */
export function logIgnoredEvent(
  log: Log,
  { event, event_id: id }: ReceiverEvent['body'],
  why: string | z.ZodError,
): void {
  const reason = typeof why === 'string' ? why : `malformed: ${z.prettifyError(why)}`
  log.debug({ event: event?.type, subtype: event?.subtype, id, why: reason }, 'event ignored')
}
