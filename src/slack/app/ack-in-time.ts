import type { ReceiverEvent } from '@slack/bolt'

/** Slack waits 3 s; by then the receiver has answered that the request failed. */
const ACK_WITHIN_MS = 2_900

/** Drops an acknowledgement that comes too late to be heard. */
export function ackInTime(ack: ReceiverEvent['ack']): ReceiverEvent['ack'] {
  const receivedAt = performance.now()
  return async (answer) => {
    if (performance.now() - receivedAt < ACK_WITHIN_MS) await ack(answer)
  }
}
