import type { OfflineTool } from '../api/tools.ts'
import { requestsIn } from '../text/words.ts'
import { CONNECT_WORDS, NO_OUTPUT, sayFailure, sayTools, showText, unableText } from './answer.ts'
import { chooseTool, toolNamedIn } from './choose-tool.ts'
import { sqlGivenIn } from './compose-sql.ts'
import { acceptsSql, isAboutFiles, listsObjects, planDatabaseRequest } from './database.ts'
import { fillArguments } from './fill-arguments.ts'
import { foundText, planMemoryRequest } from './knowledge-graph.ts'
import type { Plan, PlannedStep, PlanResult, RequestState, StepsOf } from './step.ts'
import { questionsFor } from './suggest.ts'

/** Everything a message asks for, one request after the other. */
export function* planRequest(asked: string, state: RequestState): StepsOf<string> {
  const about = aboutMyself(asked, state.tools)
  if (about) return about.text
  const sections: string[] = []
  for (const request of requestsIn(asked)) {
    const { text, halt } = yield* planOne(request, state)
    sections.push(text)
    if (halt) break
  }
  return sections.join('\n\n')
}

const GREETING =
  /^\W*(?:hi|hello|hey|help|thanks?|thank you|good (?:morning|evening|day)|what can you do|who are you|are you claude)\b[^.?!]{0,25}[.?!]*$/i
const HOW_TO_CONNECT = /^(?=.*\bconnect\b)(?:which|what|how)\b/i

function aboutMyself(asked: string, tools: OfflineTool[]): PlanResult | undefined {
  const connecting = HOW_TO_CONNECT.test(asked)
  if (!connecting && !GREETING.test(asked)) return undefined
  const hello = /^\W*(?:hi|hello|hey|good)\b/i.test(asked) ? 'Hello! ' : ''
  const more = connecting || tools.length === 0 ? `\n${CONNECT_WORDS}` : ''
  return unableText(`${hello}${sayTools(tools)}${more}`, questionsFor(tools))
}

function sayUnfit(tools: OfflineTool[]): PlanResult {
  if (tools.length === 0) return unableText(`You have no tools connected, so I cannot do that. ${CONNECT_WORDS}`, [])
  const names = [...new Set(tools.map(({ connection }) => connection))].map((name) => `*${name}*`).join(', ')
  const why = `I cannot do that, or did not understand it: I only match simple words to the tools of ${names}.`
  return unableText(`${why} \`/mcp connect\` adds others.`, questionsFor(tools))
}

function* planOne(raw: string, all: RequestState): Plan {
  const { request, tools } = narrowToConnection(rephraseAboutFiles(raw), all.tools)
  const state = { ...all, tools }
  const named = toolNamedIn(request, tools)
  if (named && sqlGivenIn(request) === undefined) return yield* callOnce(request, named, state)
  const said = (yield* planDatabaseRequest(request, state, false)) ?? (yield* planMemoryRequest(request, tools))
  if (said) return said
  const others = tools.filter((tool) => !acceptsSql(tool) && !listsObjects(tool))
  const fitting = chooseTool(request, others, state.recall)
  if (fitting.length > 1) return askWhich(request, fitting)
  if (fitting[0]) return yield* callOnce(request, fitting[0], state)
  // "Show me 3 departments": only the names of the tables tell whether a database knows about it.
  const guessed =
    GUESS.test(request) && !isAboutFiles(request) ? yield* planDatabaseRequest(request, state, true) : undefined
  return guessed ?? sayUnfit(all.tools)
}

const GUESS = /^\W*(?:show|list|give|find|get|who|which|delete|remove)\b/i

function askWhich(request: string, tools: OfflineTool[]): PlanResult {
  const names = tools.map(({ connection }) => connection)
  const questions = names.map((name) => `${request.replace(/[\s?.!]+$/, '')} in ${name}`)
  return unableText(
    `Several connections can do that: ${names.map((name) => `*${name}*`).join(', ')}. Which one do you mean?`,
    questions,
  )
}

