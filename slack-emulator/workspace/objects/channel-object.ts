import type { Channel, Json } from '../records.ts'
import { APP, GENERAL, OTHER_TEAM } from '../seed.ts'
import type { Workspace } from '../workspace.ts'

/** Whether people of another company's workspace are in the channel (Slack Connect). */
export const isExtShared = ({ members }: Channel, { people }: Workspace): boolean =>
  members.some((id) => people.get(id)?.standing === 'stranger')

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
    is_general: channel.id === GENERAL,
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
