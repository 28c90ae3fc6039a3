import type { ReceiverEvent } from '@slack/bolt'
import { withoutNulls } from '../../json.ts'
import { isPayloadFields } from '../message-text/payload-fields.ts'

/** Null means absent, and Bolt takes the null of an object for one. */
export function stripBodyNulls(body: ReceiverEvent['body']): ReceiverEvent['body'] {
  const kept = withoutNulls(body)
  return isPayloadFields(kept) ? kept : body
}
