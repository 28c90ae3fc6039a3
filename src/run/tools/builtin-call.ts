import type { CallOptions, ContentPart, ToolOutcome } from '../../mcp/requests/outcome.ts'
import type { BuiltinTool, RunDeps, RunTool, Source } from '../deps.ts'
import type { CallState, RunState } from '../state/state.ts'

/** A call to a builtin tool, on one connection. */
export type BuiltinCall = {
  call: Pick<CallState, 'id' | 'arguments'>
  source: Source
  tool: RunTool & { builtin: BuiltinTool }
}

/** One round of such a call. */
export type BuiltinRequest = {
  mcp: RunDeps['mcp']
  state: RunState
  source: Source
  call: BuiltinCall['call']
  options: Pick<CallOptions, 'signal' | 'resume' | 'onInput'>
}

/** What came of it, in words or as parts; without the time it took. */
export type BuiltinResult =
  | { kind: 'ok' | 'tool_error'; content: ContentPart[] }
  | Omit<Extract<ToolOutcome, { kind: 'input_required' }>, 'ms'>
