import { z } from 'zod'
import type { FunctionParameter } from '../../workspace/app-manifest.ts'
import type { Execution, Json } from '../../workspace/records.ts'
import type { Workspace } from '../../workspace/workspace.ts'
import { defineMethod, jsonObjectArg, type MethodResponse, type Methods, refuse } from './method-args.ts'

const id = { function_execution_id: z.string() }

/** functions.completeSuccess and completeError: a step ends once (docs.slack.dev/reference/methods/functions.completeSuccess). */
export function createFunctionMethods(workspace: Workspace): Methods {
  return {
    'functions.completeSuccess': defineMethod(z.object({ ...id, outputs: jsonObjectArg }), (args) => {
      const execution = runningIn(workspace, args.function_execution_id)
      if ('ok' in execution) return execution
      const { output_parameters = [] } = functionOf(workspace, execution.callback_id) ?? {}
      const problems = problemsOfValues(output_parameters, args.outputs)
      if (problems.length > 0) return refuse('parameter_validation_failed', problems)
      return end(workspace, { ...execution, status: 'completed', outputs: args.outputs })
    }),
    'functions.completeError': defineMethod(z.object({ ...id, error: z.string().min(1) }), (args) => {
      const execution = runningIn(workspace, args.function_execution_id)
      if ('ok' in execution) return execution
      return end(workspace, { ...execution, status: 'failed', error: args.error })
    }),
  }
}

export const functionOf = (workspace: Workspace, callbackId: string) =>
  workspace.manifest().functions.find(({ callback_id }) => callback_id === callbackId)

function runningIn({ executions }: Workspace, executionId: string): Execution | MethodResponse {
  const found = executions.get(executionId)
  if (found === undefined) return refuse('function_execution_not_found')
  return found.status === 'running' ? found : refuse('execution_not_in_running_state')
}

function end(workspace: Workspace, execution: Execution): MethodResponse {
  workspace.executions.put(execution.id, execution)
  workspace.publish({ kind: 'function_ended', execution })
  return { ok: true }
}

const isText = (value: unknown): boolean => typeof value === 'string'

/** What fits each type; those that are not listed take anything. */
const FITS: Record<string, (value: unknown) => boolean> = {
  string: isText,
  integer: Number.isInteger,
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  array: Array.isArray,
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'slack#/types/user_id': (value) => isText(value) && /^[UW]\w+$/.test(String(value)),
  'slack#/types/channel_id': (value) => isText(value) && /^[CDG]\w+$/.test(String(value)),
  'slack#/types/usergroup_id': (value) => isText(value) && /^S\w+$/.test(String(value)),
}

/** What is wrong with a step's values. Slack does not say what it makes of a value that no parameter names; it counts as wrong here. */
export function problemsOfValues(parameters: FunctionParameter[], values: Json): string[] {
  const lines = parameters.flatMap(({ name, type, is_required }) => {
    const value = values[name]
    if (value === undefined || value === null || value === '')
      return is_required ? [`missing required field: ${name}`] : []
    return (FITS[type]?.(value) ?? true) ? [] : [`${name} must be of type ${type}`]
  })
  const unknown = Object.keys(values).filter((name) => !parameters.some((one) => one.name === name))
  return [...lines, ...unknown.map((name) => `unknown field: ${name}`)]
}
