import { isDeepStrictEqual } from 'node:util'
import type { JsonObject, JsonValue } from '../../json.ts'
import { claimText } from '../../policy/decide.ts'
import type { StoredTool } from '../../registry/connection.ts'
import { truncate } from '../../text.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import { beforeAndNowText } from './before-and-now.ts'

const MAX_ARGUMENTS = 8

/** What is different in a tool's definition, in words. */
export function changedDefinitionLines(before: StoredTool, now: StoredTool): string[] {
  const lines = [
    ...textLines('Its title', before.title ?? '', now.title ?? ''),
    ...textLines('What it says of itself', before.description, now.description),
    ...claimLines(before, now),
    ...argumentLines(before.inputSchema, now.inputSchema),
  ]
  return lines.length === 0 ? ['What it takes is described in another way.'] : lines
}

const textLines = (of: string, before: string, now: string): string[] =>
  before === now ? [] : [`_${of}_`, ...beforeAndNowText(before, now)]

function claimLines({ annotations: before }: StoredTool, { annotations: now }: StoredTool): string[] {
  if (isDeepStrictEqual(before, now)) return []
  return [`Its server said ${claimText(before)}. Now it says ${claimText(now)}.`]
}

function argumentLines(before: JsonObject, now: JsonObject): string[] {
  if (isDeepStrictEqual(before, now)) return []
  const [old, fresh] = [propertiesOf(before), propertiesOf(now)]
  const lines = [...new Set([...Object.keys(old), ...Object.keys(fresh)])].flatMap((name) =>
    argumentLine(`\`${escapeMrkdwn(truncate(name.replaceAll('`', "'"), 60))}\``, old[name], fresh[name]),
  )
  const [wasNeeded, isNeeded] = [requiredOf(before), requiredOf(now)]
  const needed = isNeeded.filter((name) => Object.hasOwn(old, name) && !wasNeeded.includes(name))
  if (needed.length > 0)
    lines.push(`It now needs ${needed.map((name) => `\`${escapeMrkdwn(truncate(name, 60))}\``).join(', ')}.`)
  if (lines.length === 0) return ['What it takes is described in another way.']
  const rest = lines.length - MAX_ARGUMENTS
  return rest > 0 ? [...lines.slice(0, MAX_ARGUMENTS), `and ${rest} more changes of what it takes`] : lines
}

function argumentLine(name: string, before: JsonValue | undefined, now: JsonValue | undefined): string[] {
  if (isDeepStrictEqual(before, now)) return []
  if (now === undefined) return [`It no longer takes ${name}.`]
  if (before === undefined)
    return [`It takes one thing more: ${name}${wordsOf(now) && `, “${escapeMrkdwn(wordsOf(now))}”`}.`]
  const [old, fresh] = [wordsOf(before), wordsOf(now)]
  return old === fresh
    ? [`It takes ${name} in another form.`]
    : [`Of ${name} it says:`, ...beforeAndNowText(old, fresh)]
}

const ARGUMENT_CHARS = 300

const wordsOf = (property: JsonValue): string => {
  const description = isObject(property) ? property.description : undefined
  return typeof description === 'string' ? truncate(description, ARGUMENT_CHARS) : ''
}

const propertiesOf = ({ properties }: JsonObject): JsonObject => (isObject(properties) ? properties : {})

const requiredOf = ({ required }: JsonObject): string[] =>
  Array.isArray(required) ? required.filter((name) => typeof name === 'string') : []

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
