import { NO_OUTPUT, sayFailure, sayHelp, showText } from '../text/answer.ts'
import { requestsIn } from '../text/words.ts'
import type { OfflineTool } from '../tools.ts'
import { chooseTool, toolNamedIn } from './choose-tool.ts'
import { givenSql, isAboutFiles } from './compose-sql.ts'
import { listsObjects, planDatabaseRequest, takesSql } from './database.ts'
import { fillArguments } from './fill-arguments.ts'
import { planMemoryRequest, sayFound } from './knowledge-graph.ts'
import type { Context, Plan, Step, StepsOf } from './step.ts'

/** Everything a request asks for, wish by wish. */
export function* planRequest(asked: string, context: Context): StepsOf<string> {
  if (isGreeting(asked)) return sayHelp(context.tools, true)
  const sections: string[] = []
  for (const wish of requestsIn(asked)) {
    const said = yield* workOnWish(wish, context)
    sections.push(said.text)
    if (said.halt) break
  }
  return sections.join('\n\n')
}

function isGreeting(asked: string): boolean {
  return /^\W*(?:hi|hello|hey|help|thanks?|thank you|good (?:morning|evening|day)|what can you do|who are you)\b[^.?!]{0,20}[.?!]*$/i.test(
    asked,
  )
}

function* workOnWish(raw: string, context: Context): Plan {
  const { wish, tools } = narrowed(plainer(raw), context.tools)
  const named = toolNamedIn(wish, tools)
  if (named && givenSql(wish) === undefined) return yield* simpleWork(wish, named, context)
  const here = { ...context, tools }
  const said = (yield* planDatabaseRequest(wish, here, false)) ?? (yield* planMemoryRequest(wish, tools))
  if (said) return said
  const others = tools.filter((tool) => !takesSql(tool) && !listsObjects(tool))
  const tool = chooseTool(wish, others, context.recall)
  if (tool) return yield* simpleWork(wish, tool, context)
  // "Show me 3 departments": nothing but the names of the tables can tell whether the database knows about it.
  const guessed = GUESS.test(wish) && !isAboutFiles(wish) ? yield* planDatabaseRequest(wish, here, true) : undefined
  return guessed ?? { text: sayHelp(tools, false), halt: true }
}

const GUESS = /^\W*(?:show|list|give|find|get|who|which|delete|remove)\b/i

/** "Use memory to …", "… with filesystem": a connection that is named is the one that is meant. */
function narrowed(wish: string, tools: OfflineTool[]): { wish: string; tools: OfflineTool[] } {
  for (const connection of new Set(tools.map((tool) => tool.connection))) {
    const mention = new RegExp(
      String.raw`(?:^(?:please\s+)?use\s+(?:the\s+)?${connection}\s+(?:connection\s+)?to\s+)|(?:\s+(?:with|using|via|through|in|on)\s+(?:the\s+|my\s+)?${connection}(?:\s+connection)?(?=[\s?.!,]*$))`,
      'i',
    )
    if (connection !== '' && mention.test(wish))
      return { wish: wish.replace(mention, ''), tools: tools.filter((tool) => tool.connection === connection) }
  }
  return { wish, tools }
}

/** Questions about files as the orders that they are. */
function plainer(wish: string): string {
  if (/^(?:what|which)\b.*\bfiles\b/i.test(wish)) return wish.replace(/^(?:what|which)/i, 'list directory')
  if (/^what\b.*\b(?:in|inside)\b.*\b(?:folder|directory)\b/i.test(wish)) return wish.replace(/^\S+(?:\s+is)?/i, 'list')
  if (/^how (?:big|large|old)\b/i.test(wish) && /\w\.\w{2,5}\b/.test(wish)) return `get file info: ${wish}`
  const aboutFile =
    /^what\b.*\b(?:say|contains?|in|inside)\b/i.test(wish) && /\bfile\b|\bit\b|\w\.\w{2,5}\b/i.test(wish)
  return aboutFile
    ? wish.replace(/^\S+(?:\s+(?:is|does))?/i, 'read').replace(/\bsays?\b/gi, '')
    : wish.replace(/(\d)\s*\+\s*(?=\d)/g, '$1 plus ')
}

/** One tool, once. */
function* simpleWork(wish: string, tool: OfflineTool, context: Context): Plan {
  const { input, missing } = fillArguments(tool, wish, context.recall)
  if (missing.length > 0) return { text: sayMissing(tool, missing), halt: true }
  const outcome = yield { tool, input, say: `I'll use ${spoken(tool)}.` }
  if (outcome.isError) return { text: sayFailure(tool, outcome.text, outcome.input.path), halt: true }
  if (typeof outcome.input.path === 'string' && outcome.input.path !== '.') context.recall.path = outcome.input.path
  context.recall.text = outcome.text
  return { text: sayResult(tool, outcome.input, outcome.text), halt: false }
}

function sayMissing(tool: OfflineTool, missing: string[]): string {
  const names = missing.map((name) => `\`${name}\``).join(' and ')
  return `I would use *${spoken(tool)}*, but I could not find ${names} in your words. Put ${missing.length > 1 ? 'them' : 'it'} in quotes, or say \`${missing[0]}=…\`.`
}

function spoken(tool: OfflineTool): string {
  return tool.name.replaceAll(/[_-]+/g, ' ')
}

function sayResult(tool: OfflineTool, input: Step['input'], text: string): string {
  if (typeof input.path === 'string' && typeof input.content === 'string')
    return `Done: \`${input.path}\` now says:\n> ${input.content.replaceAll('\n', '\n> ')}`
  if (tool.nameStems.includes('list') && tool.nameStems.includes('directory')) return sayListing(text, input.path)
  if (tool.nameStems[0] === 'read' && typeof input.path === 'string') return `\`${input.path}\` says:\n${quoted(text)}`
  return sayFound(text) ?? showText(text)
}

function quoted(text: string): string {
  return text.length > 600 ? showText(text) : `> ${text.trimEnd().replaceAll('\n', '\n> ')}`
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
