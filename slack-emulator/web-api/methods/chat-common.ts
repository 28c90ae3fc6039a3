import type { Channel, Json } from '../../workspace/records.ts'
import { APP } from '../../workspace/seed.ts'
import type { Workspace } from '../../workspace/workspace.ts'
import { type MethodResponse, refuse } from './method-args.ts'

/** The channel an app may post to, or Slack's error; a person's id means their DM. */
export function channelFor(workspace: Workspace, id: string): Channel | 'channel_not_found' | 'not_in_channel' {
  const person = id.startsWith('U') ? workspace.person(id) : undefined
  const channel = person === undefined || person.bot ? workspace.channels.get(id) : workspace.dmOf(person.id)
  if (channel === undefined) return 'channel_not_found'
  return whereMember(channel)
}

/** An app that is not in a private conversation does not learn that there is one. */
export function whereMember(channel: Channel): Channel | 'channel_not_found' | 'not_in_channel' {
  if (channel.members.includes(APP.user)) return channel
  return channel.kind === undefined && channel.im === undefined ? 'not_in_channel' : 'channel_not_found'
}

/** Only a visible top-level message can have replies; Slack accepts a reply's ts and makes an orphan, so it is refused here. */
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