/** "Use memory to …", "… with filesystem": a connection that is named is the one that is meant. */
function narrowToConnection(request: string, tools: OfflineTool[]): { request: string; tools: OfflineTool[] } {
  for (const connection of new Set(tools.map((tool) => tool.connection))) {
    const name = connection.replaceAll(/[^\w]/g, String.raw`\$&`)
    const mention = new RegExp(
      String.raw`(?:^(?:please\s+)?use\s+(?:the\s+)?${name}\s+(?:connection\s+)?to\s+)|(?:\s+(?:with|using|via|through|in|on)\s+(?:the\s+|my\s+)?${name}(?:\s+connection)?(?=[\s?.!,]*$))`,
      'i',
    )
    if (connection !== '' && mention.test(request))
      return { request: request.replace(mention, ''), tools: tools.filter((tool) => tool.connection === connection) }
  }
  return { request, tools }
}

/** Questions about files as the orders that they are. */
function rephraseAboutFiles(request: string): string {
  if (/^(?:what|which)\b.*\bfiles\b/i.test(request)) return request.replace(/^(?:what|which)/i, 'list directory')
  if (/^what\b.*\b(?:in|inside)\b.*\b(?:folder|directory)\b/i.test(request))
    return request.replace(/^\S+(?:\s+is)?/i, 'list')
  if (/^how (?:big|large|old)\b/i.test(request) && /\w\.\w{2,5}\b/.test(request)) return `get file info: ${request}`
  const aboutFile =
    /^what\b.*\b(?:say|contains?|in|inside)\b/i.test(request) && /\bfile\b|\bit\b|\w\.\w{2,5}\b/i.test(request)
  return aboutFile
    ? request.replace(/^\S+(?:\s+(?:is|does))?/i, 'read').replace(/\bsays?\b/gi, '')
    : request.replace(/(\d)\s*\+\s*(?=\d)/g, '$1 plus ')
}

/** One tool, once. */
function* callOnce(request: string, tool: OfflineTool, { recall }: RequestState): Plan {
  const { input, missing } = fillArguments(tool, request, recall)
  if (missing.length > 0) return sayMissing(tool, missing)
  const outcome = yield { tool, input, say: `I'll use ${spokenName(tool)}.` }
  if (outcome.isError) return { text: sayFailure(tool, outcome.text, outcome.input), halt: true }
  if (typeof outcome.input.path === 'string' && outcome.input.path !== '.') recall.path = outcome.input.path
  recall.text = outcome.text
  return { text: sayResult(tool, outcome.input, outcome.text), halt: false }
}

function sayMissing(tool: OfflineTool, missing: string[]): PlanResult {
  const names = missing.map((name) => `\`${name}\``).join(' and ')
  const why = `I would use *${spokenName(tool)}*, but I could not find ${names} in your words. Put ${missing.length > 1 ? 'them' : 'it'} in quotes, or say \`${missing[0]}=…\`.`
  const choices = tool.inputs.find(({ name }) => name === missing[0])?.choices ?? []
  const questions = choices.map((choice) => `Use ${tool.name} with ${missing[0]}="${choice}"`)
  return unableText(why, missing.length === 1 ? questions.slice(0, 4) : [])
}

function spokenName(tool: OfflineTool): string {
  return tool.name.replaceAll(/[_-]+/g, ' ')
}

function sayResult(tool: OfflineTool, input: PlannedStep['input'], text: string): string {
  if (typeof input.path === 'string' && typeof input.content === 'string')
    return `Done: \`${input.path}\` now says:\n> ${input.content.replaceAll('\n', '\n> ')}`
  if (tool.nameStems.includes('list') && tool.nameStems.includes('directory')) return sayListing(text, input.path)
  if (tool.nameStems[0] === 'read' && typeof input.path === 'string') return sayFile(input.path, text)
  return foundText(text) ?? showText(text)
}

function sayFile(path: string, text: string): string {
  if (text.trim() === '' || text.trim() === NO_OUTPUT) return `\`${path}\` is empty.`
  const words = text.length > 600 ? showText(text) : `> ${text.trimEnd().replaceAll('\n', '\n> ')}`
  return `\`${path}\` says:\n${words}`
}

function sayListing(text: string, path: unknown): string {
  const lines = text
    .trim()
    .split('\n')
    .filter((line) => line !== '' && line !== NO_OUTPUT)
  if (lines.length === 0)
    return typeof path === 'string' && path !== '.' ? `${path} is empty.` : 'Your folder is empty.'
  const items = lines.map((line) => `- ${line.replace(/^\[FILE\]\s*/, '').replace(/^\[DIR\]\s*(.*)$/, '$1/')}`)
  return `There ${items.length === 1 ? 'is one item' : `are ${items.length} items`}:\n${items.slice(0, 50).join('\n')}`
}
