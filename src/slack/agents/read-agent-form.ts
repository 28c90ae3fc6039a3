import { createHash } from 'node:crypto'
import { AgentDefinition } from '../../agents/agent.ts'
import { LIMITS } from '../../block-kit/limits.ts'
import type { Connection } from '../../registry/connection.ts'
import { type FieldOption, fieldStateIn, type ModalField, type ModalState, readField } from '../blocks/modal-fields.ts'
import { readNumber } from '../blocks/read-number.ts'
import { findNearestWord } from '../interactions/find-by-name.ts'
import type { AgentFormTexts } from './agent-form.ts'

const FIELDS = ['name', 'face', 'purpose', 'instructions', 'tools', 'model', 'turns', 'cost'] as const

/** The text fields as they stand, without those that are empty. */
export function agentTextsIn(typed: Record<string, string | null>): AgentFormTexts {
  return Object.fromEntries(FIELDS.flatMap((id) => (typed[id]?.trim() ? [[id, typed[id].trim()]] : [])))
}

/** A longer one cannot be kept. */
const MOST_NAME_CHARS = 100

/** Services and connections that an agent may be limited to, and what it is limited to already. Pure. */
export function connectionChoices(
  connections: Connection[],
  titleOf: (connection: Connection) => string,
  chosen: string[],
): FieldOption[] {
  const byCard = Map.groupBy(connections, ({ card }) => card)
  const services = [...byCard].flatMap(([card, [first]]) => (first ? [option(titleOf(first), card)] : []))
  const single = connections.filter(({ card, shared }) => shared !== undefined || (byCard.get(card)?.length ?? 0) > 1)
  const known = [...services, ...single.map((one) => option(`Only ${one.name} (${titleOf(one)})`, one.name))]
  const others = chosen.filter((name) => known.every(({ value }) => value !== name)).map((name) => option(name, name))
  const all = [...known, ...others].filter(({ value }) => String(value).length <= MOST_NAME_CHARS)
  return [...new Map(all.map((one) => [one.id, one])).values()]
}

/** Names of services in a registry may be longer than an option's value. */
const option = (text: string, name: string): FieldOption => ({ text, id: optionIdOf(name), value: name })

const optionIdOf = (name: string): string =>
  name.length <= LIMITS.option.value ? name : createHash('sha256').update(name).digest('base64url')

/** The names of connections and cards that were chosen. */
export function chosenConnectionsIn(values: ModalState, choices: FieldOption[]): string[] {
  const field: ModalField = {
    kind: 'choices',
    id: 'connections',
    label: '',
    optional: true,
    options: choices,
    chosen: [],
  }
  const read = readField(field, fieldStateIn(values, 'connections'))
  return read !== undefined && 'value' in read && Array.isArray(read.value)
    ? read.value.filter((one) => typeof one === 'string')
    : []
}

export type AgentFormReading = { definition: AgentDefinition } | { errors: Record<string, string> }

/** What was typed as an agent, or what is wrong by field. `asks` is not in the form and stays as it was. Pure. */
export function readAgentForm(
  texts: AgentFormTexts,
  chosen: string[],
  connections: Connection[],
  asks?: string[],
): AgentFormReading {
  const tools = texts.tools?.split(/[\s,;]+/).filter(Boolean)
  const read = { face: readFace(texts.face), turns: readTurns(texts.turns), costUsd: readCost(texts.cost) }
  const problems = {
    name: texts.name ? undefined : 'Give it a name.',
    purpose: texts.purpose ? undefined : 'Say in one line what it is for.',
    face: problemIn(read.face),
    tools: tools && findToolProblem(tools, connectionsFor(chosen, connections)),
    model: modelProblem(texts.model),
    turns: problemIn(read.turns),
    cost: problemIn(read.costUsd),
  }
  const errors = Object.fromEntries(Object.entries(problems).filter((pair): pair is [string, string] => !!pair[1]))
  if (Object.keys(errors).length > 0) return { errors }
  const limits = withoutUndefined({ turns: valueIn(read.turns), costUsd: valueIn(read.costUsd) })
  const definition = AgentDefinition.parse({
    name: texts.name?.replace(/\s+/g, ' '),
    purpose: texts.purpose?.replace(/\s+/g, ' '),
    instructions: texts.instructions,
    ...withoutUndefined({ face: valueIn(read.face), model: texts.model, asks }),
    ...(chosen.length > 0 && { connections: chosen }),
    ...(tools && { tools: [...new Set(tools)] }),
    ...(Object.keys(limits).length > 0 && { limits }),
  })
  return { definition }
}

/** What was read of a field, or a sentence for the person; undefined where it was left empty. */
type Reading<T> = { value: T } | { problem: string } | undefined

const problemIn = (read: Reading<unknown>): string | undefined => (read && 'problem' in read ? read.problem : undefined)

const valueIn = <T>(read: Reading<T>): T | undefined => (read && 'value' in read ? read.value : undefined)

const withoutUndefined = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const EMOJI = /^:?([a-z0-9_+'-]{1,60}(?:::skin-tone-[2-6])?):?$/

function readFace(typed: string | undefined): Reading<string> {
  if (typed === undefined) return undefined
  const emoji = EMOJI.exec(typed)?.[1]
  if (emoji !== undefined) return { value: `:${emoji}:` }
  const url = URL.parse(typed)
  if (url?.protocol === 'https:') return { value: url.href }
  return {
    problem: 'Write an emoji by its name between colons, such as :mag:, or an address that begins with https://.',
  }
}

const modelProblem = (model: string | undefined): string | undefined =>
  model === undefined || /^claude-[a-z0-9.-]{2,80}$/.test(model)
    ? undefined
    : 'Write the full name of a Claude model, such as claude-haiku-5, or leave this empty.'

function readTurns(typed: string | undefined): Reading<number> {
  if (typed === undefined) return undefined
  const turns = /^\d{1,2}$/.test(typed) ? Number(typed) : 0
  return turns >= 1 && turns <= 15
    ? { value: turns }
    : { problem: 'Write a whole number from 1 to 15, or leave this empty.' }
}

function readCost(typed: string | undefined): Reading<number> {
  if (typed === undefined) return undefined
  const read = readNumber(typed.replace(/^\$\s*|\s*(?:\$|USD)$/gi, ''))
  if ('problem' in read) return read
  return read.value > 0 && read.value <= 100
    ? { value: read.value }
    : { problem: 'Write an amount above 0 and at most 100, or leave this empty.' }
}

const connectionsFor = (chosen: string[], connections: Connection[]): Connection[] =>
  chosen.length === 0
    ? connections
    : connections.filter(({ name, card }) => chosen.includes(name) || chosen.includes(card))

/** A name that no connection of theirs knows is a typing error, unless they have none of these connections. */
function findToolProblem(tools: string[], connections: Connection[]): string | undefined {
  const known = connections.flatMap((one) => one.tools.map(({ name }) => name))
  const strange = known.length === 0 ? undefined : tools.find((tool) => !known.includes(tool))
  if (strange === undefined) return tools.some((tool) => tool.length > 200) ? 'Names of tools are shorter.' : undefined
  const near = findNearestWord(strange, known)
  return `None of these connections has a tool called ${strange}.${near === undefined ? ' `/mcp tools` lists them.' : ` Did you mean ${near}?`}`
}
