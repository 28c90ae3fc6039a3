import { AppError } from '../../errors.ts'
import { isThread } from './api/chat-common.ts'
import type { Stage } from './payloads.ts'
import type { Channel, Message, Person, View } from './records.ts'
import { PEOPLE } from './seed.ts'

/** Finds what people act on, or says in clear words that it is not there. */
export function personNamed({ workspace }: Stage, name: string): Person {
  const found = workspace.person(name)
  if (found !== undefined && !found.bot) return found
  const humans = PEOPLE.filter((one) => !one.bot).map((one) => one.name)
  throw new AppError('conflict', `there is no person "${name}"; there are: ${humans.join(', ')}`)
}

/** A person in a channel they are in; `dm` is their own DM with the app. */
export function inChannel(stage: Stage, as: string, name: string): { person: Person; channel: Channel } {
  const person = personNamed(stage, as)
  const channel = name === 'dm' ? stage.workspace.dmOf(person.id) : channelNamed(stage, name)
  if (!channel.members.includes(person.id)) throw new AppError('conflict', `${person.name} is not in ${channel.name}`)
  if (channel.im !== undefined && channel.opened !== true) openDm(stage, channel, person)
  return { person, channel }
}

export function channelNamed({ workspace }: Stage, name: string): Channel {
  const all = workspace.channels.values()
  const found = all.find((one) => one.id === name || (one.im === undefined && one.name === name))
  if (found !== undefined) return found
  const names = all.filter((one) => one.im === undefined).map((one) => one.name)
  throw new AppError('conflict', `there is no channel "${name}"; there are: ${names.join(', ')}, dm`)
}

/** The first look into the DM opens the app's Messages tab. */
function openDm({ workspace }: Stage, channel: Channel, person: Person): void {
  workspace.channels.put(channel.id, { ...channel, opened: true })
  workspace.tell({ kind: 'home_opened', user: person.id, tab: 'messages', channel: channel.id })
}

export type Seen = { person: Person; channel: Channel; message: Message }

/** A message the person can see. */
export function seenMessage(stage: Stage, as: string, { channel: name, ts }: { channel: string; ts: string }): Seen {
  const at = inChannel(stage, as, name)
  const message = stage.workspace.messages.get(at.channel.id, ts)
  const visible = message?.ephemeral_to === undefined || message.ephemeral_to === at.person.id
  if (message !== undefined && visible) return { ...at, message }
  throw new AppError('conflict', `there is no message ${ts} in ${name} that ${at.person.name} can see`)
}

export function checkThread({ workspace }: Stage, channel: Channel, threadTs: string): void {
  if (!isThread(workspace, channel.id, threadTs))
    throw new AppError('conflict', `there is no thread ${threadTs} in ${channel.name}`)
}

export function topModal({ modals }: Stage, person: Person): View {
  const view = modals.top(person.id)
  if (view === undefined) throw new AppError('conflict', `${person.name} has no modal open`)
  return view
}

/** The view that is meant; where neither is said, what covers the rest: the modal on top, else the Home tab. */
export function viewToPress(
  stage: Stage,
  person: Person,
  said: { view?: true | undefined; home?: true | undefined },
): View {
  if (said.home) return homeView(stage, person)
  const top = stage.modals.top(person.id)
  const home = stage.workspace.homes.get(person.id)
  if (said.view || top !== undefined) return topModal(stage, person)
  if (home !== undefined) return home
  throw new AppError(
    'conflict',
    `channel, ts: missing, and ${person.name} has no modal open and no Home tab; a button of a message needs both`,
  )
}

function homeView({ workspace }: Stage, person: Person): View {
  const view = workspace.homes.get(person.id)
  if (view === undefined) throw new AppError('conflict', `the app has published no Home tab for ${person.name}`)
  return view
}
