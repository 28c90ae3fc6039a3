import type { WorkflowDefinition, WorkflowInput, WorkflowStep } from '../workflow.ts'
import { WorkflowDefinition as Definition } from '../workflow.ts'
import { MOST_STEP_DEPTH, MOST_STEPS } from '../workflow-limits.ts'
import { checkReferences } from './check-references.ts'
import { type DefinitionProblem, describeIssues } from './definition-problems.ts'
import { inputProblemOf } from './input-values.ts'
import { actionKindsOf, type PlacedStep, type StepActionKind, stepsIn } from './step-actions.ts'

export type CheckedDefinition = { definition: WorkflowDefinition } | { problems: DefinitionProblem[] }

/** A definition, or all that is wrong with what was written. It has an id for every step already. */
export function checkDefinition(written: unknown): CheckedDefinition {
  const parsed = Definition.safeParse(written)
  if (!parsed.success) return { problems: describeIssues(parsed.error) }
  const placed = stepsIn(parsed.data)
  const shape = [
    ...sizeProblems(placed),
    ...duplicateIds(placed),
    ...placed.flatMap(stepProblems),
    ...inputProblems(parsed.data.inputs, ['inputs']),
  ]
  const problems = shape.length > 0 ? shape : checkReferences(parsed.data)
  return problems.length > 0 ? { problems } : { definition: parsed.data }
}

function sizeProblems(placed: PlacedStep[]): DefinitionProblem[] {
  const [tooMany] = placed.slice(MOST_STEPS)
  const tooDeep = placed.find(({ depth }) => depth > MOST_STEP_DEPTH)
  return [
    ...(tooMany === undefined
      ? []
      : [{ path: tooMany.path, reason: `is one step too many: a workflow has at most ${MOST_STEPS}, make two of it` }]),
    ...(tooDeep === undefined
      ? []
      : [
          {
            path: tooDeep.path,
            reason: `is ${tooDeep.depth} levels deep: steps may stand in each other ${MOST_STEP_DEPTH} deep`,
          },
        ]),
  ]
}

function duplicateIds(placed: PlacedStep[]): DefinitionProblem[] {
  const seen = new Set<string>()
  return placed.flatMap(({ step, path }) => {
    if (!seen.has(step.id)) {
      seen.add(step.id)
      return []
    }
    return [{ path: [...path, 'id'], reason: `"${step.id}" is the id of a step before: give this one another` }]
  })
}

/** What may stand beside what a step does, `id` and `if`. */
const FITTING: Record<StepActionKind, (keyof WorkflowStep)[]> = {
  tool: ['with', 'retry', 'on_error', 'undo'],
  agent: ['task', 'on_error'],
  panel: ['task', 'on_error'],
  ask: ['approvers', 'form', 'on_error'],
  each: ['steps'],
  choice: ['steps', 'else'],
  parallel: [],
  wait: [],
}

const ACTIONS = 'tool, agent, panel, ask, each, parallel or wait, or if with steps'

function stepProblems({ step, path }: PlacedStep): DefinitionProblem[] {
  const [kind, second] = actionKindsOf(step)
  if (kind === undefined) return [{ path, reason: `says nothing to do: give it one of ${ACTIONS}` }]
  if (second !== undefined) return [{ path, reason: `does two things, ${kind} and ${second}: make two steps of it` }]
  return [...strangers(step, kind, path), ...companionProblems(step, kind, path)]
}

function strangers(step: WorkflowStep, kind: StepActionKind, path: DefinitionProblem['path']): DefinitionProblem[] {
  const fitting = new Set<string>([...FITTING[kind], kind, 'id', 'if'])
  return Object.keys(step)
    .filter((key) => !fitting.has(key))
    .map((key) => ({
      path,
      key,
      reason: `"${key}" has no meaning beside "${kind === 'choice' ? 'steps' : kind}": leave it out`,
    }))
}

function companionProblems(
  step: WorkflowStep,
  kind: StepActionKind,
  path: DefinitionProblem['path'],
): DefinitionProblem[] {
  const needs = (key: keyof WorkflowStep, reason: string): DefinitionProblem[] =>
    step[key] === undefined ? [{ path, reason }] : []
  switch (kind) {
    case 'agent':
    case 'panel':
      return needs('task', 'gives no task: add task: "what is to be done"')
    case 'each':
      return needs('steps', 'says nothing to do with each: add steps')
    case 'choice':
      return needs('if', 'has steps and no condition: add if, or write the steps without it')
    case 'ask':
      return inputProblems(step.form, [...path, 'form'])
    case 'tool':
    case 'parallel':
    case 'wait':
      return []
    default:
      return kind satisfies never
  }
}

function inputProblems(
  inputs: Record<string, WorkflowInput> | undefined,
  path: DefinitionProblem['path'],
): DefinitionProblem[] {
  return Object.entries(inputs ?? {}).flatMap(([name, input]): DefinitionProblem[] => {
    const here = [...path, name]
    if (input.type === 'choice' && input.choices === undefined)
      return [{ path: here, reason: 'is a choice without choices: add choices: [one, other]' }]
    if (input.type !== 'choice' && input.choices !== undefined)
      return [{ path: here, key: 'choices', reason: 'has no meaning here: write type: choice' }]
    const wrong = input.default === undefined ? undefined : inputProblemOf(input, input.default)
    return wrong === undefined ? [] : [{ path: [...here, 'default'], reason: wrong }]
  })
}
