import type { z } from 'zod'
import { readJsonMap } from '../json.ts'
import type { JsonMap } from '../stream.ts'
import {
  contentIn,
  fileNamesIn,
  folderIn,
  numbersIn,
  quotedIn,
  refersBack,
  restAfterVerb,
  topicIn,
} from '../text/phrases.ts'
import type { OfflineTool, ToolInput } from '../tools.ts'

/** What earlier steps leave behind for "it" and "that file". */
export type Recall = { path: string | undefined; text: string | undefined }

export type Filled = { input: JsonMap; missing: string[] }

type Value = z.core.util.JSONType
type Search = { wish: string; recall: Recall; tool: OfflineTool; numbers: number[] }

/** The arguments a wish gives a tool, by simple rules; `missing` names the required ones it does not give. */
export function fillArguments(tool: OfflineTool, wish: string, recall: Recall): Filled {
  const given = givenJson(wish) ?? givenPairs(wish, tool)
  const search = { wish, recall, tool, numbers: numbersIn(wish.replaceAll(/\b[\w-]+\.\w+\b/g, ' ')) }
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
function givenJson(wish: string): JsonMap | undefined {
  const text = /\{[\s\S]*\}/.exec(wish)?.[0]
  return text === undefined ? undefined : readJsonMap(text)
}

/** Arguments spelled out as name=value. */
function givenPairs(wish: string, tool: OfflineTool): JsonMap {
  const pairs: JsonMap = {}
  for (const { name, type } of tool.inputs) {
    const found = new RegExp(String.raw`\b${escaped(name)}\s*[=:]\s*(?:"([^"]*)"|(\S+))`, 'i').exec(wish)
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
  if (input.choices.length > 0) return chosen(input, search.wish)
  switch (input.type) {
    case 'number':
    case 'integer':
      return numberFor(input, search)
    case 'boolean':
      return input.required ? new RegExp(String.raw`\b${escaped(input.name)}\b`, 'i').test(search.wish) : undefined
    case 'array':
      return listFor(input, search)
    case 'string':
      return textFor(input, search)
    default:
      return undefined
  }
}

function chosen(input: ToolInput, wish: string): string | undefined {
  const said = input.choices.find((choice) => wish.toLowerCase().includes(choice.toLowerCase()))
  return said ?? (input.required ? input.choices[0] : undefined)
}

function numberFor(input: ToolInput, { wish, numbers, tool }: Search): number | undefined {
  const labelled = new RegExp(
    String.raw`(-?\d+(?:\.\d+)?)\s+${escaped(input.name)}|\b${escaped(input.name)}\s+(?:of\s+)?(-?\d+(?:\.\d+)?)`,
    'i',
  ).exec(wish)
  const value = labelled?.[1] ?? labelled?.[2]
  if (value !== undefined) return Number(value)
  if (!input.required) return undefined
  const required = tool.inputs.filter(
    (other) => other.required && (other.type === 'number' || other.type === 'integer'),
  )
  return numbers[required.findIndex((other) => other.name === input.name)]
}

function listFor(input: ToolInput, { wish }: Search): Value[] | undefined {
  if (!input.required) return undefined
  if (input.name === 'edits') return editsIn(wish)
  if (/path|file/i.test(input.name)) return nonEmpty(fileNamesIn(wish))
  if (!/name|id|tag|label|term/i.test(input.name)) return undefined
  return nonEmpty(quotedIn(wish)) ?? nonEmpty(properNamesIn(wish))
}

/** "Replace X with Y". */
function editsIn(wish: string): Value[] | undefined {
  const found =
    /\b(?:replace|change)\s+["“]?(.+?)["”]?\s+(?:with|to|by)\s+["“]?(.+?)["”]?(?:\s+in\s+(?:it|that file|\S+\.\w+))?[.!]?$/i.exec(
      wish,
    )
  return found ? [{ oldText: found[1] ?? '', newText: found[2] ?? '' }] : undefined
}

const nonEmpty = (list: string[]): string[] | undefined => (list.length > 0 ? list : undefined)

function properNamesIn(wish: string): string[] {
  return wish.replace(/^\s*\S+/, '').match(/\b\p{Lu}[\p{L}\d]*(?:\s+\p{Lu}[\p{L}\d]*)*/gu) ?? []
}

/** Texts by what the input is called; the first rule that knows the name decides. */
const TEXT_RULES: [named: RegExp, value: (search: Search) => string | undefined][] = [
  [/^(?:source|from|old)/i, ({ wish, recall }) => fileNamesIn(wish)[0] ?? (refersBack(wish) ? recall.path : undefined)],
  [/^(?:dest|target|to$|new)/i, ({ wish }) => fileNamesIn(wish).at(-1) ?? folderIn(wish)],
  [/path|file|folder|dir/i, (search) => (isAboutFolders(search.tool) ? folderFor(search) : fileFor(search))],
  [/content|body|data/i, contentFor],
  [/pattern|glob/i, ({ wish }) => patternFor(wish)],
  [
    /query|search|topic|term|question|keyword/i,
    ({ wish }) => quotedIn(wish)[0] ?? topicIn(wish) ?? restAfterVerb(wish),
  ],
  [/./, ({ wish }) => contentIn(wish) ?? quotedIn(wish)[0] ?? restAfterVerb(wish)],
]

function textFor(input: ToolInput, search: Search): string | undefined {
  if (!input.required) return undefined
  return TEXT_RULES.find(([named]) => named.test(input.name))?.[1](search)
}

/** A new file may be empty; what is to be kept of something before is its text. */
function contentFor({ wish, recall }: Search): string | undefined {
  const said = contentIn(wish) ?? (refersBack(wish) ? recall.text : undefined)
  return said ?? (/\b(?:create|make|empty|new)\b/i.test(wish) ? '' : undefined)
}

function isAboutFolders({ nameStems }: OfflineTool): boolean {
  return (
    ['search', 'find'].includes(nameStems[0] ?? '') || nameStems.some((word) => ['directory', 'folder'].includes(word))
  )
}

function folderFor({ wish, tool }: Search): string | undefined {
  const named = folderIn(wish)
  if (named !== undefined) return named
  const creates = ['create', 'make', 'mkdir'].includes(tool.nameStems[0] ?? '')
  return creates ? (fileNamesIn(wish)[0] ?? quotedIn(wish)[0]) : '.'
}

function fileFor({ wish, recall }: Search): string | undefined {
  return fileNamesIn(wish)[0] ?? quotedFile(wish) ?? (refersBack(wish) ? recall.path : undefined)
}

function quotedFile(wish: string): string | undefined {
  const quote = quotedIn(wish)[0]
  return quote !== undefined && quote !== contentIn(wish) && !/\s/.test(quote) ? quote : undefined
}

function patternFor(wish: string): string | undefined {
  const glob = /\S*\*\S*/.exec(wish)?.[0]
  if (glob !== undefined) return glob.includes('/') ? glob : `**/${glob}`
  const about = quotedIn(wish)[0] ?? fileNamesIn(wish)[0] ?? topicIn(wish)
  return about === undefined ? undefined : `**/*${about.replaceAll(/\s+files?$/gi, '')}*`
}
