import type { JsonValue } from '../../json.ts'
import { truncate } from '../../text.ts'
import { conditionExpressionOf } from '../templates/render-template.ts'
import type { WorkflowDefinition, WorkflowStep } from '../workflow.ts'
import { actionOf, branchesOf, type StepAction, stepsIn } from './step-actions.ts'

/** A step in words; `depth` counts the steps around it. */
export type StepLine = { step: string; depth: number; text: string }

const MOST_VALUE_CHARS = 80
const MOST_TEXT_CHARS = 200

/** All steps in words, each before those in it. */
export const describeSteps = ({ steps }: Pick<WorkflowDefinition, 'steps'>): StepLine[] => linesOf(steps, 0, '')

const linesOf = (steps: WorkflowStep[], depth: number, before: string): StepLine[] =>
  steps.flatMap((step) => {
    const inner = branchesOf(step).flatMap(([key, list]) =>
      linesOf(list, depth + 1, key === 'else' ? 'Otherwise: ' : ''),
    )
    return [{ step: step.id, depth, text: before + describeStep(step) }, ...inner]
  })

/** What a step does, as a sentence for people. */
export function describeStep(step: WorkflowStep): string {
  const action = actionOf(step)
  const condition = step.if === undefined ? '' : `If ${inWords(conditionExpressionOf(step.if))}: `
  const sentence = condition + describeAction(action) + describeTrouble(step)
  return condition === '' ? sentence.charAt(0).toUpperCase() + sentence.slice(1) : sentence
}

function describeAction(action: StepAction): string {
  switch (action.kind) {
    case 'tool':
      return `use ${toolInWords(action.tool)}${describeArguments(action.with)}`
    case 'agent':
      return `ask the agent ${action.agent}: “${quoted(action.task)}”`
    case 'panel':
      return `ask ${action.agents.join(' and ')} independently: “${quoted(action.task)}”`
    case 'ask':
      return describeQuestion(action)
    case 'each':
      return `for each of ${inWords(valueInWords(action.items))}, one after the other`
    case 'choice':
      return action.otherwise.length === 0 ? 'do this' : 'do this, or else the other'
    case 'parallel':
      return 'do this at the same time'
    case 'wait':
      return action.duration === undefined ? `wait until ${inWords(action.until ?? '')}` : `wait ${action.duration}`
    default:
      return action satisfies never
  }
}

function describeQuestion({ text, approvers, form }: Extract<StepAction, { kind: 'ask' }>): string {
  const who = approvers === undefined ? 'ask' : `ask ${approvers.join(' or ')}`
  const fields = form === undefined ? '' : `, and for ${Object.keys(form).join(', ')}`
  return `${who}: “${quoted(text)}”${fields}`
}

function describeArguments(fields: Record<string, JsonValue>): string {
  const words = Object.entries(fields).map(
    ([name, value]) => `${name.replaceAll('_', ' ')} ${truncate(inWords(valueInWords(value)), MOST_VALUE_CHARS)}`,
  )
  return words.length === 0 ? '' : ` with ${truncate(words.join(', '), MOST_TEXT_CHARS)}`
}

/** What happens when it fails, where that is not to wait for a person. */
function describeTrouble({ retry, on_error: otherwise, undo }: WorkflowStep): string {
  const parts = [
    retry === undefined
      ? ''
      : `. Tries ${retry.times} more ${retry.times === 1 ? 'time' : 'times'} where that does no harm`,
    otherwise === 'continue' ? '. Goes on when it fails' : '',
    typeof otherwise === 'object' ? `. Uses ${toolInWords(otherwise.use)} when it fails` : '',
    undo === undefined ? '' : `. Can be undone with ${toolInWords(undo.tool)}`,
  ]
  return parts.join('')
}

function toolInWords(address: string): string {
  const at = address.indexOf('/')
  return `${address.slice(at + 1).replaceAll(/[_-]+/g, ' ')} of ${address.slice(0, at)}`
}

