import { requestsIn } from '../api/split-requests.ts'
import { CONNECT_WORDS, sayTools, unableText } from './answer.ts'
import { sqlGivenIn } from './compose-sql.ts'
import { planDatabaseRequest } from './database.ts'
import { planToolRequest } from './plan-call.ts'
import type { OfflineTool, Plan, PlanResult, RequestState, StepsOf } from './plan-types.ts'
import { questionsFor } from './questions.ts'

/** Everything a message asks for, one request after the other. */
export function* planRequest(asked: string, state: RequestState): StepsOf<string> {
  const about = aboutMyself(asked, state.tools)
  if (about) return about.text
  const results: PlanResult[] = []
  for (const request of requestsIn(asked.replace(OPENING, ''))) {
    const result = yield* planOne(request, state)
    results.push(result)
    if (result.halt) break
  }
  const last = results.findLast(({ written }) => written !== undefined)
  return results.map((one) => (one === last ? one.text : (one.written ?? one.text))).join('\n\n')
}

const GREETING =
  /^\W*(?:hi|hello|hey|help|good (?:morning|evening|day)|what can (?:you do|i (?:do|ask))|who are you|(?:are you|is this) claude|what (?:model )?are you|how do(?:es)? (?:this|it|you) work|(?:give|show) me an? (?:example|idea))\b[^.?!]{0,25}[.?!]*$/i
const THANKS =
  /^\W*(?:(?:many )?thanks?|thank you|thx|cheers|great|perfect|nice|cool|well done|good job)(?:[\s,]+(?:you|a lot|so much|very much|again|for (?:that|this|your help|the help)|(?:that|this) (?:helps|helped|worked|is great|was great)|patchbay|work|job))*[\s.!:)]*$/i
/** What a request may begin with, and is not a part of it. */
const OPENING = /^\W*(?:(?:great|ok(?:ay)?|perfect|nice|cool|thanks?|thank you|good)\s*[,.!]+\s*)+(?:now\s+)?(?=\S)/i
const HOW_TO_CONNECT = /^(?=.*\bconnect\b)(?:which|what|how)\b/i

function aboutMyself(asked: string, tools: OfflineTool[]): PlanResult | undefined {
  if (THANKS.test(asked)) return { text: 'You are welcome! Ask me the next thing whenever you like.', halt: true }
  const connecting = HOW_TO_CONNECT.test(asked)
  if (!connecting && !GREETING.test(asked)) return undefined
  const hello = /^\W*(?:hi|hello|hey|good)\b/i.test(asked) ? 'Hello! ' : ''
  const more = connecting ? `\n${CONNECT_WORDS}` : ''
  return unableText(`${hello}${sayTools(tools)}${more}`, questionsFor(tools))
}

function sayUnfit(tools: OfflineTool[]): PlanResult {
  // The app offers them below.
  if (tools.length === 0) return unableText('I cannot do that without tools.', [])
  const names = [...new Set(tools.map(({ connection }) => connection))].map((name) => `**${name}**`).join(', ')
  const why = `I cannot do that, or did not understand it: I only match simple English words to the tools of ${names}.`
  return unableText(`${why} **Connect a tool** in my Home tab adds others.`, questionsFor(tools))
}

/** How a request may begin that means the same without. */
const POLITE =
  /^\W*(?:(?:can|could|would|will) you(?: please)?|please|i(?:'d| would)? (?:want|like|need) to (?:see|know)|i (?:want|need)|tell me(?: about)?|(?:what|how) about|and)\s+(?=\S)/i
/** Other words for "Which tables are there?". */
const ASKS_TABLES =
  /^\W*(?:(?:what|which) data (?:do (?:you|i|we) have|is there)|(?:what(?: is|'s) in|show me|describe) (?:the|my|your|this) (?:demo[ -])?(?:data|db|database|schema)|(?:show )?schema)[\s.?!]*$/i

function plainRequest(raw: string): string {
  const plain = raw.replaceAll('’', "'")
  if (ASKS_TABLES.test(plain)) return 'Which tables are there?'
  const short = plain.replace(POLITE, '')
  return short.replace(/^(what|who|where|when|which)'s\b/i, '$1 is')
}

function* planOne(raw: string, all: RequestState): Plan {
  const { request, tools } = narrowToConnection(plainRequest(raw), all.tools)
  const state = { ...all, tools }
  const called = sqlGivenIn(request) === undefined ? planToolRequest(request, state) : undefined
  if (called) return 'text' in called ? called : yield* called
  return (yield* planDatabaseRequest(request, state)) ?? sayUnfit(all.tools)
}

/** "Use memory to …", "… with filesystem": a connection that is named is the one that is meant. */
function narrowToConnection(request: string, tools: OfflineTool[]): { request: string; tools: OfflineTool[] } {
  for (const connection of new Set(tools.map((tool) => tool.connection))) {
    const name = connection.replaceAll(/[^\w]/g, String.raw`\$&`)
    const mention = new RegExp(
      String.raw`(?:\s+(?:with|using|via|through|in|on)\s+(?:the\s+|my\s+)?${name}(?:\s+connection)?(?=[\s?.!,]*$))`,
      'i',
    )
    if (connection !== '' && mention.test(request))
      return { request: request.replace(mention, ''), tools: tools.filter((tool) => tool.connection === connection) }
  }
  return { request, tools }
}
