import { contextWindowOf, estimateTokens } from '../../model/context-window.ts'
import type { Message, OfferedTool } from '../../model/turn.ts'
import type { ResolvedTool, ToolSource } from '../deps.ts'

/** Connections of which tools were left out of a request, because all of them would not fit the model. */
export type LeftOutTools = { connection: string; tools: number }[]

/** Tools take at most this share of the window: a conversation and its results need the rest. */
const TOOLS_SHARE = 0.5
/** The room shrinks in such steps, so that a growing conversation seldom changes the tools and with them the cache. */
const STEPS = 8

type Request = {
  model: string
  system: string
  messages: Message[]
  maxTokens: number
  /** The words of the person. */
  words: string
}
type Named = Map<string, ResolvedTool<ToolSource>>

/**
 * The tools that fit the model's window beside the conversation, in the order given. First come those used in this thread, then
 * those that match the request's words, then the most used. `countCalls` is asked only where not all fit.
 */
export async function fitTools(
  offered: OfferedTool[],
  tools: Named,
  request: Request,
  countCalls: (tools: Named) => Promise<Map<string, number>>,
): Promise<{ kept: OfferedTool[]; leftOut: LeftOutTools }> {
  const sized = offered.map((tool) => ({ tool, size: estimateTokens(tool) }))
  let room = roomForTools(request)
  if (sized.reduce((sum, { size }) => sum + size, 0) <= room) return { kept: offered, leftOut: [] }
  const calls = await countCalls(tools)
  const kept = new Set<OfferedTool>()
  for (const { tool, size } of ranked(sized, tools, request, calls)) {
    if (size > room) continue
    room -= size
    kept.add(tool)
  }
  const others = offered.filter((tool) => !kept.has(tool))
  const counts = Map.groupBy(others, ({ name }) => tools.get(name)?.source.name ?? '')
  return {
    kept: offered.filter((tool) => kept.has(tool)),
    leftOut: [...counts].map(([connection, { length }]) => ({ connection, tools: length })),
  }
}

function roomForTools({ model, system, messages, maxTokens }: Request): number {
  const window = contextWindowOf(model)
  const step = window / STEPS
  const free = window - maxTokens - estimateTokens(system) - estimateTokens(messages)
  const whole = free > step ? Math.floor(free / step) * step : free
  return Math.min(window * TOOLS_SHARE, whole)
}

function ranked<T extends { tool: OfferedTool }>(
  sized: T[],
  tools: Named,
  { messages, words }: Request,
  calls: Map<string, number>,
): T[] {
  const used = new Set(
    messages.flatMap(({ content }) => content.flatMap((part) => (part.type === 'tool_use' ? [part.name] : []))),
  )
  const asked = wordsIn(words)
  const scored = sized.map((one) => ({
    one,
    isUsed: used.has(one.tool.name) ? 1 : 0,
    score: scoreOf(one.tool, tools.get(one.tool.name), asked),
    calls: calls.get(one.tool.name) ?? 0,
  }))
  // Sorting keeps the order of equals.
  return scored.toSorted((a, b) => b.isUsed - a.isUsed || b.score - a.score || b.calls - a.calls).map(({ one }) => one)
}

/** A word in a name says more than one in a description. */
function scoreOf({ name, description }: OfferedTool, found: ResolvedTool<ToolSource> | undefined, asked: Set<string>) {
  const own = wordsIn(`${name} ${found?.tool.name ?? ''} ${found?.tool.title ?? ''}`)
  const text = wordsIn(description)
  return [...asked].reduce((sum, word) => sum + (own.has(word) ? 3 : 0) + (text.has(word) ? 1 : 0), 0)
}

/** Words of three letters and more, without a plural's end: `listIssues` and "my issues" meet in "issue". */
const wordsIn = (text: string): Set<string> =>
  new Set(
    text
      .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .filter((word) => word.length > 2 && !COMMON.has(word))
      .map((word) => (word.length > 3 ? word.replace(/(?<!s)s$/, '') : word)),
  )

const COMMON = new Set(
  'the and for with this that from you your are can what which how all any please into not'.split(' '),
)
