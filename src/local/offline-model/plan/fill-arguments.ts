import type { z } from 'zod'
import { readJsonMap } from '../api/json.ts'
import type { JsonMap } from '../api/stream.ts'
import type { OfflineTool, ToolInput } from '../api/tools.ts'
import {
  contentIn,
  fileNamesIn,
  folderIn,
  nameIn,
  numbersIn,
  quotedIn,
  refersBack,
  textAfterVerbIn,
  topicIn,
} from '../text/phrases.ts'

/** What earlier steps leave behind for "it" and "that file". */
export type RecallFunction = { path: string | undefined; text: string | undefined }

export type FilledArguments = { input: JsonMap; missing: string[] }

type Value = z.core.util.JSONType
type Search = { request: string; recall: RecallFunction; tool: OfflineTool; numbers: number[] }

/** The arguments a request gives a tool, by simple rules; `missing` names the required ones it does not give. */
export function fillArguments(tool: OfflineTool, request: string, recall: RecallFunction): FilledArguments {
  const given = givenJson(request) ?? givenPairs(request, tool)
  const search = { request, recall, tool, numbers: numbersIn(request.replaceAll(/\b[\w-]+\.\w+\b/g, ' ')) }
  const input: JsonMap = { ...given }
  const missing: string[] = []
  for (const one of tool.inputs) {
    if (one.name in input) continue
    const value = valueFor(one, search)
    if (value !== undefined) input[one.name] = value
    else if (one.required) missing.push(one.name)
  }
  return { input, missing }
}

/** Arguments spelled out as JSON. */
function givenJson(request: string): JsonMap | undefined {
  const text = /\{[\s\S]*\}/.exec(request)?.[0]
  return text === undefined ? undefined : readJsonMap(text)
}

/** Arguments spelled out as name=value. */
function givenPairs(request: string, tool: OfflineTool): JsonMap {
  const pairs: JsonMap = {}
  for (const { name, type } of tool.inputs) {
    const found = new RegExp(String.raw`\b${escaped(name)}\s*[=:]\s*(?:"([^"]*)"|(\S+))`, 'i').exec(request)
    const value = found?.[1] ?? found?.[2]?.replace(/[,;]$/, '')
    if (value !== undefined) pairs[name] = typed(value, type)
  }
  return pairs
}

const escaped = (text: string): string => text.replaceAll(/[^\w]/g, String.raw`\$&`)

function typed(value: string, type: string): Value {
  if (type === 'number' || type === 'integer') return Number(value)
  if (type === 'boolean') return value === 'true'
  return value
}

function valueFor(input: ToolInput, search: Search): Value | undefined {
  if (input.choices.length > 0) return chosen(input, search.request)
  switch (input.type) {
    case 'number':
    case 'integer':
      return numberFor(input, search)
    case 'boolean':
      return input.required ? new RegExp(String.raw`\b${escaped(input.name)}\b`, 'i').test(search.request) : undefined
    case 'array':
      return listFor(input, search)
    case 'string':
      return textFor(input, search)
    default:
      return undefined
  }
}

function chosen(input: ToolInput, request: string): string | undefined {
  return input.choices.find((choice) => request.toLowerCase().includes(choice.toLowerCase()))
}

function numberFor(input: ToolInput, { request, numbers, tool }: Search): number | undefined {
  const labelled = new RegExp(
    String.raw`(-?\d+(?:\.\d+)?)\s+${escaped(input.name)}|\b${escaped(input.name)}\s+(?:of\s+)?(-?\d+(?:\.\d+)?)`,
    'i',
  ).exec(request)
  const value = labelled?.[1] ?? labelled?.[2]
  if (value !== undefined) return Number(value)
  if (!input.required) return undefined
  const required = tool.inputs.filter(
    (other) => other.required && (other.type === 'number' || other.type === 'integer'),
  )
  // "Add 2, 3 and 4" is more than a tool for two numbers can do.
  return numbers.length > required.length
    ? undefined
    : numbers[required.findIndex((other) => other.name === input.name)]
}

