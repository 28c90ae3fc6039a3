import { randomUUID } from 'node:crypto'
import { AppError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { toModelArguments, toServerArguments } from '../../model/tool-schema.ts'
import type { Message, ModelTurn, UserMessage } from '../../model/turn.ts'
import { headOf } from '../../text.ts'
import type { FileContent, RunDeps, Source } from '../deps.ts'
import { labelOf, quoteWords } from '../frames.ts'
import type { Origin } from '../state/events.ts'
import type { RunState } from '../state/state.ts'
import { appendEvents, type LeasedRun } from '../storage/leased-run.ts'
import { findAgentsToAsk } from '../team/asked-agents.ts'
import { ownToolsFor } from '../team/own-tools.ts'
import { countToolCalls } from '../tools/count-tool-calls.ts'
import { fitTools } from '../tools/fit-tools.ts'
import { nameTools, offeredSourcesOf, sourcesOf } from '../tools/offered-tools.ts'
import { loadConversationHistory } from './conversation-history.ts'
import { describeToolsLeftOut, instructionsFor, LAST_TURN } from './instructions.ts'
import { messagesOf, withText } from './transcript.ts'

/** Room for a long answer or a large file's content in one turn. */
const TURN_MAX_TOKENS = 8_192

/** One turn of the model: streams its words to the door and records the reply. */
export async function askModel(deps: RunDeps, leased: LeasedRun, last: boolean): Promise<void> {
  await refuseOverBudget(deps, leased)
  const signal = AbortSignal.any([leased.abort.signal, deps.closing])
  leased.history ??= await loadConversationHistory(deps, leased, signal)
  await noteTime(deps, leased)
  const { agent } = leased.state
  const sources = await sourcesOf(deps, leased.state)
  const tools = nameTools(offeredSourcesOf(sources))
  const filesTold = leased.state.files.length
  const told = renameCalls([...leased.history.messages, ...messagesOf(leased.state, leased.history.before)], tools)
  const filled = await inlineFiles(deps, leased.state.origin, told, signal)
  const messages = addServerInstructions(filled, sources)
  const request = { system: instructionsFor(agent), messages, maxTokens: TURN_MAX_TOKENS }
  const { kept, leftOut } = await fitTools(
    deps.toolSchemas.offered(tools),
    tools,
    { ...request, model: agent?.model ?? deps.model.name, words: wordsIn(leased.state) },
    (named) => countToolCalls(deps.db, leased.state.origin.workspace, named),
  )
  const own = ownToolsFor(leased.state, await findAgentsToAsk(deps, leased.state))
  const words = [...(leftOut.length > 0 ? [describeToolsLeftOut(leftOut)] : []), ...(last ? [LAST_TURN] : [])]
  const turn = await deps.model.turn(
    { ...request, model: agent?.model, messages: words.reduce(withText, messages), tools: [...kept, ...own] },
    {
      signal,
      onWords: (text) => deps.listener.onProgress(leased.state, { kind: 'words', text }),
      onRestart: () => deps.listener.onProgress(leased.state, { kind: 'restart' }),
      onWaiting: (w) => deps.listener.onProgress(leased.state, { kind: 'waiting', seconds: w.seconds, why: w.why }),
    },
  )
  const content = withFreshIds(withServerNames(turn.content, tools), leased.state)
  const less = leftOut.length > 0 ? { toolsLeftOut: leftOut } : {}
  const replied = { type: 'replied' as const, ...turn, content, ...less, at: deps.now().toISOString() }
  // The answer to a request whose files came meanwhile says that there are none.
  const holds = await appendEvents(deps, leased, [replied], { filesTold })
  if (!holds) deps.listener.onProgress(leased.state, { kind: 'restart' })
}

const wordsIn = ({ text, corrections }: RunState): string => [text, ...corrections.map((one) => one.text)].join('\n')

type NamedTools = Map<string, { tool: { inputSchema: JsonObject } }>

/** What the model said before, with its arguments under the names it knows. */
const renameCalls = (messages: Message[], tools: NamedTools): Message[] =>
  messages.map((message) =>
    message.role === 'user' ? message : { ...message, content: renamed(message.content, tools, toModelArguments) },
  )

const withServerNames = (content: ModelTurn['content'], tools: NamedTools): ModelTurn['content'] =>
  renamed(content, tools, toServerArguments)

function renamed(
  content: ModelTurn['content'],
  tools: NamedTools,
  rename: (schema: JsonObject, args: JsonObject) => JsonObject,
): ModelTurn['content'] {
  return content.map((part) => {
    const found = part.type === 'tool_use' ? tools.get(part.name) : undefined
    return part.type === 'tool_use' && found !== undefined
      ? { ...part, input: rename(found.tool.inputSchema, part.input) }
      : part
  })
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

/** Before a run goes on this much later, the model is told what time it is. */
const LATER_MS = 5 * 60_000

/** Writes down that time has passed: what the model was told stays the same in each turn, and so in its cache. */
async function noteTime(deps: RunDeps, leased: LeasedRun): Promise<void> {
  const { resumed, corrections, startedAt } = leased.state
  const told = [startedAt, ...resumed.map(({ at }) => at), ...corrections.map(({ at }) => at)]
  const toldAt = Math.max(...told.map((at) => at.getTime()))
  if (deps.now().getTime() - toldAt < LATER_MS) return
  await appendEvents(deps, leased, [{ type: 'resumed', at: deps.now().toISOString() }], 'fact')
}

/**
 * Throws `limit_reached` when a run that has cost nothing yet would begin over its workspace's budget.
 * One that is under way may end: stopping it half-way would waste what it cost.
 */
async function refuseOverBudget({ store, now }: RunDeps, { state }: Pick<LeasedRun, 'state'>): Promise<void> {
  if (state.usage.costUsd > 0) return
  const budget = await store.budget(state.origin.workspace)
  if (budget === undefined || budget.spentUsd < budget.budgetUsd) return
  const [month, next] = [now(), nextMonth(now())].map((at) =>
    at.toLocaleDateString('en-US', { month: 'long', timeZone: 'UTC' }),
  )
  throw new AppError(
    'limit_reached',
    `This workspace has used up its budget for ${month} ($${budget.budgetUsd.toFixed(2)}), so I can't begin this. An owner can raise it here or in my Home tab. Otherwise, ask again in ${next}.`,
  )
}

const nextMonth = (at: Date): Date => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1))

