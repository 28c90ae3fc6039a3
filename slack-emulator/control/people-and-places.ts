import { z } from 'zod'
import { EmulatorError } from '../errors.ts'
import { channelTypeOf } from '../workspace/channel-kinds.ts'
import { userObjectOf } from '../workspace/objects/user-object.ts'
import { usergroupObjectOf } from '../workspace/objects/usergroup-object.ts'
import type { Channel, Json, Person } from '../workspace/records.ts'
import type { EmulatorParts } from './emulator-parts.ts'

const name = z.string().regex(/^[a-z0-9_.-]{1,40}$/, 'lower-case letters, digits and . _ - only')
const zone = z.string().refine((tz) => isZone(tz), 'an IANA time zone, e.g. Asia/Tokyo')

export const NewPerson = z.object({
  name,
  real_name: z.string().min(1),
  standing: z.enum(['member', 'guest', 'single_channel_guest', 'deactivated', 'stranger']).default('member'),
  tz: zone.optional(),
})
export const NewChannel = z.object({
  name,
  kind: z.enum(['public_channel', 'private_channel', 'mpim']).default('public_channel'),
  members: z.array(z.string()).min(1),
})
export const NewUsergroup = z.object({
  handle: name,
  name: z.string().min(1),
  members: z.array(z.string()),
  disabled: z.boolean().default(false),
})

function isZone(tz: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: tz }).resolvedOptions().timeZone !== ''
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

const idOf = (letter: string, from: string): string => `${letter}${from.replace(/[^a-z0-9]/g, '').toUpperCase()}01`

/** Adds a person, or gives one who is there another name, standing or time zone; who is deactivated is in no channel any more. */
export function addPerson({ workspace }: EmulatorParts, input: z.infer<typeof NewPerson>): Json {
  const known = workspace.person(input.name)
  const { standing } = input
  const person: Person = {
    ...(known ?? { id: idOf('U', input.name), email: `${input.name}@local.test`, owner: false, bot: false }),
    name: input.name,
    realName: input.real_name,
    standing: standing === 'member' ? undefined : standing,
    ...(input.tz === undefined ? {} : { tz: input.tz }),
  }
  if (person.bot) throw new EmulatorError('conflict', `${input.name} is a bot`)
  workspace.people.put(person.id, person)
  if (standing === 'deactivated') leaveAll(workspace, person.id)
  const type = known === undefined ? 'team_join' : 'user_change'
  workspace.publish({ kind: 'people_changed', told: [{ type, user: userObjectOf(person, workspace) }] })
  return { ok: true, user: person.id }
}

function leaveAll({ channels }: EmulatorParts['workspace'], user: string): void {
  for (const channel of [...channels.values()]) {
    const shared = channel.im === undefined && channel.members.includes(user)
    if (shared) channels.put(channel.id, { ...channel, members: channel.members.filter((one) => one !== user) })
  }
}

/** Adds a channel or a group DM with the people named; the app is in it only if it is named, too. */
export function addChannel({ workspace }: EmulatorParts, input: z.infer<typeof NewChannel>): Json {
  const id = idOf('C', input.name)
  if (workspace.channels.get(id) !== undefined) throw new EmulatorError('conflict', `there is a channel ${input.name}`)
  const kind = input.kind === 'public_channel' ? undefined : input.kind
  const channel: Channel = { id, name: input.name, members: idsOf(workspace, input.members), kind }
  workspace.channels.put(id, channel)
  const isPublic = channelTypeOf(channel) === 'public_channel'
  const told = isPublic ? [{ type: 'channel_created', channel: { id, name: input.name, created: 0 } }] : []
  workspace.publish({ kind: 'people_changed', told })
  return { ok: true, channel: id }
}

/** Adds a user group, or gives one that is there other members or another name. */
export function setUsergroup({ workspace }: EmulatorParts, input: z.infer<typeof NewUsergroup>): Json {
  const { handle, name: title, disabled } = input
  if (workspace.person(handle) !== undefined) throw new EmulatorError('conflict', `${handle} is a person`)
  const known = workspace.usergroups.values().find((one) => one.handle === handle)
  const group = {
    id: known?.id ?? idOf('S', handle),
    handle,
    name: title,
    users: idsOf(workspace, input.members),
    disabled,
  }
  workspace.usergroups.put(group.id, group)
  const type = known === undefined ? 'subteam_created' : 'subteam_updated'
  workspace.publish({ kind: 'people_changed', told: [{ type, subteam: usergroupObjectOf(group, workspace, true) }] })
  return { ok: true, usergroup: group.id }
}

const idsOf = (workspace: EmulatorParts['workspace'], names: string[]): string[] =>
  names.map((one) => {
    const person = workspace.person(one)
    if (person === undefined) throw new EmulatorError('conflict', `there is no person "${one}"`)
    return person.id
  })
