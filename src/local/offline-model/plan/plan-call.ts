import { z } from 'zod'
import { readJsonMap } from '../api/json.ts'
import type { JsonMap } from '../api/stream.ts'
import { askWhich, entitiesText, NO_OUTPUT, sayFailure, showText, unableText } from './answer.ts'
import type { OfflineTool, Plan, PlanResult, RequestState, StepsOf } from './plan-types.ts'
import { readQuestion, spokenName, toolBegunIn, toolsNamedIn } from './questions.ts'

/** A request that one tool answers; undefined when none is known to. */
export function planToolRequest(request: string, { tools, lastPath }: RequestState): Plan | PlanResult | undefined {
  const named = toolsNamedIn(request, tools)
  const [first, ...more] = named.tools
  if (first)
    return more.length > 0 ? askWhich(request, named.tools) : callTool(first, argumentsIn(named.given, first), tools)
  const asked = readQuestion(request, tools, lastPath)
  if (!asked) {
    const begun = toolBegunIn(request, tools)
    return begun && sayMissing(begun, requiredOf(begun))
  }
  const able = tools.filter(({ name }) => name === asked.tool)
  const [tool] = able
  if (!tool || able.length > 1) return askWhich(request, able)
  return asked.it ? sayMissing(tool, ['path']) : callTool(tool, asked.input, tools)
}

/** Arguments spelled out as JSON, as name=value, or as the name of an input and a value. */
function argumentsIn(given: string, tool: OfflineTool): JsonMap {
  const json = readJsonMap(given)
  if (json) return json
  const names = /[=:]/.test(given)
    ? '[\\w-]+'
    : tool.inputs.map(({ name }) => name.replaceAll(/[^\w-]/g, '\\$&')).join('|') || '(?!)'
  const pairs = [...given.matchAll(new RegExp(`(?<![\\w-])(${names})\\s*[=: ]\\s*(?:"([^"]*)"|([^\\s,;]+))`, 'g'))]
  return Object.fromEntries(
    pairs.map(([, name = '', quoted, bare = '']) => {
      const type = tool.inputs.find((input) => input.name === name)?.type ?? 'string'
      const value = quoted ?? bare
      if (type === 'number' || type === 'integer') return [name, Number(value)]
      return [name, type === 'boolean' ? value === 'true' : value]
    }),
  )
}

const requiredOf = ({ inputs }: OfflineTool): string[] =>
  inputs.filter(({ required }) => required).map(({ name }) => name)

function* callTool(tool: OfflineTool, input: JsonMap, tools: OfflineTool[]): Plan {
  const missing = tool.inputs.filter(({ name, required, choices }) => {
    const value = input[name]
    return value === undefined ? required : choices.length > 0 && !choices.includes(String(value))
  })
  if (missing.length > 0)
    return sayMissing(
      tool,
      missing.map(({ name }) => name),
    )
  const outcome = yield { tool, input, say: `I'll use ${spokenName(tool.name)}.` }
  if (outcome.isError) return { text: sayFailure(tool, outcome.text, outcome.input), halt: true }
  const added = isKnownEntity(tool, outcome.text) ? yield* addObservations(input, tool, tools) : undefined
  return added ?? { text: sayResult(tool, outcome.input, outcome.text), halt: false }
}

/** An entity that exists is not created again: then nothing comes back, and what is new is added to it. */
function isKnownEntity({ name }: OfflineTool, text: string): boolean {
  return name === 'create_entities' && /^\s*\[\s*\]\s*$/.test(text)
}

const Entities = z.object({ entities: z.tuple([z.object({ name: z.string(), observations: z.array(z.string()) })]) })

function* addObservations(input: JsonMap, tool: OfflineTool, tools: OfflineTool[]): StepsOf<PlanResult | undefined> {
  const add = tools.find(({ name, connection }) => name === 'add_observations' && connection === tool.connection)
  const entity = Entities.safeParse(input).data?.entities[0]
  if (!add || !entity) return undefined
  const observations = [{ entityName: entity.name, contents: entity.observations }]
  const say = `I know ${entity.name} already, so I'll add to it.`
  const outcome = yield { tool: add, input: { observations }, say }
  return outcome.isError ? { text: sayFailure(add, outcome.text), halt: true } : undefined
}

function sayMissing(tool: OfflineTool, missing: string[]): PlanResult {
  const names = missing.map((name) => `\`${name}\``).join(' and ')
  const example = `Use ${tool.name} with ${missing.map((name) => `${name}="…"`).join(' ')}`
  const why = `I would use **${spokenName(tool.name)}**, but I could not find ${names} in your words. Put names of several words in quotes, or say \`${example}\`.`
  const choices = tool.inputs.find(({ name }) => name === missing[0])?.choices ?? []
  const questions = choices.map((choice) => `Use ${tool.name} with ${missing[0]}="${choice}"`)
  return unableText(why, missing.length === 1 ? questions.slice(0, 4) : [])
}

function sayResult({ name }: OfflineTool, input: JsonMap, text: string): string {
  const { path, content, entityNames } = input
  const entity = Entities.safeParse(input).data?.entities[0]
  if (entity) return `I'll remember: **${entity.name}** ${entity.observations.join(', ')}`
  if (Array.isArray(entityNames)) return `Forgotten: **${entityNames.join(', ')}**.`
  if (typeof path === 'string' && typeof content === 'string')
    return `Done: \`${path}\` now says:\n> ${content.replaceAll('\n', '\n> ')}`
  if (typeof path === 'string' && name === 'list_directory') return sayListing(text, path)
  if (typeof path === 'string' && name.startsWith('read_')) return sayFile(path, text)
  return entitiesText(text) ?? showText(text)
}

function sayFile(path: string, text: string): string {
  const said = text.trim()
  if (said === '' || said === NO_OUTPUT || said === `${path.split('/').at(-1)} is empty.`)
    return `\`${path}\` is empty.`
  const words = text.length > 600 ? showText(text) : `> ${text.trimEnd().replaceAll('\n', '\n> ')}`
  return `\`${path}\` says:\n${words}`
}

function sayListing(text: string, path: string): string {
  const lines = text
    .trim()
    .split('\n')
    .filter((line) => line !== '' && line !== NO_OUTPUT)
  if (lines.length === 0) return path === '.' ? 'Your folder is empty.' : `${path} is empty.`
  const items = lines.map((line) => `- ${line.replace(/^\[FILE\]\s*/, '').replace(/^\[DIR\]\s*(.*)$/, '$1/')}`)
  return `There ${items.length === 1 ? 'is one item' : `are ${items.length} items`}:\n${items.slice(0, 50).join('\n')}`
}
