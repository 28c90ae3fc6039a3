import { type JsonRecord, readRecord, readRecords, readString, readStrings } from './read-json.ts'

export type PersonInfo = {
  id: string
  name: string
  realName: string
  bot: boolean
  owner: boolean
  /** Empty for a full member. */
  standing: string
}
export type GroupInfo = { id: string; handle: string; name: string; disabled: boolean }
export type ChannelInfo = {
  id: string
  name: string
  members: string[]
  dm: boolean
  /** Empty for a public channel. */
  kind: string
  archived: boolean
  /** Nobody leaves the general channel. */
  general: boolean
  latest: string
}
export type ShortcutInfo = { name: string; type: string; callbackId: string }
export type AppInfo = {
  name: string
  user: string
  team: string
  commands: { command: string; description: string; usage: string }[]
  shortcuts: ShortcutInfo[]
  /** Its steps for Workflow Builder. */
  steps: StepInfo[]
}
type ParameterInfo = { name: string; title: string; type: string; needed: boolean }
export type StepInfo = { callbackId: string; title: string; description: string; inputs: ParameterInfo[] }

/** `people` are those who can act, `others` are bots and people who left. */
export const readPeople = (answer: JsonRecord, which: 'people' | 'others' = 'people'): PersonInfo[] =>
  readRecords(answer[which]).map((one) => ({
    id: readString(one.id),
    name: readString(one.name),
    realName: readString(one.realName),
    bot: one.bot === true,
    owner: one.owner === true,
    standing: readString(one.standing),
  }))

export const readGroups = (answer: JsonRecord): GroupInfo[] =>
  readRecords(answer.usergroups).map((one) => ({
    id: readString(one.id),
    handle: readString(one.handle),
    name: readString(one.name),
    disabled: one.disabled === true,
  }))

export const readChannels = (answer: JsonRecord): ChannelInfo[] =>
  readRecords(answer.channels).map((one) => ({
    id: readString(one.id),
    name: readString(one.name),
    members: readStrings(one.members),
    dm: one.name === 'dm',
    kind: readString(one.kind),
    archived: one.archived === true,
    general: one.general === true,
    latest: readString(one.latest) || '0',
  }))

export const readApp = (answer: JsonRecord): AppInfo => ({
  name: readString(answer.name),
  user: readString(answer.user),
  team: readString(answer.team),
  commands: readRecords(answer.slash_commands).map((one) => ({
    command: readString(one.command),
    description: readString(one.description),
    usage: readString(one.usage_hint),
  })),
  shortcuts: readRecords(answer.shortcuts).map((one) => ({
    name: readString(one.name),
    type: readString(one.type),
    callbackId: readString(one.callback_id),
  })),
  steps: readRecords(answer.functions).map((one) => ({
    callbackId: readString(one.callback_id),
    title: readString(one.title),
    description: readString(one.description),
    inputs: readRecords(one.input_parameters).map((input) => ({
      name: readString(input.name),
      title: readString(input.title) || readString(input.name),
      type: readString(input.type),
      needed: input.is_required === true,
    })),
  })),
})

export type AgentSession = {
  status: string
  words: string
  prompts: { title: string; message: string }[]
  /** Empty where the app stands under its own. */
  name: string
  face: string
}

export function readAgentSession(answer: JsonRecord): AgentSession {
  const session = readRecord(answer.session)
  const prompts = readRecords(session.prompts).map((one) => ({
    title: readString(one.title),
    message: readString(one.message),
  }))
  const face = readString(session.icon_emoji) || readString(session.icon_url)
  const [status, words, name] = [session.status, session.words, session.username].map(readString)
  return { status: status ?? '', words: words ?? '', prompts, name: name ?? '', face }
}
