import { randomUUID } from 'node:crypto'
import type { Message, ModelTurn } from '../../model/turn.ts'
import type { RunDeps } from '../deps.ts'
import type { RunState } from '../state/state.ts'
import { appendEvents, type LeasedRun } from '../storage/leased-run.ts'
import { offeredSourcesOf, sourcesOf } from '../tools/builtin-tools.ts'
import { nameTools } from '../tools/offered-tools.ts'
import { addServerInstructions } from './add-server-instructions.ts'
import { refuseOverBudget } from './budget.ts'
import { loadConversationHistory } from './conversation-history.ts'
import { inlineFiles } from './inline-files.ts'
import { INSTRUCTIONS, LAST_TURN } from './instructions.ts'
import { messagesOf } from './transcript.ts'

/** Room for a long answer or a large file's content in one turn. */
const TURN_MAX_TOKENS = 8_192

/** One turn of the model: streams its words to the door and records the reply. */
export async function askModel(deps: RunDeps, leased: LeasedRun, last: boolean): Promise<void> {
  await refuseOverBudget(deps, leased)
  const signal = AbortSignal.any([leased.abort.signal, deps.closing])
  leased.history ??= await loadConversationHistory(deps, leased, signal)
  const sources = await sourcesOf(deps, leased.state.origin)
  const offered = deps.fitting.offered(nameTools(offeredSourcesOf(sources)))
  const filled = await inlineFiles(deps, leased.state.origin, [...leased.history, ...messagesOf(leased.state)], signal)
  const messages = addServerInstructions(filled, sources)
  const turn = await deps.model.turn(
    {
      system: INSTRUCTIONS,
      messages: last ? withWord(messages, LAST_TURN) : messages,
      tools: offered,
      maxTokens: TURN_MAX_TOKENS,
    },
    {
      signal,
      onWords: (text) => deps.listener.onProgress(leased.state, { kind: 'words', text }),
      onRestart: () => deps.listener.onProgress(leased.state, { kind: 'restart' }),
      onWaiting: (w) => deps.listener.onProgress(leased.state, { kind: 'waiting', seconds: w.seconds, why: w.why }),
    },
  )
  const content = withFreshIds(turn.content, leased.state)
  await appendEvents(deps, leased, [{ type: 'replied', ...turn, content, at: deps.now().toISOString() }], 'fact')
}

/** Calls are told apart by their ids in the whole run; a server that numbers them anew in each turn gets others. */
function withFreshIds(content: ModelTurn['content'], state: RunState): ModelTurn['content'] {
  const taken = new Set(state.calls.map((call) => call.id))
  return content.map((part) => {
    if (part.type !== 'tool_use') return part
    const id = taken.has(part.id) ? `call_${randomUUID()}` : part.id
    taken.add(id)
    return { ...part, id }
  })
}

/** The same messages with one more text at the end of the last, which is the person's or the tools'. */
function withWord(messages: Message[], text: string): Message[] {
  const last = messages.at(-1)
  if (last?.role !== 'user') return [...messages, { role: 'user', content: [{ type: 'text', text }] }]
  return [...messages.slice(0, -1), { role: 'user', content: [...last.content, { type: 'text', text }] }]
}
