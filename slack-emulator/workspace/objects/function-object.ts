import type { AppFunction, FunctionParameter } from '../app-manifest.ts'
import type { Execution, Json } from '../records.ts'
import { APP } from '../seed.ts'
import type { Workspace } from '../workspace.ts'

/** docs.slack.dev/reference/events/function_executed */
export function functionExecutedEvent(execution: Execution, workspace: Workspace) {
  const { id, workflow, token, inputs, callback_id } = execution
  const found = workspace.manifest().functions.find((one) => one.callback_id === callback_id)
  return {
    type: 'function_executed',
    ...(found && { function: functionObjectOf(found) }),
    inputs,
    function_execution_id: id,
    workflow_execution_id: workflow,
    event_ts: workspace.nextTs(),
    bot_access_token: token,
  }
}

function functionObjectOf({ callback_id, title, description, input_parameters, output_parameters }: AppFunction): Json {
  return {
    id: functionIdOf(callback_id),
    callback_id,
    title,
    description,
    type: 'app',
    input_parameters: input_parameters.map(parameterObjectOf),
    output_parameters: output_parameters.map(parameterObjectOf),
    app_id: APP.id,
    date_created: 0,
    date_updated: 0,
    date_deleted: 0,
  }
}

const functionIdOf = (callbackId: string): string => `Fn${callbackId.replace(/\W/g, '').toUpperCase()}`

const parameterObjectOf = ({ name, type, title = name, description = '', is_required }: FunctionParameter): Json => ({
  type,
  name,
  description,
  title,
  is_required,
})
