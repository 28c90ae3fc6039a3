import { type AppError, type ErrorCode, isAppError } from '../../errors.ts'
import { authChallengeIn } from '../../mcp/protocol/auth-challenge.ts'
import type { CallFailure, ToolOutcome } from '../../mcp/requests/outcome.ts'
import type { BuiltinTool, RunDeps } from '../deps.ts'
import type { RunState } from '../state/state.ts'
import type { BuiltinCall, BuiltinRequest, BuiltinResult } from './builtin-call.ts'
import { createTextResult } from './list-text.ts'
import { getChosenPrompt } from './prompt-tool.ts'
import { listResourcesForModel, readResourceForModel } from './resource-tools.ts'
import { listSkillsForModel, readSkillForModel } from './skill-tools.ts'

/** What the server says to the question; anything else is trouble on the way. */
const ANSWERS = new Set<ErrorCode>(['not_found', 'limit_reached', 'server_refused', 'input_invalid'])

/** Makes a call to one of our tools. Never throws for what a server or a network does. */
export async function callBuiltinTool(
  { mcp }: Pick<RunDeps, 'mcp'>,
  state: RunState,
  { call, source, tool }: BuiltinCall,
  options: BuiltinRequest['options'],
): Promise<ToolOutcome> {
  const began = performance.now()
  const elapsed = () => Math.round(performance.now() - began)
  try {
    return { ...(await answerBuiltin(tool.builtin, { mcp, state, source, call, options })), ms: elapsed() }
  } catch (error) {
    if (!isAppError(error)) throw error
    if (ANSWERS.has(error.code)) return { ...createTextResult('tool_error', error.message), ms: elapsed() }
    // Reading may always be repeated, so it does not matter how far it came.
    return { ...failureOf(error), ms: elapsed() }
  }
}

function failureOf(error: AppError): Omit<CallFailure, 'ms'> {
  const { code, message } = error
  const challenge = authChallengeIn(error)
  if (challenge !== undefined) return { kind: 'failed', why: 'sign_in', message, sent: false, challenge }
  return { kind: 'failed', why: code === 'cancelled' ? 'cancelled' : 'unreachable', message, sent: false }
}

function answerBuiltin(builtin: BuiltinTool, reading: BuiltinRequest): Promise<BuiltinResult> {
  switch (builtin) {
    case 'list_resources':
      return listResourcesForModel(reading)
    case 'read_resource':
      return readResourceForModel(reading)
    case 'list_skills':
      return listSkillsForModel(reading)
    case 'read_skill':
      return readSkillForModel(reading)
    case 'get_prompt':
      return getChosenPrompt(reading)
    default:
      return builtin satisfies never
  }
}
