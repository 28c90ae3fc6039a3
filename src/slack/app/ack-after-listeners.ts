import type { App, ReceiverEvent } from '@slack/bolt'

/**
 * Bolt acknowledges an event before its listeners run, so a crash in between loses it. Here an event is acknowledged when its listeners
 * are done; if one throws it is not, and Slack delivers it again. Commands, presses and submissions are acknowledged by their listeners, as ever.
 */
export function acknowledgeAfterListeners(app: App): void {
  const process = app.processEvent.bind(app)
  app.processEvent = async (event: ReceiverEvent) => {
    if (event.body.type !== 'event_callback') return process(event)
    await process({ ...event, ack: async () => undefined })
    await event.ack()
  }
}
