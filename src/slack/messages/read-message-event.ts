import { z } from 'zod'
import { ChannelId, UserId } from '../../ids.ts'
import { MessageFiles } from './message-content.ts'

/** Slack sends null for what is absent now and then, most of all through Slack Connect. */
const text = z
  .string()
  .nullish()
  .transform((words) => words ?? '')
const optionalText = z
  .string()
  .nullish()
  .transform((words) => words ?? undefined)

const Fields = z.object({
  ts: z.string(),
  subtype: optionalText,
  user: optionalText,
  bot_id: optionalText,
  username: optionalText,
  text,
  thread_ts: optionalText,
  edited: z
    .unknown()
    .optional()
    .transform((edited) => edited ?? undefined),
  files: MessageFiles,
})
const Event = z.object({
  type: z.enum(['message', 'app_mention']),
  subtype: optionalText,
  channel: ChannelId,
  channel_type: optionalText,
})
const Changed = z.object({ message: Fields, previous_message: Fields.nullish().catch(undefined) })
const Deleted = z.object({
  deleted_ts: z.string(),
  previous_message: Fields.nullish().catch(undefined),
})

/** A message as it was posted, in the conversation it was posted in. */
type Posted = z.infer<typeof Fields> & z.infer<typeof Event>
/** A message of a person, whom the app may act for. */
export type PersonMessage = Posted & { user: UserId }
type MessageBefore = z.infer<typeof Fields> | undefined

/** What a `message` or `app_mention` event tells. */
export type MessageEvent =
  | { kind: 'posted_by_person'; message: PersonMessage }
  /** Of another app, a workflow or Slackbot: nobody stands behind it whose tools could be used. */
  | { kind: 'posted_by_app'; message: Posted }
  | { kind: 'edited'; message: Posted; before: MessageBefore }
  | { kind: 'deleted'; channel: ChannelId; ts: string; before: MessageBefore }
  | { kind: 'ignored'; why: string; channel?: string; ts?: string }

/** Messages that somebody wrote; every other subtype is Slack's own notice (docs.slack.dev/reference/events/message). */
const WRITTEN = new Set([undefined, 'file_share', 'thread_broadcast', 'me_message', 'bot_message'])

const SLACKBOT = 'USLACKBOT'

/** Reads an event of the types `message` and `app_mention`; what is not acted on says why. */
export function readMessageEvent(event: unknown): MessageEvent {
  const envelope = Event.safeParse(event)
  if (!envelope.success) return { kind: 'ignored', why: `malformed: ${z.prettifyError(envelope.error)}` }
  const { subtype } = envelope.data
  if (subtype === 'message_changed') return readChange(envelope.data, event)
  if (subtype === 'message_deleted') return readDeletion(envelope.data, event)
  return readPost(envelope.data, event)
}

type Envelope = z.infer<typeof Event>

const ignored = ({ channel }: Envelope, why: string, ts?: string): MessageEvent => ({
  kind: 'ignored',
  why,
  channel,
  ...(ts !== undefined && { ts }),
})

function readPost(envelope: Envelope, event: unknown): MessageEvent {
  const fields = Fields.safeParse(event)
  if (!fields.success) return ignored(envelope, `malformed: ${z.prettifyError(fields.error)}`)
  const message = { ...fields.data, ...envelope }
  const { subtype, user, bot_id, ts, edited } = message
  if (!WRITTEN.has(subtype)) return ignored(envelope, `subtype ${subtype}`, ts)
  if (edited !== undefined) return { kind: 'edited', message, before: undefined }
  if (bot_id !== undefined || subtype === 'bot_message' || user === SLACKBOT) return { kind: 'posted_by_app', message }
  const author = UserId.safeParse(user)
  if (!author.success) return ignored(envelope, 'no author', ts)
  return { kind: 'posted_by_person', message: { ...message, user: author.data } }
}

function readChange(envelope: Envelope, event: unknown): MessageEvent {
  const change = Changed.safeParse(event)
  if (!change.success) return ignored(envelope, `malformed: ${z.prettifyError(change.error)}`)
  const { message, previous_message } = change.data
  const before = previous_message ?? undefined
  // A deleted message with replies stays as a tombstone (docs.slack.dev/reference/events/message/message_deleted).
  if (message.subtype === 'tombstone') return { kind: 'deleted', channel: envelope.channel, ts: message.ts, before }
  return { kind: 'edited', message: { ...message, ...envelope, subtype: message.subtype }, before }
}

function readDeletion(envelope: Envelope, event: unknown): MessageEvent {
  const deletion = Deleted.safeParse(event)
  if (!deletion.success) return ignored(envelope, `malformed: ${z.prettifyError(deletion.error)}`)
  const { deleted_ts: ts, previous_message } = deletion.data
  return { kind: 'deleted', channel: envelope.channel, ts, before: previous_message ?? undefined }
}
