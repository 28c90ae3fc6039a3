import type { Message } from './records.ts'
import { SLACKBOT } from './seed.ts'

/** The subtype of what stays of a deleted message that has replies. */
export const TOMBSTONE = 'tombstone'

/** What Slack leaves in the place of a deleted message, so that its thread stays (docs.slack.dev/reference/events/message#subtypes). */
export const tombstoneOf = ({ channel, ts }: Message): Message => ({
  channel,
  ts,
  user: SLACKBOT,
  subtype: TOMBSTONE,
  text: 'This message was deleted.',
})
