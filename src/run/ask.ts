import { randomUUID } from 'node:crypto'
import type { Message, ModelTurn } from '../model/turn.ts'
import { refuseOverBudget } from './budget.ts'
import type { RunDeps } from './deps.ts'
import { type Held, record } from './held.ts'
import { offeredOf, sourcesOf } from './own-tools.ts'
import { INSTRUCTIONS, LAST_TURN } from './prompt.ts'
import { recall } from './recall.ts'

import { withServerNotes } from './server-notes.ts'
import type { RunState } from './state.ts'
import { namedTools } from './toolbox.ts'
import { messagesOf } from './transcript.ts'
import { withFiles } from './with-files.ts'

/** Room for a long answer or a large file's content in one turn. */
const TURN_MAX_TOKENS = 8_192

/** One turn of the model: streams its words to the door and records the reply. */
export async function ask(deps: RunDeps, held: Held, last: boolean): Promise<void> {
  await refuseOverBudget(deps, held)
  const signal = AbortSignal.any([held.abort.signal, deps.closing])
  held.history ??= await recall(deps, held, signal)
  const sources = await sourcesOf(deps, held.state.origin)
  const offered = deps.fitting.offered(namedTools(offeredOf(sources)))
  const filled = await withFiles(deps, held.state.origin, [...held.history, ...messagesOf(held.state)], signal)
  const messages = withServerNotes(filled, sources)
  const turn = await deps.model.turn(
    {
      system: INSTRUCTIONS,
      messages: last ? withWord(messages, LAST_TURN) : messages,
      tools: offered,
      maxTokens: TURN_MAX_TOKENS,
    },
    {
      signal,
      onWords: (text) => deps.door.tell(held.state, { kind: 'words', text }),
      onRestart: () => deps.door.tell(held.state, { kind: 'restart' }),
      onWaiting: (w) => deps.door.tell(held.state, { kind: 'waiting', seconds: w.seconds, why: w.why }),
    },
  )
  const content = withFreshIds(turn.content, held.state)
  await record(deps, held, [{ type: 'replied', ...turn, content, at: deps.now().toISOString() }], 'fact')
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
