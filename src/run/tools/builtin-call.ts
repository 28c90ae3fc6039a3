import type { CallOptions, ContentPart, ToolOutcome } from '../../mcp/requests/outcome.ts'
import type { BuiltinTool, RunDeps, RunTool, Source } from '../deps.ts'
import type { CallState, RunState } from '../state/state.ts'

/** A call to a tool of Patchbay's own, on one connection. */
export type BuiltinCall = {
  call: Pick<CallState, 'id' | 'arguments'>
  source: Source
  tool: RunTool & { own: BuiltinTool }
}

/** One leg of a call to a tool of ours. */
export type BuiltinRequest = {
  mcp: RunDeps['mcp']
  state: RunState
  source: Source
  call: BuiltinCall['call']
  reach: Pick<CallOptions, 'signal' | 'resume' | 'onInput'>
}

/** What came of it, in words or as parts; without the time it took. */
export type BuiltinResult =
  | { kind: 'ok' | 'tool_error'; content: ContentPart[] }
  | Omit<Extract<ToolOutcome, { kind: 'input_required' }>, 'ms'>
