import { z } from 'zod'
import { EmulatorError } from '../errors.ts'
import type { Json } from '../workspace/records.ts'
import type { EmulatorParts } from './emulator-parts.ts'
import { findChannel } from './find.ts'

const name = z.string().regex(/^[a-z0-9_.-]{1,40}$/, 'lower-case letters, digits and . _ - only')

export const NewPerson = z.object({
  name,
  real_name: z.string().min(1),
  standing: z.enum(['member', 'guest', 'deactivated', 'stranger']).default('member'),
})
export const NewChannel = z.object({
  name,
  kind: z.enum(['public_channel', 'private_channel', 'mpim']).default('public_channel'),
  members: z.array(z.string()).min(1),
})

const idOf = (letter: string, from: string): string => `${letter}${from.replace(/[^a-z0-9]/g, '').toUpperCase()}01`

/** Adds a person, or gives one who is there another name or standing; who is deactivated is in no channel any more. */
export function addPerson({ workspace }: EmulatorParts, input: z.infer<typeof NewPerson>): Json {
  const known = workspace.person(input.name)
  const { standing } = input
  const person = {
    ...(known ?? { id: idOf('U', input.name), email: `${input.name}@local.test`, owner: false, bot: false }),
    name: input.name,
    realName: input.real_name,
    standing: standing === 'member' ? undefined : standing,
  }
  if (person.bot) throw new EmulatorError('conflict', `${input.name} is a bot`)
  workspace.people.put(person.id, person)
  if (standing === 'deactivated') leaveAll(workspace, person.id)
  workspace.publish({ kind: 'people_changed' })
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
  const members = input.members.map((one) => {
    const person = workspace.person(one)
    if (person === undefined) throw new EmulatorError('conflict', `there is no person "${one}"`)
    return person.id
  })
  const kind = input.kind === 'public_channel' ? undefined : input.kind
  workspace.channels.put(id, { id, name: input.name, members, kind })
  workspace.publish({ kind: 'people_changed' })
  return { ok: true, channel: id }
}

/** Nobody writes in an archived channel until it is taken back. */
export function archiveChannel(parts: EmulatorParts, input: { channel: string; archived: boolean }): Json {
  const channel = findChannel(parts, input.channel)
  parts.workspace.channels.put(channel.id, { ...channel, archived: input.archived })
  parts.workspace.publish({ kind: 'people_changed' })
  return { ok: true }
}
