import type { Json } from './records.ts'

/** How the events of this workspace differ from the plainest ones; all of it happens in Slack, at times that no app can choose. */
export type EventShape = {
  /** Whether fields that are absent come as `null`. */
  nulls: boolean
  /** Which of the two events of a mention comes later, and by how much. */
  hold: { type: MentionEvent; ms: number } | undefined
  /** The events of a mention that come without the message's files (github.com/NousResearch/hermes-agent/issues/77141). */
  withoutFiles: MentionEvent[]
}
export const MENTION_EVENTS = ['message', 'app_mention'] as const
type MentionEvent = (typeof MENTION_EVENTS)[number]

/** Holds the shape of events until the workspace stops; they are plain at first. */
export function createEventShape() {
  let shape: EventShape = { nulls: false, hold: undefined, withoutFiles: [] }
  return {
    eventShape: (): EventShape => shape,
    shapeEvents(next: EventShape): void {
      shape = next
    },
  }
}

/** Gives the fields that an object lacks as `null`. */
export function withNulls(object: Json, fields: readonly string[]): Json {
  return { ...Object.fromEntries(fields.map((field) => [field, null])), ...object }
}

/** The fields of a message that are often absent. */
export const MESSAGE_FIELDS = [
  'app_id',
  'attachments',
  'blocks',
  'bot_id',
  'bot_profile',
  'channel_type',
  'client_msg_id',
  'edited',
  'files',
  'metadata',
  'parent_user_id',
  'source_team',
  'subtype',
  'team',
  'text',
  'thread_ts',
  'user',
  'user_team',
  'username',
]
