import { EmulatorError } from '../errors.ts'
import { isThread } from '../web-api/methods/chat-common.ts'
import type { Channel, Message, Person, View } from '../workspace/records.ts'
import type { EmulatorParts } from './emulator-parts.ts'

/** The people who can act: no bots, and nobody who left. */
export const humansOf = ({ people }: EmulatorParts['workspace']): Person[] =>
  [...people.values()].filter((one) => !one.bot && one.standing !== 'deactivated')

/** Finds the person, or refuses with the names of those who exist. */
export function findPerson({ workspace }: EmulatorParts, name: string): Person {
  const found = workspace.person(name)
  if (found !== undefined && !found.bot && found.standing !== 'deactivated') return found
  const humans = humansOf(workspace).map((one) => one.name)
  throw new EmulatorError('conflict', `there is no person "${name}"; there are: ${humans.join(', ')}`)
}

/** Finds a person and one of their channels; `dm` is their DM with the app. */
export function findInChannel(parts: EmulatorParts, as: string, name: string): { person: Person; channel: Channel } {
  const person = findPerson(parts, as)
  const channel = name === 'dm' ? parts.workspace.dmOf(person.id) : findChannel(parts, name)
  if (!channel.members.includes(person.id))
    throw new EmulatorError('conflict', `${person.name} is not in ${channel.name}`)
  if (channel.im !== undefined && channel.opened !== true) openDm(parts, channel, person)
  return { person, channel }
}

export function findChannel({ workspace }: EmulatorParts, name: string): Channel {
  const all = workspace.channels.values()
  const found = all.find((one) => one.id === name || (one.im === undefined && one.name === name))
  if (found !== undefined) return found
  const names = all.filter((one) => one.im === undefined).map((one) => one.name)
  throw new EmulatorError('conflict', `there is no channel "${name}"; there are: ${names.join(', ')}, dm`)
}

/** The first time a person looks into their DM, the app gets `app_home_opened`. */
function openDm({ workspace }: EmulatorParts, channel: Channel, person: Person): void {
  workspace.channels.put(channel.id, { ...channel, opened: true })
  workspace.publish({ kind: 'home_opened', user: person.id, tab: 'messages', channel: channel.id })
}

export type VisibleMessage = { person: Person; channel: Channel; message: Message }

/** Finds a message that the person can see. */
export function findMessage(
  parts: EmulatorParts,
  as: string,
  { channel: name, ts }: { channel: string; ts: string },
): VisibleMessage {
  const at = findInChannel(parts, as, name)
  const message = parts.workspace.messages.get(at.channel.id, ts)
  const visible = message?.ephemeral_to === undefined || message.ephemeral_to === at.person.id
  if (message !== undefined && visible) return { ...at, message }
  throw new EmulatorError('conflict', `there is no message ${ts} in ${name} that ${at.person.name} can see`)
}

export function checkThread({ workspace }: EmulatorParts, channel: Channel, threadTs: string): void {
  if (!isThread(workspace, channel.id, threadTs))
    throw new EmulatorError('conflict', `there is no thread ${threadTs} in ${channel.name}`)
}

export function findTopModal({ modals }: EmulatorParts, person: Person): View {
  const view = modals.top(person.id)
  if (view === undefined) throw new EmulatorError('conflict', `${person.name} has no modal open`)
  return view
}

/** Finds the view to press in; if the request names neither, the modal on top, else the Home tab. */
export function findViewToPress(
  parts: EmulatorParts,
  person: Person,
  said: { view?: true | undefined; home?: true | undefined },
): View {
  if (said.home) return homeView(parts, person)
  const top = parts.modals.top(person.id)
  const home = parts.workspace.homes.get(person.id)
  if (said.view || top !== undefined) return findTopModal(parts, person)
  if (home !== undefined) return home
  throw new EmulatorError(
    'conflict',
    `channel, ts: missing, and ${person.name} has no modal open and no Home tab; a button of a message needs both`,
  )
}

function homeView({ workspace }: EmulatorParts, person: Person): View {
  const view = workspace.homes.get(person.id)
  if (view === undefined) throw new EmulatorError('conflict', `the app has published no Home tab for ${person.name}`)
  return view
}
