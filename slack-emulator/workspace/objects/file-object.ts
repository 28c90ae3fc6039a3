import { withNulls } from '../event-shape.ts'
import type { Channel, Json, StoredFile } from '../records.ts'
import { APP } from '../seed.ts'
import type { Workspace } from '../workspace.ts'

/** The files of a message, as it shows them. */
export const filesOf = (ids: string[], workspace: Workspace): Json[] =>
  ids.map((id) => {
    const file = workspace.files.get(id)
    if (file === undefined) return { id, mode: 'tombstone' }
    return file.stub === undefined ? fileObjectOf(file, workspace) : stubOf(file)
  })

/** What a message tells of a file that it may not or cannot show (docs.slack.dev/reference/objects/file-object, docs.slack.dev/apis/slack-connect). */
export function stubOf({ id, created, stub }: StoredFile): Json {
  const made = Math.floor(created / 1000)
  if (stub === 'tombstone') return { id, mode: 'tombstone' }
  if (stub === 'hidden_by_limit') return { id, created: made, timestamp: made, mode: 'hidden_by_limit' }
  return { id, created: made, timestamp: made, mode: 'file_access', file_access: stub ?? 'access_denied' }
}

/** The fields of a file that are often absent. */
const FILE_FIELDS = [
  'alt_txt',
  'converted_pdf',
  'duration_ms',
  'external_url',
  'file_access',
  'preview',
  'subtype',
  'thumb_360',
  'thumb_1024',
  'transcription',
  'vtt',
]

export function fileObjectOf(file: StoredFile, workspace: Workspace, url = workspace.filesUrl): Json {
  const object = plainFileObjectOf(file, workspace, url)
  return workspace.eventShape().nulls ? withNulls(object, FILE_FIELDS) : object
}

function plainFileObjectOf(file: StoredFile, workspace: Workspace, url: string): Json {
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
    ...file.more,
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
