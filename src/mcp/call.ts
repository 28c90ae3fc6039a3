import { LOG_LEVEL_META_KEY, ProtocolError, type Tool } from '@modelcontextprotocol/client'
import type { JsonObject, StoredTool } from '../registry/connection.ts'
import { outcomeOf } from './content.ts'
import { isLostStream } from './lost-stream.ts'
import type { CallOptions, ToolOutcome } from './mcp.ts'
import { collectLog, type LogLine } from './notices.ts'
import type { Session } from './session.ts'
import { traceOf } from './trace.ts'

export type CallTimes = { timeoutMs: number; totalMs: number }

/**
 * One `tools/call`. Progress starts the timeout anew, up to `totalMs`. An error the server answers with is an answer, and
 * comes back as `tool_error`; all other trouble throws what the SDK throws.
 */
export async function callTool(
  session: Session,
  call: { tool: StoredTool; args: JsonObject },
  times: CallTimes,
  o: CallOptions,
): Promise<ToolOutcome> {
  const began = performance.now()
  const elapsed = () => Math.round(performance.now() - began)
  const log = collectLog(session.client)
  try {
    const result = await session.client.callTool(
      { name: call.tool.name, arguments: call.args, _meta: metaOf(session, o) },
      {
        toolDefinition: definitionOf(call.tool),
        signal: o.signal,
        timeout: times.timeoutMs,
        maxTotalTimeout: times.totalMs,
        resetTimeoutOnProgress: true,
        onprogress: ({ message, progress, total }) =>
          o.onProgress({
            ...(message !== undefined && { message: session.clean.text(message) }),
            progress,
            ...(total !== undefined && { total }),
          }),
      },
    )
    return { ...outcomeOf(result, session.clean, elapsed()), ...kept(log.end()) }
  } catch (error) {
    if (!(error instanceof ProtocolError) || isLostStream(error)) throw error
    const content = [{ type: 'text' as const, text: session.clean.text(error.message) }]
    return { kind: 'tool_error', content, ms: elapsed(), ...kept(log.end()) }
  } finally {
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

/** Without the output schema: an answer that does not fit it would be thrown away after the tool has done its work. */
function definitionOf(tool: StoredTool): Tool {
  return { name: tool.name, inputSchema: { ...tool.inputSchema, type: 'object' } }
}
