import { type Json, record, records, str, strings } from './read.ts'

export type Person = { id: string; name: string; realName: string }
export type Room = { id: string; name: string; members: string[]; dm: boolean; latest: string }
export type Shortcut = { name: string; type: string; callbackId: string }
export type AppInfo = {
  name: string
  user: string
  team: string
  commands: { command: string; description: string; usage: string }[]
  shortcuts: Shortcut[]
}

export const readPeople = (answer: Json): Person[] =>
  records(answer.people).map((one) => ({ id: str(one.id), name: str(one.name), realName: str(one.realName) }))

export const readRooms = (answer: Json): Room[] =>
  records(answer.channels).map((one) => ({
    id: str(one.id),
    name: str(one.name),
    members: strings(one.members),
    dm: one.name === 'dm',
    latest: str(one.latest) || '0',
  }))

export const readApp = (answer: Json): AppInfo => ({
  name: str(answer.name),
  user: str(answer.user),
  team: str(answer.team),
  commands: records(answer.slash_commands).map((one) => ({
    command: str(one.command),
    description: str(one.description),
    usage: str(one.usage_hint),
  })),
  shortcuts: records(answer.shortcuts).map((one) => ({
    name: str(one.name),
    type: str(one.type),
    callbackId: str(one.callback_id),
  })),
})

export type Session = { status: string; words: string; prompts: { title: string; message: string }[] }

export function readSession(answer: Json): Session {
  const session = record(answer.session)
  const prompts = records(session.prompts).map((one) => ({ title: str(one.title), message: str(one.message) }))
  return { status: str(session.status), words: str(session.words), prompts }
}