// Of all servers together; what one may say, mcp/ bounds.
const MAX_CHARS = 8_000

/**
 * The messages with what the person's servers say of their own use, marked as theirs, before the first word. At the
 * beginning, so that the model's cache holds through a conversation.
 */
function addServerInstructions(messages: Message[], sources: Source[]): Message[] {
  const [first, ...rest] = messages
  const notes = notesOf(sources)
  if (notes === '' || first?.role !== 'user') return messages
  return [{ role: 'user', content: [{ type: 'text', text: notes }, ...first.content] }, ...rest]
}

function notesOf(sources: Source[]): string {
  let room = MAX_CHARS
  const notes = sources.flatMap(({ name, instructions, tools }) => {
    if (instructions === undefined || tools.length === 0 || room <= 0) return []
    const text = headOf(instructions, room)
    room -= text.length
    return [quoteWords('server_notes', { connection: name, trusted: 'no' }, text)]
  })
  return notes.join('\n')
}

/** One request to the model carries 32 MB at most (docs.claude.com, Messages API); base64 takes a third more than the files. */
const MOST_BASE64_CHARS = 24 * 1024 * 1024
const MOST_FILES = 20

type Part = UserMessage['content'][number]
type Room = { files: number; chars: number }

/** The messages with the contents of the files in them; the newest first, until there is no more room. */
export async function inlineFiles(
  deps: Pick<RunDeps, 'readFile'>,
  origin: Origin,
  messages: Message[],
  signal: AbortSignal,
): Promise<Message[]> {
  if (!messages.some(hasFile)) return messages
  const room: Room = { files: MOST_FILES, chars: MOST_BASE64_CHARS }
  const filled: Message[] = []
  for (const message of messages.toReversed()) {
    if (message.role === 'assistant') filled.push(message)
    else filled.push({ role: 'user', content: await fill(deps, origin, { message, room, signal }) })
  }
  return filled.toReversed()
}

const hasFile = ({ content }: Message): boolean => content.some((part) => part.type === 'file')

async function fill(
  deps: Pick<RunDeps, 'readFile'>,
  origin: Origin,
  { message, room, signal }: { message: UserMessage; room: Room; signal: AbortSignal },
): Promise<Part[]> {
  const parts: Part[] = []
  for (const part of message.content) {
    if (part.type !== 'file') {
      parts.push(part)
      continue
    }
    const { type: _, ...file } = part
    const content = room.files > 0 ? await deps.readFile(origin, file, signal) : TOO_MANY
    parts.push(...shown(part, content, room))
  }
  return parts
}

const TOO_MANY: FileContent = { kind: 'unread', why: 'there are too many files in this conversation to show it again' }
const NO_ROOM: FileContent = { kind: 'unread', why: 'there is no room for it beside the other files' }

type Named = Extract<Part, { type: 'file' }>

function shown(file: Named, content: FileContent, room: Room): Part[] {
  const data = content.kind === 'image' || content.kind === 'pdf' ? content.data.length : 0
  if (data > room.chars) return shown(file, NO_ROOM, room)
  room.files -= 1
  room.chars -= data
  const name = content.name ?? file.name
  return [...noteParts(name, content), ...contentParts({ ...file, name }, content)]
}

const noteParts = (about: string, { note }: FileContent): Part[] =>
  note === undefined ? [] : [{ type: 'text', text: quoteWords('file', { about }, note) }]

function contentParts(file: Named, content: FileContent): Part[] {
  const label = `File ${JSON.stringify(labelOf(file.name))} (${labelOf(file.mimeType || 'of unknown kind')})`
  switch (content.kind) {
    case 'text':
      return [{ type: 'text', text: quoteWords('file', { name: file.name }, content.text) }]
    case 'image':
      return [
        { type: 'text', text: `${label}:` },
        { type: 'image', mimeType: content.mimeType, data: content.data },
      ]
    case 'pdf':
      return [{ type: 'document', name: labelOf(file.name), data: content.data }]
    case 'unread':
      return [{ type: 'text', text: `[${label} was sent, but you cannot see it: ${content.why}. Tell the person.]` }]
    default:
      return content satisfies never
  }
}
