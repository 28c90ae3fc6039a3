import type { OfflineTool, ToolInput } from '../api/tools.ts'
import { gistOf } from '../text/phrases.ts'
import { isTelling, keywordsIn, stemsOf, synonymsOf } from '../text/words.ts'
import { fillArguments, type RecallFunction } from './fill-arguments.ts'

// Weights found by trying the phrases of the tests; only their order matters.
const IN_NAME = 3
const SYNONYM_IN_NAME = 2.2
const IN_CONNECTION = 2
const IN_DESCRIPTION = 0.8
const VERB_FITS = 2
const VERB_NEARLY_FITS = 1.2
const UNMATCHED_WORD = -0.5
const UNMATCHED_MOST = -1
const SURPLUS_NAME_WORD = -0.4
const DEPRECATED = -3
const HARM_NOT_ASKED = -6
const INPUT_MISSING = -1.5
const NUMBER_GIVEN = 1.5
const CHOICE_GIVEN = 2.5
const FILE_GIVEN = 1
const SEVERAL_GIVEN = 3

/** Below this, it is better to say what the tools can do. */
const THRESHOLD = 2.4

const HARMFUL = new Set(['delete', 'remove', 'drop', 'toggle', 'move', 'edit', 'write', 'create', 'kill', 'purge'])

/** The tool that fits a request best; several where connections have the same one, none where none fits well enough. */
export function chooseTool(request: string, tools: OfflineTool[], recall: RecallFunction): OfflineTool[] {
  const scored = tools.map((tool) => ({ tool, score: scoreOf(request, tool, tools, recall) }))
  const best = scored.toSorted((left, right) => right.score - left.score)[0]
  if (!best || best.score < THRESHOLD) return []
  const same = tools.filter(({ name }) => name === best.tool.name)
  const named = same.filter(({ connection }) => request.toLowerCase().includes(connection.toLowerCase()))
  return named.length > 0 ? named : same
}

/** A tool called by its own name, which is no ordinary word: `get-sum`, filesystem__write_file. */
export function toolNamedIn(request: string, tools: OfflineTool[]): OfflineTool | undefined {
  const found = tools.filter(
    ({ fullName, name }) => request.includes(fullName) || (/[_-]/.test(name) && request.includes(name)),
  )
  return found.toSorted((left, right) => lengthIn(request, right) - lengthIn(request, left))[0]
}

function lengthIn(request: string, { fullName, name }: OfflineTool): number {
  return request.includes(fullName) ? fullName.length + name.length : name.length
}

function scoreOf(request: string, tool: OfflineTool, tools: OfflineTool[], recall: RecallFunction): number {
  const gist = gistOf(request)
  const words = keywordsIn(gist)
  const matched = words.reduce((sum, word) => sum + matchOf(word, tool) * rarityOf(word, tools), 0)
  const fit = fitScore(request, tool, recall)
  // Numbers and names alone do not tell what is to be done with them.
  if (matched === 0 || !knowsVerb(gist, tool)) return 0
  const unmatched = words.filter((word) => matchOf(word, tool) === 0).length
  // "List all employees" is not about files only because there is a tool that lists them.
  if (unmatched > 0 && unmatched === words.length - 1 && fit <= 0 && !isOneVerb(gist, tool)) return 0
  const surplus = surplusScore(words, tool) + Math.max(UNMATCHED_MOST, unmatched * UNMATCHED_WORD)
  return matched + fit + verbScore(gist, tool) + surplus + (tool.deprecated ? DEPRECATED : 0)
}

/** Numbers, names and choices in the words that are just what the tool needs speak for it. */
function fitScore(request: string, tool: OfflineTool, recall: RecallFunction): number {
  const { input, missing } = fillArguments(tool, request, recall)
  const given = tool.inputs.filter((one) => one.required && one.name in input)
  return given.reduce((sum, one) => sum + worthOf(one, input[one.name], request), missing.length * INPUT_MISSING)
}

function worthOf(input: ToolInput, value: unknown, request: string): number {
  if (typeof value === 'number') return NUMBER_GIVEN
  if (Array.isArray(value)) return value.length > 1 ? SEVERAL_GIVEN : 0
  if (typeof value !== 'string') return 0
  if (input.choices.length > 0) return request.toLowerCase().includes(value.toLowerCase()) ? CHOICE_GIVEN : 0
  return /path|file/i.test(input.name) && value !== '.' ? FILE_GIVEN : 0
}

function matchOf(word: string, tool: OfflineTool): number {
  if (tool.nameStems.includes(word)) return IN_NAME
  if (synonymsOf(word).some((other) => tool.nameStems.includes(other))) return SYNONYM_IN_NAME
  if (tool.connectionStems.includes(word)) return IN_CONNECTION
  return tool.descriptionStems.includes(word) ? IN_DESCRIPTION : 0
}

/** A word that fits many tools tells less. */
function rarityOf(word: string, tools: OfflineTool[]): number {
  const fitting = tools.filter((tool) => matchOf(word, tool) >= IN_CONNECTION).length
  return 1 / Math.sqrt(Math.max(1, fitting / 2))
}

function verbScore(request: string, tool: OfflineTool): number {
  const verb = verbOf(request)
  const toolVerb = tool.nameStems[0] ?? ''
  if (verb === toolVerb) return VERB_FITS
  if (synonymsOf(verb).includes(toolVerb)) return VERB_NEARLY_FITS
  const asked = stemsOf(request).some((word) => word === toolVerb || synonymsOf(word).includes(toolVerb))
  return HARMFUL.has(toolVerb) && !asked ? HARM_NOT_ASKED : 0
}

/** "Translate hello.txt" is not done by reading it: what is to be done must be something the tool does. */
function knowsVerb(gist: string, tool: OfflineTool): boolean {
  const verb = verbOf(gist)
  return !isTelling(verb) || NEUTRAL.has(verb) || /^\d/.test(verb) || matchOf(verb, tool) > 0
}

const NEUTRAL = new Set('use run call do try start get give show tell let want need file'.split(' '))

function verbOf(request: string): string {
  return stemsOf(request).find((word) => !POLITE.has(word)) ?? ''
}

/** "Echo hello": the verb is all there is to the tool, and the rest is for it to take. */
function isOneVerb(request: string, { nameStems }: OfflineTool): boolean {
  const words = stemsOf(request)
  return (
    nameStems.length === 1 &&
    words.some((word) => word === nameStems[0] || synonymsOf(word).includes(nameStems[0] ?? ''))
  )
}

const POLITE = new Set('please can could would you hey hi hello now and also then kindly patchbay'.split(' '))

function surplusScore(words: string[], tool: OfflineTool): number {
  const meant = new Set(words.flatMap((word) => [word, ...synonymsOf(word)]))
  return tool.nameStems.filter((word) => !meant.has(word)).length * SURPLUS_NAME_WORD
}
