import { AppError } from '../../errors.ts'
import type { JsonObject, JsonValue } from '../../json.ts'
import type { StepAction } from '../definition/step-actions.ts'
import { renderTemplates } from '../templates/render-template.ts'
import type { TemplateScope } from '../templates/template-engine.ts'
import type { WorkflowInput } from '../workflow.ts'
import { MOST_ARGUMENT_BYTES } from '../workflow-limits.ts'

/** A call to begin; what it says was rendered now and is never rendered again. */
export type BegunStep = { step: string; call: string } & (
  | { kind: 'tool'; tool: string; arguments: JsonObject; instead: boolean }
  | { kind: 'agent'; agent: string; task: string }
  | { kind: 'panel'; agents: string[]; task: string; judge: string | undefined }
  | { kind: 'ask'; text: string; approvers: string[] | undefined; form: Record<string, WorkflowInput> | undefined }
)

/** What is done by one call. */
export type CallAction = Extract<StepAction, { kind: 'tool' | 'agent' | 'panel' | 'ask' }>
type Begin = { step: string; call: string; action: CallAction; judge: string | undefined }

/** `again`: what an earlier call of the step had, or a person gave, instead of what its templates say. */
export function beginStep(
  { step, call, action, judge }: Begin,
  scope: TemplateScope,
  again: JsonObject | undefined,
): BegunStep {
  switch (action.kind) {
    case 'tool':
      return {
        step,
        call,
        kind: 'tool',
        tool: action.tool,
        arguments: again ?? renderArguments(action.with, scope),
        instead: false,
      }
    case 'agent':
      return {
        step,
        call,
        kind: 'agent',
        agent: action.agent,
        task: textIn(again, 'task') ?? renderWords(action.task, scope),
      }
    case 'panel':
      return {
        step,
        call,
        kind: 'panel',
        agents: action.agents,
        task: textIn(again, 'task') ?? renderWords(action.task, scope),
        judge,
      }
    case 'ask':
      return {
        step,
        call,
        kind: 'ask',
        text: textIn(again, 'text') ?? renderWords(action.text, scope),
        approvers: action.approvers,
        form: action.form,
      }
    default:
      return action satisfies never
  }
}

/** Throws `input_invalid` where a template fails or too much comes out. */
export function renderArguments(written: JsonObject, scope: TemplateScope): JsonObject {
  const rendered = Object.entries(written).map(([name, value]): [string, JsonValue] => [
    name,
    renderTemplates(value, scope),
  ])
  const fields = Object.fromEntries(rendered)
  if (Buffer.byteLength(JSON.stringify(fields)) > MOST_ARGUMENT_BYTES)
    throw new AppError(
      'input_invalid',
      `The arguments are larger than ${MOST_ARGUMENT_BYTES / 1024} KB. Take a part of what an earlier step gave.`,
    )
  return fields
}

function renderWords(text: string, scope: TemplateScope): string {
  const rendered = renderTemplates(text, scope)
  return typeof rendered === 'string' ? rendered : JSON.stringify(rendered)
}

function textIn(fields: JsonObject | undefined, name: string): string | undefined {
  const value = fields?.[name]
  return typeof value === 'string' ? value : undefined
}
