import { isRecord } from '../../src/block-kit/problem.ts'
import { channelTypeOf } from '../workspace/channel-kinds.ts'
import type { Directory } from '../workspace/escape-text.ts'
import { isExtShared } from '../workspace/objects/channel-object.ts'
import type { Channel, Json, Person } from '../workspace/records.ts'
import type { Workspace } from '../workspace/workspace.ts'

/** The people and channels that a person can mention by name. */
export function directoryFor(workspace: Workspace, by: Person): Directory {
  const people = workspace.people.values()
  const byName = new Map(people.flatMap((one) => [one.realName, one.name].map((name) => [name.toLowerCase(), one])))
  return {
    displayNames: people.map(({ realName }) => realName),
    person: (name) => byName.get(name.toLowerCase()),
    group: (handle) =>
      workspace.usergroups.values().find((one) => one.handle === handle.toLowerCase() && one.disabled !== true),
    channel: (name) => channelsSeenBy(workspace, by).find((one) => one.name === name && one.kind !== 'mpim'),
  }
}

/** The people or conversations that a menu of Slack's own offers to a person. */
export function choicesFor(workspace: Workspace, by: Person, element: Json): { id: string; name: string }[] {
  const type = String(element.type).replace(/^multi_/, '')
  if (type === 'users_select') return workspace.people.values().filter((one) => one.standing !== 'deactivated')
  const seen = channelsSeenBy(workspace, by)
  if (type === 'channels_select') return seen.filter((one) => one.kind === undefined)
  return seen.filter((one) => fitsFilter(workspace, one, isRecord(element.filter) ? element.filter : {}))
}

/** Public channels, and the private ones and group DMs that the person is in. */
const channelsSeenBy = ({ channels }: Workspace, by: Person): Channel[] =>
  channels.values().filter((one) => one.im === undefined && (one.kind === undefined || one.members.includes(by.id)))

const FILTERS: Record<string, string> = { public_channel: 'public', private_channel: 'private', mpim: 'mpim', im: 'im' }

/** The filter of a conversations_select (docs.slack.dev/reference/block-kit/composition-objects/conversation-filter-object). */
function fitsFilter(workspace: Workspace, channel: Channel, filter: Json): boolean {
  const { include, exclude_external_shared_channels: noShared } = filter
  if (noShared === true && isExtShared(channel, workspace)) return false
  return !Array.isArray(include) || include.includes(FILTERS[channelTypeOf(channel)])
}
