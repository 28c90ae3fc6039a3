import { z } from 'zod'
import { ChannelId, UserId } from '../../ids.ts'
import { isByApp, SlackMessage } from './slack-message.ts'

const Event = z.object({
  type: z.enum(['message', 'app_mention']),
  subtype: z.string().optional(),
  channel: ChannelId,
  channel_type: z.string().optional(),
  event_ts: z.string().optional(),
})
type Event = z.infer<typeof Event>

const Before = SlackMessage.optional().catch(undefined)
const Changed = z.object({ message: SlackMessage, previous_message: Before })
const Deleted = z.object({ deleted_ts: z.string(), previous_message: Before })

/** A message as it was posted, and the event that brought it. */
export type PostedMessage = SlackMessage & Event
/** A message of a person, whom the app may act for. */
export type PersonMessage = PostedMessage & { user: UserId }

/** What a `message` or `app_mention` event tells. `before` is what the message was, where Slack says. */
export type MessageEvent =
  | { kind: 'posted_by_person'; message: PersonMessage }
  /** Of another app, a workflow or Slackbot: nobody stands behind it whose tools could be used. */
  | { kind: 'posted_by_app'; message: PostedMessage }
  /** `editedTs`: of two edits, the one whose is later counts. */
  | { kind: 'edited'; message: PostedMessage; before: SlackMessage | undefined; editedTs: string }
  | { kind: 'deleted'; channel: ChannelId; ts: string; before: SlackMessage | undefined }
  | { kind: 'ignored'; why: string; channel?: string; ts?: string }

/** Messages that somebody wrote; every other subtype is Slack's own notice (docs.slack.dev/reference/events/message). */
const WRITTEN = new Set([undefined, 'file_share', 'thread_broadcast', 'me_message', 'bot_message'])

/** Reads an event of the types `message` and `app_mention`; what is not acted on says why. */
export function readMessageEvent(event: unknown): MessageEvent {
  const envelope = Event.safeParse(event)
  if (!envelope.success) return { kind: 'ignored', why: malformed(envelope.error) }
  switch (envelope.data.subtype) {
    case 'message_changed':
      return readChange(envelope.data, event)
    case 'message_deleted':
      return readDeletion(envelope.data, event)
    default:
      return readPost(envelope.data, event)
  }
}

const malformed = (error: z.ZodError): string => `malformed: ${z.prettifyError(error)}`

function readPost(envelope: Event, event: unknown): MessageEvent {
  const { channel } = envelope
  const posted = SlackMessage.safeParse(event)
  if (!posted.success) return { kind: 'ignored', channel, why: malformed(posted.error) }
  const message = { ...posted.data, ...envelope }
  const { subtype, ts } = message
  if (!WRITTEN.has(subtype)) return { kind: 'ignored', channel, ts, why: `subtype ${subtype}` }
  if (message.edited !== undefined) return { kind: 'edited', message, before: undefined, editedTs: editedTsOf(message) }
  if (isByApp(message)) return { kind: 'posted_by_app', message }
  const user = UserId.safeParse(message.user)
  if (!user.success) return { kind: 'ignored', channel, ts, why: 'no author' }
  return { kind: 'posted_by_person', message: { ...message, user: user.data } }
}

function readChange(envelope: Event, event: unknown): MessageEvent {
  const { channel } = envelope
  const change = Changed.safeParse(event)
  if (!change.success) return { kind: 'ignored', channel, why: malformed(change.error) }
  const { message, previous_message: before } = change.data
  // A deleted message with replies stays as a tombstone (docs.slack.dev/reference/events/message/message_deleted).
  if (message.subtype === 'tombstone') return { kind: 'deleted', channel, ts: message.ts, before }
  const { subtype, ...posted } = message
  const edited = { ...posted, ...envelope, subtype }
  return { kind: 'edited', message: edited, before, editedTs: editedTsOf(edited) }
}

const Edited = z.object({ ts: z.string() })

/** When a person edited it; an app's update may say only when it was told. */
const editedTsOf = ({ edited, event_ts, ts }: PostedMessage): string =>
  Edited.safeParse(edited).data?.ts ?? event_ts ?? ts

function readDeletion({ channel }: Event, event: unknown): MessageEvent {
  const deletion = Deleted.safeParse(event)
  if (!deletion.success) return { kind: 'ignored', channel, why: malformed(deletion.error) }
  const { deleted_ts: ts, previous_message: before } = deletion.data
  return { kind: 'deleted', channel, ts, before }
}
