import { basePayloadFor, sendInteraction } from '../delivery/interaction-payloads.ts'
import type { Channel, Message, Person } from '../workspace/records.ts'
import type { EmulatorParts } from './emulator-parts.ts'
import { messageLocationOf } from './press-button.ts'

/** Runs a global shortcut, or one of a message. */
export async function runShortcut(
  parts: EmulatorParts,
  person: Person,
  callbackId: string,
  at: { channel: Channel; message: Message } | undefined,
): Promise<void> {
  const common = {
    ...basePayloadFor(parts.workspace, person),
    callback_id: callbackId,
    trigger_id: parts.triggers.issue(person.id),
    action_ts: parts.workspace.nextTs(),
  }
  if (at === undefined)
    return void (await sendInteraction(parts.transport, 'interactive', { type: 'shortcut', ...common }))
  const { ts, thread_ts } = at.message
  const { container: _, ...spot } = messageLocationOf(parts, at.channel, at.message)
  const response_url = parts.responses.issue({ channel: at.channel.id, user: person.id, ts, thread_ts })
  await sendInteraction(parts.transport, 'interactive', {
    type: 'message_action',
    ...common,
    ...spot,
    message_ts: ts,
    response_url,
  })
}
