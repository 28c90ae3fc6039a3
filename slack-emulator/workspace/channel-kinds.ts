import type { Channel } from './records.ts'

/** Slack's kinds of conversation: in `types` of conversations.list, and in the names of scopes. */
export const SCOPE_FAMILIES: Record<string, string> = {
  public_channel: 'channels',
  private_channel: 'groups',
  mpim: 'mpim',
  im: 'im',
}

export type ChannelType = 'public_channel' | 'private_channel' | 'mpim' | 'im'

export function channelTypeOf(channel: Channel): ChannelType {
  if (channel.im !== undefined) return 'im'
  return channel.kind ?? 'public_channel'
}

export const familyOf = (channel: Channel): string => SCOPE_FAMILIES[channelTypeOf(channel)] ?? 'channels'

/** How message events call each kind. */
const EVENT_TYPES: Record<ChannelType, string> = {
  public_channel: 'channel',
  private_channel: 'group',
  mpim: 'mpim',
  im: 'im',
}

export const eventTypeOf = (channel: Channel): string => EVENT_TYPES[channelTypeOf(channel)]
