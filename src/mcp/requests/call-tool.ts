import { createHash, randomBytes } from 'node:crypto'
import {
  type CallToolResult,
  type InputRequiredResult,
  LOG_LEVEL_META_KEY,
  ProtocolError,
  type Tool,
  TRACEPARENT_META_KEY,
  TRACESTATE_META_KEY,
} from '@modelcontextprotocol/client'
import type { JsonObject } from '../../json.ts'
import type { StoredTool } from '../../registry/connection.ts'
import { isLostSession } from '../protocol/lost-session.ts'
import { isLostStream } from '../protocol/lost-stream-error.ts'
import { RAW_RESULT } from '../protocol/message-reader.ts'
import type { Redactor } from '../protocol/redactor.ts'
import type { Session } from '../transport/session.ts'
import type { CallOptions, ToolOutcome } from './outcome.ts'
import { readToolResult } from './read-tool-result.ts'
import {
  type CallTimes,
  NO_TIMEOUT_MS,
  type PausableTimeout,
  sendWithElicitation,
  withAnswers,
} from './send-request.ts'

type ToolCall = { tool: StoredTool; args: JsonObject }

/**
 * One round of a `tools/call`. Progress restarts the timeout, up to `totalMs`; while a person is asked it is paused. An error
 * the server answers with is an answer, and comes back as `tool_error`; for everything else it throws what the SDK throws.
 */
export async function callTool(
  session: Session,
  call: ToolCall,
  times: CallTimes,
  o: CallOptions,
): Promise<ToolOutcome> {
  const began = performance.now()
  const elapsed = () => performance.now() - began
  try {
    const reply = await sendWithElicitation(session, { ...o, times }, (timeout) => send(session, call, timeout, o))
    if (reply.kind === 'input_required') return { ...reply, ms: elapsed() }
    if (reply.kind === 'unfit')
      return { kind: 'failed', why: 'protocol', message: reply.message, sent: false, ms: elapsed() }
    return toolOutcomeOf(reply.value, session.redactor, elapsed())
  } catch (error) {
    if (!(error instanceof ProtocolError) || isLostStream(error) || hasLostSession(session, error)) throw error
    const content = [{ type: 'text' as const, text: session.redactor.text(error.message) }]
    return { kind: 'tool_error', content, ms: elapsed() }
  }
}

/** Only a server that gave the session an id can have lost it. */
const hasLostSession = ({ client }: Session, error: ProtocolError): boolean =>
  client.transport?.sessionId !== undefined && isLostSession(error)

/** Messages below this level are for the server's developers. */
const LOG_LEVEL = 'info'

/** On the new protocol a server logs only for those who ask in each request. */
function metaOf({ era }: Session, { trace }: CallOptions): Record<string, string> {
  return {
    ...(trace !== undefined && traceContextOf(trace)),
    ...(era.kind === 'modern' && { [LOG_LEVEL_META_KEY]: LOG_LEVEL }),
  }
}

function send(
  session: Session,
  { tool, args }: ToolCall,
  timeout: PausableTimeout,
  o: CallOptions,
): Promise<CallToolResult | InputRequiredResult> {
  return session.client.callTool(
    { name: tool.name, arguments: args, _meta: metaOf(session, o), ...withAnswers(o.resume) },
    {
      toolDefinition: definitionOf(tool),
      signal: timeout.signal,
      timeout: NO_TIMEOUT_MS,
      allowInputRequired: true,
      onprogress: ({ message, progress, total }) => {
        timeout.restart()
        o.onProgress({
          ...(message !== undefined && { message: session.redactor.text(message) }),
          progress,
          ...(total !== undefined && { total }),
        })
      },
    },
  )
}

/** Without the output schema: an answer that does not fit it would be thrown away after the tool has done its work. */
function definitionOf(tool: StoredTool): Tool {
  return { name: tool.name, inputSchema: { ...tool.inputSchema, type: 'object' } }
}

/**
 * Where a call belongs, for a server that traces (www.w3.org/TR/trace-context). The run's id is the trace's id, so that what
 * a server's operator sees can be found among our runs; each call is a span of its own.
 */
function traceContextOf(run: string): Record<string, string> {
  const hex = run.replaceAll('-', '').toLowerCase()
  const trace = /^(?!0{32})[0-9a-f]{32}$/.test(hex) ? hex : createHash('sha256').update(run).digest('hex').slice(0, 32)
  const span = randomBytes(8).toString('hex')
  return { [TRACEPARENT_META_KEY]: `00-${trace}-${span}-01`, [TRACESTATE_META_KEY]: `patchbay=${span}` }
}

/** What a server answered, as our own parts and without the connection's secrets. */
function toolOutcomeOf(result: CallToolResult, redactor: Redactor, ms: number): ToolOutcome {
  const { failed, ...read } = readToolResult(RAW_RESULT in result ? result[RAW_RESULT] : result, redactor)
  return { kind: failed ? 'tool_error' : 'ok', ...read, ms }
}
