import { z } from 'zod'
import { EmulatorError } from '../errors.ts'
import { channelTypeOf } from '../workspace/channel-kinds.ts'
import type { Channel, Json, Person } from '../workspace/records.ts'
import { APP, GENERAL, HUMANS } from '../workspace/seed.ts'
import type { Workspace } from '../workspace/workspace.ts'
import type { EmulatorParts } from './emulator-parts.ts'
import { findChannel, findPerson } from './find.ts'

/** `as` is who does it, whose rights count then; without it an owner does. */
const by = { as: z.string().optional() }
export const Archive = z.object({ ...by, channel: z.string(), archived: z.boolean().default(true) })
export const Rename = z.object({
  ...by,
  channel: z.string(),
  name: z.string().regex(/^[\p{Ll}\p{Lo}\p{N}_-]{1,80}$/u, 'letters (no capitals), digits and _ - only'),
})
export const Membership = z.object({ ...by, channel: z.string(), user: z.string(), member: z.boolean() })

/** Nobody writes in an archived channel until it is taken back. */
export function archiveChannel(parts: EmulatorParts, input: z.infer<typeof Archive>): Json {
  const { workspace } = parts
  const channel = findChannel(parts, input.channel)
  const user = actorFor(parts, channel, input.as, isFullMember)
  const type = input.archived ? 'channel_archive' : 'channel_unarchive'
  const notice = () =>
    postNotice(workspace, channel, user, { subtype: type, text: input.archived ? ARCHIVED : TAKEN_BACK })
  // Slack puts its notice into the channel while it is open.
  if (input.archived) notice()
  workspace.channels.put(channel.id, { ...channel, archived: input.archived })
  if (!input.archived) notice()
  workspace.publish({ kind: 'people_changed', told: [{ type, channel: channel.id, user }] })
  return { ok: true }
}

const ARCHIVED = 'archived the channel'
const TAKEN_BACK = 'un-archived the channel'

/** The new name counts at once; messages keep the channel's id. */
export function renameChannel(parts: EmulatorParts, input: z.infer<typeof Rename>): Json {
  const { workspace } = parts
  const channel = findChannel(parts, input.channel)
  const { name } = input
  if (workspace.channels.values().some((one) => one.name === name && one.im === undefined))
    throw new EmulatorError('conflict', `there is a channel ${name}`)
  const user = actorFor(parts, channel, input.as, ({ owner }) => owner)
  const renamed = { ...channel, name }
  workspace.channels.put(channel.id, renamed)
  const text = `has renamed the channel from "${channel.name}" to "${name}"`
  postNotice(workspace, renamed, user, { subtype: 'channel_name', text, more: { old_name: channel.name, name } })
  const told = [{ type: 'channel_rename', channel: { id: channel.id, name, name_normalized: name, created: 0 } }]
  workspace.publish({ kind: 'people_changed', told })
  return { ok: true }
}

/** Lets a person, or the app, join or leave a channel. */
export function setMember(parts: EmulatorParts, input: z.infer<typeof Membership>): Json {
  const { workspace } = parts
  const channel = findChannel(parts, input.channel)
  const user = workspace.person(input.user)
  if (channel.im !== undefined || user === undefined)
    throw new EmulatorError('conflict', `there is no "${input.user}" to move in ${channel.name}`)
  if (input.as !== undefined) refuseMove(channel, findPerson(parts, input.as), user, input.member)
  if (channel.members.includes(user.id) === input.member) return { ok: true }
  const others = channel.members.filter((one) => one !== user.id)
  const changed = { ...channel, members: input.member ? [...others, user.id] : others }
  workspace.channels.put(channel.id, changed)
  const text = `<@${user.id}> has ${input.member ? 'joined' : 'left'} the channel`
  postNotice(workspace, changed, user.id, { subtype: input.member ? 'channel_join' : 'channel_leave', text })
  workspace.publish({ kind: 'people_changed', told: [membershipEvent(workspace, changed, user, input.member)] })
  return { ok: true }
}

/** People leave, and join public channels; who is in a channel brings and sends away others. Nobody leaves the general channel. */
function refuseMove(channel: Channel, person: Person, user: Person, member: boolean): void {
  const isOwn = person.id === user.id && (!member || channel.kind === undefined)
  const mayMoveOthers = channel.members.includes(person.id) && isFullMember(person)
  if ((isOwn || mayMoveOthers) && (member || !isGeneral(channel))) return
  throw new EmulatorError('conflict', `${person.name} may not do that in ${channel.name}`)
}

/** The app itself is told that it left by an event of its own (docs.slack.dev/reference/events/channel_left). */
function membershipEvent({ team }: Workspace, channel: Channel, { id }: Person, member: boolean) {
  if (id === APP.user && !member) return { type: 'channel_left', channel: channel.id, actor_id: HUMANS.owner }
  const type = member ? 'member_joined_channel' : 'member_left_channel'
  const channel_type = channelTypeOf(channel) === 'public_channel' ? 'C' : 'G'
  return { type, user: id, channel: channel.id, channel_type, team: team.id }
}

function postNotice(
  workspace: Workspace,
  channel: Channel,
  user: string,
  notice: { subtype: string; text: string; more?: Json },
): void {
  if (channel.kind !== 'mpim') workspace.post({ channel: channel.id, user, ...notice })
}

const isFullMember = ({ standing }: Person): boolean => standing === undefined

const isGeneral = ({ id }: Channel): boolean => id === GENERAL

/** Who does it, if they may; nobody archives or leaves the general channel (slack.com/help, "The #general channel"). */
function actorFor(
  parts: EmulatorParts,
  channel: Channel,
  as: string | undefined,
  may: (person: Person) => boolean,
): string {
  if (channel.im !== undefined) throw new EmulatorError('conflict', 'a direct message stays as it is')
  if (as === undefined) return HUMANS.owner
  const person = findPerson(parts, as)
  if (!channel.members.includes(person.id) || !may(person) || isGeneral(channel))
    throw new EmulatorError('conflict', `${person.name} may not do that in ${channel.name}`)
  return person.id
}
