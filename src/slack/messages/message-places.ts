import type { BotIdentity } from '../web-api/users.ts'
import type { PostedMessage } from './read-message-event.ts'

type Place = Pick<PostedMessage, 'channel' | 'channel_type' | 'ts' | 'thread_ts'>

/** A message in somebody's direct messages with the app. */
export const isDirect = ({ channel, channel_type }: Place): boolean => channel_type === 'im' || channel.startsWith('D')

/** The thread that an answer to the message goes to. */
export const threadOf = ({ thread_ts, ts }: Place): string => thread_ts ?? ts

/** A message by itself, or the first of a thread. */
export const isTopLevel = ({ thread_ts, ts }: Place): boolean => thread_ts === undefined || thread_ts === ts

/** What makes the events of one message one: whatever follows from it is marked with this. */
export const messageKeyOf = ({ workspace }: BotIdentity, { channel, ts }: Place): string =>
  `${workspace}:${channel}:${ts}`
