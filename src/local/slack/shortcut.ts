import { ask, basePayload, type Stage } from './payloads.ts'
import { messageSpot } from './press.ts'
import type { Channel, Message, Person } from './records.ts'

/** A shortcut of the whole workspace, or of one message. */
export async function shortcut(
  stage: Stage,
  person: Person,
  callbackId: string,
  at: { channel: Channel; message: Message } | undefined,
): Promise<void> {
  const common = {
    ...basePayload(stage.workspace, person),
    callback_id: callbackId,
    trigger_id: stage.triggers.issue(person.id),
    action_ts: stage.workspace.nextTs(),
  }
  if (at === undefined) return void (await ask(stage.wire, 'interactive', { type: 'shortcut', ...common }))
  const { ts, thread_ts } = at.message
  const { container: _, ...spot } = messageSpot(stage, at.channel, at.message)
  const response_url = stage.responses.issue({ channel: at.channel.id, user: person.id, ts, thread_ts })
  await ask(stage.wire, 'interactive', { type: 'message_action', ...common, ...spot, message_ts: ts, response_url })
}