function listFor(input: ToolInput, { request }: Search): Value[] | undefined {
  if (!input.required) return undefined
  if (input.name === 'edits') return editsIn(request)
  if (/path|file/i.test(input.name)) return nonEmpty(fileNamesIn(request))
  if (!/name|id|tag|label|term/i.test(input.name)) return undefined
  return nonEmpty(quotedIn(request)) ?? nonEmpty(properNamesIn(request))
}

/** "Replace X with Y". */
function editsIn(request: string): Value[] | undefined {
  const found =
    /\b(?:replace|change)\s+["“]?(.+?)["”]?\s+(?:with|to|by)\s+["“]?(.+?)["”]?(?:\s+in\s+(?:it|that file|\S+\.\w+))?[.!]?$/i.exec(
      request,
    )
  return found ? [{ oldText: found[1] ?? '', newText: found[2] ?? '' }] : undefined
}

const nonEmpty = (list: string[]): string[] | undefined => (list.length > 0 ? list : undefined)

function properNamesIn(request: string): string[] {
  return request.replace(/^\s*\S+/, '').match(/\b\p{Lu}[\p{L}\d]*(?:\s+\p{Lu}[\p{L}\d]*)*/gu) ?? []
}

/** Texts by what the input is called; the first rule that knows the name decides. */
const TEXT_RULES: [named: RegExp, value: (search: Search) => string | undefined][] = [
  [
    /^(?:source|from|old)/i,
    ({ request, recall }) => fileNamesIn(request)[0] ?? (refersBack(request) ? recall.path : undefined),
  ],
  [/^(?:dest|target|to$|new)/i, ({ request }) => fileNamesIn(request).at(-1) ?? folderIn(request)],
  [/path|file|folder|dir/i, (search) => (isAboutFolders(search.tool) ? folderFor(search) : fileFor(search))],
  [/content|body|data/i, contentFor],
  [/pattern|glob/i, ({ request }) => patternFor(request)],
  [
    /query|search|topic|term|question|keyword/i,
    ({ request }) => quotedIn(request)[0] ?? topicIn(request) ?? textAfterVerbIn(request),
  ],
  [/./, ({ request }) => contentIn(request) ?? quotedIn(request)[0] ?? textAfterVerbIn(request)],
]

function textFor(input: ToolInput, search: Search): string | undefined {
  if (!input.required) return undefined
  return TEXT_RULES.find(([named]) => named.test(input.name))?.[1](search)
}

/** A new file may be empty; what is to be kept of something before is its text. */
function contentFor({ request, recall }: Search): string | undefined {
  const said = contentIn(request) ?? (refersBack(request) ? recall.text : undefined)
  return said ?? (/\b(?:create|make|empty|new)\b/i.test(request) ? '' : undefined)
}

function isAboutFolders({ nameStems }: OfflineTool): boolean {
  return (
    ['search', 'find'].includes(nameStems[0] ?? '') || nameStems.some((word) => ['directory', 'folder'].includes(word))
  )
}

function folderFor({ request, tool }: Search): string | undefined {
  const creates = ['create', 'make', 'mkdir'].includes(tool.nameStems[0] ?? '')
  if (creates) return nameIn(request) ?? folderIn(request) ?? fileNamesIn(request)[0] ?? quotedIn(request)[0]
  return folderIn(request) ?? '.'
}

function fileFor({ request, recall }: Search): string | undefined {
  return fileNamesIn(request)[0] ?? quotedFile(request) ?? (refersBack(request) ? recall.path : undefined)
}

function quotedFile(request: string): string | undefined {
  const quote = quotedIn(request)[0]
  return quote !== contentIn(request) || !/\b(?:says?|content|text|to)\b/i.test(request) ? quote : undefined
}

function patternFor(request: string): string | undefined {
  const glob = /\S*\*\S*/.exec(request)?.[0]
  if (glob !== undefined) return glob.includes('/') ? glob : `**/${glob}`
  const about = quotedIn(request)[0] ?? fileNamesIn(request)[0] ?? topicIn(request)
  return about === undefined ? undefined : `**/*${about.replaceAll(/\s+files?$/gi, '')}*`
}
