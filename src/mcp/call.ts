import {
  type CallToolResult,
  type InputRequiredResult,
  isInputRequiredResult,
  LOG_LEVEL_META_KEY,
  ProtocolError,
  type Tool,
  UrlElicitationRequiredError,
} from '@modelcontextprotocol/client'
import { isAppError } from '../errors.ts'
import type { JsonObject, StoredTool } from '../registry/connection.ts'
import type { Resumption } from './ask.ts'
import type { Asker } from './askers.ts'
import { elicited } from './border.ts'
import { outcomeOf } from './content.ts'
import { isLostStream } from './lost-stream.ts'
import type { CallOptions, ToolOutcome } from './mcp.ts'
import { collectLog, type LogLine } from './notices.ts'
import { type Patience, startPatience } from './patience.ts'
import { asksOf, pagesOf } from './read-ask.ts'
import type { Session } from './session.ts'
import { traceOf } from './trace.ts'

export type CallTimes = { timeoutMs: number; totalMs: number }
export type Call = { tool: StoredTool; args: JsonObject }

/** The SDK's own timers know no pause; they are out of the way, and this is as long as a timer can be. */
const NEVER_MS = 2 ** 31 - 1

/**
 * One leg of a `tools/call`. Progress starts the timeout anew, up to `totalMs`; while a person is asked it stands still. An error
 * the server answers with is an answer, and comes back as `tool_error`; all other trouble throws what the SDK throws.
 */
export async function callTool(session: Session, call: Call, times: CallTimes, o: CallOptions): Promise<ToolOutcome> {
  const began = performance.now()
  const elapsed = () => Math.round(performance.now() - began)
  const log = collectLog(session.client)
  using patience = startPatience({ idleMs: times.timeoutMs, totalMs: times.totalMs, signal: o.signal })
  const leave = session.askers.enter(askerOf(o, patience, times))
  try {
    const result = await send(session, call, patience, o)
    if (isInputRequiredResult(result)) return askingOf(() => asksOf(result, session.border), elapsed())
    return { ...outcomeOf(result, session.clean, elapsed()), ...kept(log.end()) }
  } catch (error) {
    if (error instanceof UrlElicitationRequiredError && error.elicitations.length > 0)
      return askingOf(() => ({ asks: pagesOf(error.elicitations, session.border) }), elapsed())
    if (!(error instanceof ProtocolError) || isLostStream(error)) throw error
    const content = [{ type: 'text' as const, text: session.clean.text(error.message) }]
    return { kind: 'tool_error', content, ms: elapsed(), ...kept(log.end()) }
  } finally {
    leave()
    log.end()
  }
}

const kept = (log: LogLine[]): { log?: LogLine[] } => (log.length === 0 ? {} : { log })

/** Below this a server's notes are for its makers. */
const LOG_LEVEL = 'info'

/** On the new protocol a server logs only for those who ask in each request. */
function metaOf({ era }: Session, { trace }: CallOptions): Record<string, string> {
  return {
    ...(trace !== undefined && traceOf(trace)),
    ...(era.kind === 'modern' && { [LOG_LEVEL_META_KEY]: LOG_LEVEL }),
  }
}

function send(
  session: Session,
  { tool, args }: Call,
  patience: Patience,
  o: CallOptions,
): Promise<CallToolResult | InputRequiredResult> {
  return session.client.callTool(
    { name: tool.name, arguments: args, _meta: metaOf(session, o), ...resumed(o.resume) },
    {
      toolDefinition: definitionOf(tool),
      signal: patience.signal,
      timeout: NEVER_MS,
      allowInputRequired: true,
      onprogress: ({ message, progress, total }) => {
        patience.heard()
        o.onProgress({
          ...(message !== undefined && { message: session.clean.text(message) }),
          progress,
          ...(total !== undefined && { total }),
        })
      },
    },
  )
}

/** The answers, and the server's state as it came (MCP 2026-07-28, basic/patterns/mrtr). */
function resumed(resume: Resumption | undefined) {
  if (resume === undefined) return {}
  const { state, responses } = resume
  const inputResponses = Object.fromEntries(Object.entries(responses).map(([key, answer]) => [key, elicited(answer)]))
  return {
    ...(Object.keys(responses).length > 0 && { inputResponses }),
    ...(state !== undefined && { requestState: state }),
  }
}

/** A question may hold the call up for as long as a call may take, each anew. */
const askerOf = ({ onInput }: CallOptions, { pause, resume }: Patience, { totalMs }: CallTimes): Asker => ({
  pause,
  resume,
  ask: (request, signal) =>
    onInput?.(request, new Date(Date.now() + totalMs), signal) ?? Promise.resolve({ action: 'cancel' }),
})

/** What cannot be put to a person ends the call; nothing was done yet, or the server would not ask. */
function askingOf(read: () => Pick<Asking, 'asks' | 'state'>, ms: number): ToolOutcome {
  try {
    return { kind: 'input_required', ...read(), ms }
  } catch (error) {
    if (!isAppError(error, 'server_refused')) throw error
    return { kind: 'failed', why: 'protocol', message: error.message, sent: false, ms }
  }
}

type Asking = Extract<ToolOutcome, { kind: 'input_required' }>

/** Without the output schema: an answer that does not fit it would be thrown away after the tool has done its work. */
function definitionOf(tool: StoredTool): Tool {
  return { name: tool.name, inputSchema: { ...tool.inputSchema, type: 'object' } }
}
