import type { Channel, Json, Message } from '../../workspace/records.ts'
import { APP } from '../../workspace/seed.ts'
import { TOMBSTONE } from '../../workspace/tombstone.ts'
import type { Workspace } from '../../workspace/workspace.ts'
import { type MethodResponse, refuse } from './method-args.ts'

/** The channel an app may post to, or Slack's error; a person's id means their DM. */
export function channelFor(
  workspace: Workspace,
  id: string,
): Channel | 'channel_not_found' | 'not_in_channel' | 'is_archived' {
  const person = id.startsWith('U') ? workspace.person(id) : undefined
  const channel = person === undefined || person.bot ? workspace.channels.get(id) : workspace.dmOf(person.id)
  if (channel === undefined) return 'channel_not_found'
  const found = whereMember(channel)
  return typeof found !== 'string' && found.archived === true ? 'is_archived' : found
}

/** The message of a conversation that the app may know of, or Slack's error; an ephemeral one cannot be looked up. */
export function messageFor(
  workspace: Workspace,
  at: { channel: string; ts: string },
): Message | 'channel_not_found' | 'message_not_found' {
  const channel = workspace.channels.get(at.channel)
  if (channel === undefined || whereMember(channel) === 'channel_not_found') return 'channel_not_found'
  const message = workspace.messages.get(channel.id, at.ts)
  return message === undefined || message.ephemeral_to !== undefined || message.subtype === TOMBSTONE
    ? 'message_not_found'
    : message
}

/**
 * Where a reply goes: Slack ignores a thread that is gone and posts at the top of the channel, as github.com/slack-go/slack/issues/1571
 * reports; its reference names no error for it. Slack takes a reply's own timestamp and makes an orphan of it, which is refused here.
 */
export function threadFor(
  workspace: Workspace,
  channel: string,
  threadTs: string | undefined,
): { thread_ts?: string } | 'cannot_reply_to_message' | typeof LOCKED {
  if (threadTs === undefined) return {}
  if (workspace.messages.get(channel, threadTs)?.locked === true) return LOCKED
  if (isThread(workspace, channel, threadTs)) return { thread_ts: threadTs }
  const found = workspace.messages.get(channel, threadTs)
  return found === undefined || found.ephemeral_to !== undefined ? {} : 'cannot_reply_to_message'
}

/** docs.slack.dev/reference/methods/chat.postMessage#errors */
export const LOCKED = 'restricted_action_thread_locked'

/** An app that is not in a private conversation does not learn that there is one. */
export function whereMember(channel: Channel): Channel | 'channel_not_found' | 'not_in_channel' {
  if (channel.members.includes(APP.user)) return channel
  return channel.kind === undefined && channel.im === undefined ? 'not_in_channel' : 'channel_not_found'
}

/** Only a visible top-level message can have replies. */
export function isThread(workspace: Workspace, channel: string, threadTs: string): boolean {
  const root = workspace.messages.get(channel, threadTs)
  if (root === undefined || root.ephemeral_to !== undefined) return false
  return root.thread_ts === undefined || root.thread_ts === root.ts
}

/** Slack's refusal of message metadata, if it is not `{ event_type, event_payload }`. */
export function refuseMetadata(given: Json | undefined): MethodResponse | undefined {
  if (given === undefined) return undefined
  const fits =
    typeof given.event_type === 'string' && typeof given.event_payload === 'object' && given.event_payload !== null
  return fits ? undefined : refuse('invalid_metadata_format')
}

/** Turns `markdown_text` into the block that Slack makes of it. */
export function blocksForContent(args: {
  blocks?: Json[] | undefined
  markdown_text?: string | undefined
}): Json[] | undefined {
  if (args.markdown_text !== undefined) return [{ type: 'markdown', text: args.markdown_text }]
  return args.blocks
}
