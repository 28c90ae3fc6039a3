import { MESSAGE_FIELDS, withNulls } from '../event-shape.ts'
import type { Json, Message, Stream } from '../records.ts'
import { APP, SLACKBOT } from '../seed.ts'
import { TOMBSTONE } from '../tombstone.ts'
import type { Workspace } from '../workspace.ts'
import { filesOf } from './file-object.ts'
import { teamIdOf } from './user-object.ts'

/** The message as Slack's API shows it; `metadata` is left out unless requested. */
export function messageObjectOf(message: Message, workspace: Workspace, withMetadata = false): Json {
  const {
    channel: _channel,
    ephemeral_to: _to,
    locked: _locked,
    stream,
    files,
    metadata,
    more,
    user,
    reactions,
    ...shown
  } = message
  const object = {
    type: 'message',
    ...(isNamedByBot(message) ? {} : { user }),
    ...shown,
    ...authorFields(message, workspace),
    ...(withMetadata && metadata !== undefined ? { metadata } : {}),
    ...(files === undefined ? {} : { files: filesOf(files, workspace) }),
    ...reactionFields(reactions),
    ...(stream === undefined
      ? {}
      : { streaming_state: isStreaming(stream, workspace.now()) ? 'in_progress' : 'completed' }),
    ...threadFields(message, workspace),
    ...broadcastFields(message, workspace),
    ...more,
  }
  return workspace.eventShape().nulls ? withNulls(object, MESSAGE_FIELDS) : object
}

/** The messages of webhooks, older apps and workflows name a bot and no user (docs.slack.dev/reference/events/message/bot_message). */
export const isNamedByBot = ({ subtype }: Message): boolean => subtype === 'bot_message'

function reactionFields(reactions: Message['reactions'] = []): Json {
  if (reactions.length === 0) return {}
  return { reactions: reactions.map(({ name, users }) => ({ name, users, count: users.length })) }
}

/** What Slack itself puts into a channel when somebody joins, leaves, renames or archives it. */
const isNotice = ({ subtype = '' }: Message): boolean => subtype.startsWith('channel_')

function authorFields(message: Message, workspace: Workspace): Json {
  const { user, subtype, ts } = message
  const author = workspace.people.get(user)
  if (subtype === TOMBSTONE) return { team: workspace.team.id, hidden: true }
  if (isNamedByBot(message)) return {}
  const team = teamFields(message, workspace)
  if (isNotice(message)) return team
  if (subtype === 'me_message') return author?.standing === 'stranger' ? team : {}
  if (user === APP.user) return { ...team, bot_id: APP.bot, app_id: APP.id }
  return author?.bot === true ? team : { ...team, client_msg_id: `local-${ts}` }
}

/** A message of a person from another company says which workspace that is (docs.slack.dev/apis/slack-connect). */
function teamFields({ user }: Message, { people, team }: Workspace): Json {
  const author = people.get(user)
  if (author?.standing !== 'stranger') return { team: team.id }
  const theirs = teamIdOf(author, team.id)
  return { team: theirs, user_team: theirs, source_team: theirs }
}

export function isStreaming(stream: Stream, nowMs: number): boolean {
  return stream.open && nowMs < stream.expiresAt
}

/** The thread fields of a root (its replies) or of a reply (its parent's author). */
function threadFields(message: Message, workspace: Workspace): Json {
  const { channel, ts, thread_ts } = message
  if (thread_ts !== undefined && thread_ts !== ts) {
    const parent = workspace.messages.get(channel, thread_ts)
    return parent === undefined ? {} : { parent_user_id: isNamedByBot(parent) ? SLACKBOT : parent.user }
  }
  const replies = workspace.messages.replies(channel, ts).filter((reply) => reply.ephemeral_to === undefined)
  const latest = replies.at(-1)
  if (latest === undefined) return {}
  const users = [...new Set(replies.map((reply) => reply.user))]
  return {
    thread_ts: ts,
    reply_count: replies.length,
    reply_users: users,
    reply_users_count: users.length,
    latest_reply: latest.ts,
    ...(message.locked === undefined ? {} : { is_locked: message.locked }),
  }
}

/** A reply that was sent to the channel, too, carries the message it answers (docs.slack.dev/reference/events/message/thread_broadcast). */
function broadcastFields({ channel, subtype, thread_ts }: Message, workspace: Workspace): Json {
  const root = subtype === 'thread_broadcast' && thread_ts ? workspace.messages.get(channel, thread_ts) : undefined
  return root === undefined ? {} : { root: messageObjectOf(root, workspace) }
}