const quoted = (text: string): string => truncate(inWords(text), MOST_TEXT_CHARS)

const valueInWords = (value: JsonValue): string => (typeof value === 'string' ? `${value}` : JSON.stringify(value))

/** `{{ steps.list.output.issues }}` → ‹issues of list›, `{{ inputs.label }}` → ‹label›. */
const inWords = (text: string): string =>
  text
    .replaceAll(/\{% (?:end)?raw %\}/g, '')
    .replaceAll(/\$?\{\{-?([^{}]*?)-?\}\}/g, (_, expression: string) => `‹${namesInWords(expression.trim())}›`)
    .replaceAll(/\b(?:steps|inputs)\.[\w.[\]]+/g, (name) => namesInWords(name))

const namesInWords = (expression: string): string =>
  expression
    .replaceAll(
      /\| ?where_exp: ?['"](\w+)['"], ?['"](.*?)['"](?= ?\||$)/g,
      (_, name: string, condition: string) => `where ${condition.replaceAll(`${name}.`, '')}`,
    )
    .replaceAll(/\bitem\.([\w.]+)/g, (_, name: string) => `${spaced(name)} of it`)
    .replaceAll(/ ?\| ?size$/g, ' (how many)')
    .replaceAll(
      /\bsteps\.(\w+)\.output\.([\w.[\]]+)/g,
      (_, id: string, path: string) => `${spaced(path)} of ${spaced(id)}`,
    )
    .replaceAll(/\bsteps\.(\w+)\.output\b/g, (_, id: string) => `what ${spaced(id)} gave`)
    .replaceAll(/\binputs\.(\w+)/g, (_, name: string) => spaced(name))

const spaced = (name: string): string => name.replaceAll(/[_.]+/g, ' ')

/** Which of the steps that stand in no other one a path leads to, from 1, and of how many; `item`: the number of the item it is for, from 1. */
export type StepPosition = { number: number; of: number; item: number | undefined }

/** Undefined where a path leads to no step of the definition. */
export function positionOf({ steps }: Pick<WorkflowDefinition, 'steps'>, path: string): StepPosition | undefined {
  const parts = path.split('/').filter((part, at) => at > 0 || part !== 'undo')
  const ids = parts.filter((part) => !/^\d+$/.test(part))
  const at = steps.findIndex((step) => stepsIn({ steps: [step] }).some(({ step: { id } }) => id === ids.at(-1)))
  const item = parts.findLast((part) => /^\d+$/.test(part))
  return at < 0
    ? undefined
    : { number: at + 1, of: steps.length, item: item === undefined ? undefined : Number(item) + 1 }
}

/** Whether it asks no model: then it costs nothing, and nobody's words can lead it astray. */
export const runsWithoutAI = (definition: Pick<WorkflowDefinition, 'steps'>): boolean =>
  stepsIn(definition).every(({ step }) => step.agent === undefined && step.panel === undefined)

/** `connection/tool` of everything it may call: what a person needs to have connected. */
export const toolsUsedIn = (definition: Pick<WorkflowDefinition, 'steps'>): string[] => [
  ...new Set(
    stepsIn(definition).flatMap(({ step }) => [
      ...(step.tool === undefined ? [] : [step.tool]),
      ...(step.undo === undefined ? [] : [step.undo.tool]),
      ...(typeof step.on_error === 'object' ? [step.on_error.use] : []),
    ]),
  ),
]

/** The agents that it asks, and the one that it works for. */
export const agentsUsedIn = ({ agent, steps }: Pick<WorkflowDefinition, 'agent' | 'steps'>): string[] => [
  ...new Set([
    ...(agent === undefined ? [] : [agent]),
    ...stepsIn({ steps }).flatMap(({ step }) => [
      ...(step.agent === undefined ? [] : [step.agent]),
      ...(step.panel ?? []),
    ]),
  ]),
]
