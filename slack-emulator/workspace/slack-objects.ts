import type { Channel, Json, Message, Person, StoredFile, Stream } from './records.ts'
import { APP, OTHER_TEAM, SLACKBOT } from './seed.ts'
import { TOMBSTONE } from './tombstone.ts'
import type { Workspace } from './workspace.ts'

/** The message as Slack's API shows it; `metadata` is left out unless requested. */
export function messageObjectOf(message: Message, workspace: Workspace, withMetadata = false): Json {
  const { channel: _channel, ephemeral_to: _to, stream, files, metadata, ...shown } = message
  return {
    type: 'message',
    ...shown,
    ...teamFields(message, workspace),
    ...(message.subtype === TOMBSTONE ? { hidden: true } : {}),
    ...(message.user === APP.user ? { bot_id: APP.bot, app_id: APP.id } : {}),
    ...(message.user === APP.user || message.user === SLACKBOT ? {} : { client_msg_id: `local-${message.ts}` }),
    ...(withMetadata && metadata !== undefined ? { metadata } : {}),
    ...(files === undefined ? {} : { files: files.flatMap((id) => fileOf(id, workspace)) }),
    ...(stream === undefined
      ? {}
      : { streaming_state: isStreaming(stream, workspace.now()) ? 'in_progress' : 'completed' }),
    ...threadFields(message, workspace),
  }
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
    return parent === undefined ? {} : { parent_user_id: parent.user }
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
  }
}

function fileOf(id: string, workspace: Workspace): Json[] {
  const file = workspace.files.get(id)
  return file === undefined ? [{ id, mode: 'tombstone' }] : [fileObjectOf(file, workspace)]
}

export function fileObjectOf(file: StoredFile, workspace: Workspace, url = workspace.filesUrl): Json {
  const address = `${url}/files/${file.id}/${encodeURIComponent(file.name)}`
  const type = file.name.includes('.') ? (file.name.split('.').at(-1) ?? '') : ''
  return {
    id: file.id,
    created: Math.floor(file.created / 1000),
    timestamp: Math.floor(file.created / 1000),
    name: file.name,
    title: file.title,
    mimetype: file.mimetype,
    filetype: type,
    pretty_type: type.toUpperCase(),
    user: file.user ?? APP.user,
    size: file.size,
    mode: 'hosted',
    editable: false,
    is_external: false,
    external_type: '',
    is_public: false,
    public_url_shared: false,
    display_as_bot: false,
    username: '',
    url_private: address,
    url_private_download: address,
    permalink: address,
    ...placesOf(file, workspace),
  }
}

function placesOf(file: StoredFile, workspace: Workspace): Json {
  const shared = file.channels.flatMap((id) => workspace.channels.get(id) ?? [])
  const idsOf = (fits: (channel: Channel) => boolean) => shared.filter(fits).map(({ id }) => id)
  return {
    channels: idsOf(({ im, kind }) => im === undefined && kind === undefined),
    groups: idsOf(({ kind }) => kind !== undefined),
    ims: idsOf(({ im }) => im !== undefined),
  }
}

/** The messages that show a file (docs.slack.dev/reference/objects/file-object#shares). */
export function sharesOf(file: StoredFile, workspace: Workspace): Json {
  const { channels, messages, team } = workspace
  const shares: Record<'public' | 'private', Record<string, Json[]>> = { public: {}, private: {} }
  for (const channel of file.channels.flatMap((id) => channels.get(id) ?? [])) {
    const roots = messages.topLevel(channel.id)
    const all = roots.flatMap((root) => [root, ...messages.replies(channel.id, root.ts)])
    const shown = all.filter(({ files = [] }) => files.includes(file.id))
    const where = channel.kind === undefined && channel.im === undefined ? shares.public : shares.private
    where[channel.id] = shown.map(({ ts, thread_ts, user }) => ({
      ts,
      ...(thread_ts === undefined ? {} : { thread_ts }),
      channel_name: channel.name,
      team_id: team.id,
      share_user_id: user,
    }))
  }
  return shares
}

export function userObjectOf(person: Person, workspace: Workspace): Json {
  return {
    id: person.id,
    team_id: teamIdOf(person, workspace.team.id),
    name: person.name,
    real_name: person.realName,
    deleted: person.standing === 'deactivated',
    tz: 'Europe/Zurich',
    tz_label: 'Central European Time',
    tz_offset: 3600,
    is_admin: person.owner,
    is_owner: person.owner,
    is_primary_owner: person.owner,
    is_restricted: person.standing === 'guest',
    is_ultra_restricted: false,
    is_bot: person.bot,
    is_app_user: false,
    ...(person.standing === 'stranger' ? { is_stranger: isUnseen(person, workspace) } : {}),
    profile: {
      real_name: person.realName,
      display_name: person.realName,
      ...(showsEmail(person, workspace) ? { email: person.email } : {}),
      ...(person.id === APP.user ? { api_app_id: APP.id, bot_id: APP.bot } : {}),
    },
  }
}

/** Slack shows the address only to an app that may read it (docs.slack.dev/reference/scopes/users.read.email), and never a stranger's. */
const showsEmail = ({ bot, standing }: Person, workspace: Workspace): boolean =>
  !bot && standing !== 'stranger' && (workspace.grantedScopes()?.includes('users:read.email') ?? true)

/** A person of another workspace counts as a stranger only while no channel has both them and the app (docs.slack.dev/reference/objects/user-object). */
const isUnseen = ({ id }: Person, { channels }: Workspace): boolean =>
  !channels.values().some(({ im, members }) => im === undefined && members.includes(id) && members.includes(APP.user))

/** Whether people of another company's workspace are in the channel (Slack Connect). */
export const isExtShared = ({ members }: Channel, { people }: Workspace): boolean =>
  members.some((id) => people.get(id)?.standing === 'stranger')

/** The workspace of people from another company (Slack Connect). */
export const teamIdOf = ({ standing }: Person, teamId: string): string =>
  standing === 'stranger' ? OTHER_TEAM : teamId

export function channelObjectOf(channel: Channel, workspace: Workspace): Json {
  const common = {
    id: channel.id,
    created: 0,
    is_archived: channel.archived === true,
    context_team_id: workspace.team.id,
  }
  if (channel.im !== undefined) return { ...common, is_im: true, user: channel.im, is_open: true }
  return {
    ...common,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: channel.kind !== 'mpim',
    is_group: channel.kind === 'mpim',
    is_im: false,
    is_mpim: channel.kind === 'mpim',
    is_private: channel.kind !== undefined,
    is_general: channel.name === 'general',
    is_member: channel.members.includes(APP.user),
    ...sharedFields(channel, workspace),
    num_members: channel.members.length,
    topic: { value: '', creator: '', last_set: 0 },
    purpose: { value: '', creator: '', last_set: 0 },
  }
}

function sharedFields(channel: Channel, workspace: Workspace): Json {
  const shared = isExtShared(channel, workspace)
  return {
    is_shared: shared,
    is_ext_shared: shared,
    is_org_shared: false,
    is_pending_ext_shared: false,
    shared_team_ids: [workspace.team.id, ...(shared ? [OTHER_TEAM] : [])],
  }
}
