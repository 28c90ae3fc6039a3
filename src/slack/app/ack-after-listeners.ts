import type { App, ReceiverEvent } from '@slack/bolt'

/**
 * Acknowledges an event only after its listeners are done, so that Slack delivers it again after a crash or an error; Bolt does it before.
 * Commands, presses and submissions are acknowledged by their listeners.
 */
export function acknowledgeAfterListeners(app: App): void {
  const process = app.processEvent.bind(app)
  app.processEvent = async (event: ReceiverEvent) => {
    if (event.body.type !== 'event_callback') return process(event)
    await process({ ...event, ack: async () => undefined })
    await event.ack()
  }
}
