import { inputNamedIn, type OfflineTool } from '../api/tools.ts'
import { quotedIn } from '../text/phrases.ts'
import { sayFailure, showText } from './answer.ts'
import type { Plan, PlanResult, StepsOf } from './step.ts'

const REMEMBER = /\b(?:remember|note|keep in mind|don't forget)\b:?\s+(?:that\s+|this:?\s+)?([\s\S]+)$/i
const PREDICATE =
  /^(.*?)\s+((?:is|are|was|were|has|have|likes?|loves?|hates?|works?|lives?|wants?|needs?|prefers?|owns?|plays?|drinks?|eats?|knows?|uses?|speaks?|owes?)\b[\s\S]*?)[.!]?$/i

/** Requests to a knowledge graph: remember, recall, forget. Undefined when there is none or the request is about something else. */
export function* planMemoryRequest(request: string, tools: OfflineTool[]): StepsOf<PlanResult | undefined> {
  const create = tools.find((tool) => tool.nameStems[0] === 'create' && inputNamedIn(tool, /^entities$/) !== undefined)
  if (!create) return undefined
  const siblings = tools.filter((tool) => tool.connection === create.connection)
  if (RECALL.test(request)) return yield* recall(request, siblings)
  const entity = entityIn(request)
  if (entity) return yield* remember(entity, create, siblings)
  const forgotten = FORGET.exec(request)?.[1]
  return forgotten === undefined ? undefined : yield* forget(forgotten, siblings)
}

const RECALL =
  /^(?!.*\b(?:remember|note) that\b).*(?:\b(?:what|who|anything|do)\b.*\b(?:remember|know|noted|memory)\b|\b(?:show|read|list|open)\b.*\b(?:memory|memories|graph|remember)\b)/i
const FORGET = /\bforget\s+(?:about\s+)?(?:the entity\s+)?["“']?([^"”'.!?]+)/i

function* forget(name: string, siblings: OfflineTool[]): StepsOf<PlanResult | undefined> {
  const remove = siblings.find((tool) => inputNamedIn(tool, /^entityNames$/) !== undefined)
  if (!remove) return undefined
  const outcome = yield { tool: remove, input: { entityNames: [name.trim()] }, say: `I'll forget ${name.trim()}.` }
  if (outcome.isError) return { text: sayFailure(remove, outcome.text), halt: true }
  return { text: `Forgotten: *${name.trim()}*.`, halt: false }
}

type Entity = { name: string; entityType: string; observations: string[] }

function entityIn(request: string): Entity | undefined {
  const noted = REMEMBER.exec(request)?.[1]
  return noted === undefined || /^(?:about|anything|me)?\W*$/i.test(noted) ? undefined : entityOf(noted)
}

function entityOf(fact: string): Entity {
  const parts = PREDICATE.exec(fact)
  const subject = parts?.[1]?.trim() ?? ''
  if (!parts || subject === '') return { name: 'notes', entityType: 'notes', observations: [fact] }
  const isPerson = /^\p{Lu}[\p{L}]+(?:\s\p{Lu}[\p{L}]+)?$/u.test(subject)
  return { name: subject, entityType: isPerson ? 'person' : 'fact', observations: [(parts[2] ?? fact).trim()] }
}

/** A known entity is not created again, so what is new is added to it. */
function* remember(entity: Entity, create: OfflineTool, siblings: OfflineTool[]): Plan {
  const made = yield { tool: create, input: { entities: [entity] }, say: "I'll write that down." }
  if (made.isError) return { text: sayFailure(create, made.text), halt: true }
  const add = siblings.find((tool) => inputNamedIn(tool, /^observations$/) !== undefined && tool.nameStems[0] === 'add')
  const existed = /^\s*\[\s*\]\s*$/.test(made.text)
  if (existed && add && entity.observations.length > 0) {
    const input = { observations: [{ entityName: entity.name, contents: entity.observations }] }
    const added = yield { tool: add, input, say: `I know ${entity.name} already, so I'll add to it.` }
    if (added.isError) return { text: sayFailure(add, added.text), halt: true }
  }
  return { text: `I'll remember: *${entity.name}* ${entity.observations.join(', ')}`.trim(), halt: false }
}

function* recall(request: string, siblings: OfflineTool[]): StepsOf<PlanResult | undefined> {
  const search = siblings.find((tool) => inputNamedIn(tool, /^query$/) !== undefined)
  const whole = siblings.find((tool) => tool.nameStems.includes('graph'))
  const topic = quotedIn(request)[0] ?? /\b(?:about|for)\s+([^?.!]+)/i.exec(request)?.[1]?.trim()
  const everything = topic === undefined || /^(?:me|everything|all|anything)$/i.test(topic)
  const tool = everything ? whole : search
  if (!tool) return undefined
  const outcome = yield { tool, input: everything ? {} : { query: topic ?? '' }, say: "I'll look in my notes." }
  if (outcome.isError) return { text: sayFailure(tool, outcome.text), halt: true }
  return { text: sayEntities(outcome.text, everything ? undefined : topic), halt: false }
}

function sayEntities(text: string, topic: string | undefined): string {
  const found = entitiesIn(text)
  if (found === undefined) return showText(text)
  const about = topic === undefined ? '' : ` about ${topic}`
  if (found.length > 0) return `This is what I have noted${about}:\n${found.map((one) => `- ${one}`).join('\n')}`
  return topic === undefined ? 'Nothing is noted yet.' : `Nothing is noted${about}.`
}

/** A search's finds in words; undefined when the text is no knowledge graph. */
export function foundText(text: string): string | undefined {
  const found = entitiesIn(text)
  if (found === undefined) return undefined
  if (found.length === 0) return 'I found nothing noted there.'
  return found.length === 1 ? `I found ${found[0]}.` : `I found:\n${found.map((one) => `- ${one}`).join('\n')}`
}

/** "*Ada* (person): likes tea" for each entity. Read by its shape, as a long answer is cut on its way here. */
function entitiesIn(text: string): string[] | undefined {
  if (!/^\s*\{\s*"entities":\s*\[/.test(text)) return undefined
  const pattern = /"name":\s*"([^"]+)",\s*"entityType":\s*"([^"]+)",\s*"observations":\s*\[([^\]]*)\]/g
  return [...text.matchAll(pattern)].map(([, name, type, facts]) => {
    const list = (facts ?? '').match(/"((?:[^"\\]|\\.)*)"/g)?.map((fact) => fact.slice(1, -1)) ?? []
    return `*${name}* (${type})${list.length > 0 ? `: ${list.join('; ')}` : ''}`
  })
}
