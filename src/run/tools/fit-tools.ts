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
 * those that match the request's words, then the others as given.
 */
export function fitTools(
  offered: OfferedTool[],
  tools: Named,
  request: Request,
): { kept: OfferedTool[]; leftOut: LeftOutTools } {
  const sizes = new Map(offered.map((tool) => [tool, estimateTokens(tool)]))
  let room = roomForTools(request)
  const kept = new Set<OfferedTool>()
  for (const tool of ranked(offered, tools, request)) {
    const size = sizes.get(tool) ?? 0
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

function ranked(offered: OfferedTool[], tools: Named, { messages, words }: Request): OfferedTool[] {
  const used = new Set(
    messages.flatMap(({ content }) => content.flatMap((part) => (part.type === 'tool_use' ? [part.name] : []))),
  )
  const asked = wordsIn(words)
  const scored = offered.map((tool) => ({
    tool,
    score: used.has(tool.name) ? Number.POSITIVE_INFINITY : scoreOf(tool, tools.get(tool.name), asked),
  }))
  // Sorting keeps the order of equals.
  return scored.toSorted((a, b) => (a.score === b.score ? 0 : b.score - a.score)).map(({ tool }) => tool)
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
