import { z } from 'zod'
import { EmulatorError } from '../../errors.ts'
import { attachmentsOf } from '../../workspace/blocks.ts'
import type { Json, Message, Person } from '../../workspace/records.ts'
import { TOMBSTONE } from '../../workspace/tombstone.ts'
import type { EmulatorParts } from '../emulator-parts.ts'
import { findChannel, findMessage } from '../find.ts'
import { contentOf } from './say.ts'

export const Edit = z.object({ as: z.string(), channel: z.string(), ts: z.string(), text: z.string() })
export const Delete = z.object({ as: z.string(), channel: z.string(), ts: z.string() })
export const Lock = z.object({ channel: z.string(), ts: z.string(), locked: z.boolean().default(true) })
export const Unfurl = z.object({
  channel: z.string(),
  ts: z.string(),
  url: z.url(),
  title: z.string().default(''),
  text: z.string().default(''),
  service_name: z.string().default(''),
})

/** A person edits a message of their own; files, attachments and replies stay. */
export function editMessage(parts: EmulatorParts, input: z.infer<typeof Edit>): Json {
  const { person, message } = findMessage(parts, input.as, input)
  if (message.user !== person.id) throw new EmulatorError('conflict', `${person.name} did not write this message`)
  refuseGone(message)
  if (input.text === '' && message.files === undefined && message.attachments === undefined)
    throw new EmulatorError('input_invalid', 'text: say something, or delete the message')
  const { blocks: _, ...kept } = message
  const me = message.subtype === 'me_message'
  const { ts } = parts.workspace.change(
    { ...kept, ...contentOf(parts, person, { text: input.text, blocks: undefined, me }) },
    person.id,
  )
  return { ok: true, channel: message.channel, ts }
}

/** A person deletes a message of their own, or as an owner any. */
export function deleteMessage(parts: EmulatorParts, input: z.infer<typeof Delete>): Json {
  const { person, message } = findMessage(parts, input.as, input)
  refuseGone(message)
  if (!mayDelete(person, message)) throw new EmulatorError('conflict', `${person.name} may not delete this message`)
  parts.workspace.remove(message)
  return { ok: true, channel: message.channel, ts: message.ts }
}

const mayDelete = (person: Person, { user, ephemeral_to }: Message): boolean =>
  ephemeral_to === undefined && (person.owner || user === person.id)

function refuseGone({ subtype }: Message): void {
  if (subtype === TOMBSTONE) throw new EmulatorError('conflict', 'this message was deleted')
}

/** Ends the replies to a message, or takes that back. */
export function lockThread(parts: EmulatorParts, input: z.infer<typeof Lock>): Json {
  const message = findAnyMessage(parts, input)
  parts.workspace.change({ ...message, locked: input.locked }, undefined)
  return { ok: true }
}

/** Shows below a message what its link leads to; Slack does this a moment after the message (docs.slack.dev/messaging/unfurling-links-in-messages). */
export function unfurlLink(parts: EmulatorParts, input: z.infer<typeof Unfurl>): Json {
  const message = findAnyMessage(parts, input)
  const { url, title, text, service_name } = input
  const unfurled = { from_url: url, original_url: url, fallback: title, title, title_link: url, text, service_name }
  const attachments = attachmentsOf([...(message.attachments ?? []), unfurled])
  parts.workspace.change({ ...message, attachments }, undefined)
  return { ok: true, channel: message.channel, ts: message.ts }
}

function findAnyMessage(parts: EmulatorParts, at: { channel: string; ts: string }): Message {
  const channel = parts.workspace.channels.get(at.channel) ?? findChannel(parts, at.channel)
  const message = parts.workspace.messages.get(channel.id, at.ts)
  if (message === undefined) throw new EmulatorError('conflict', `there is no message ${at.ts} in ${channel.name}`)
  return message
}
