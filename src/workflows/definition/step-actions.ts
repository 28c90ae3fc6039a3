import type { JsonObject, JsonValue } from '../../json.ts'
import type { WorkflowDefinition, WorkflowInput, WorkflowStep } from '../workflow.ts'

/** What a step does. */
export type StepAction =
  | { kind: 'tool'; tool: string; with: JsonObject }
  | { kind: 'agent'; agent: string; task: string }
  | { kind: 'panel'; agents: string[]; task: string }
  | { kind: 'ask'; text: string; approvers: string[] | undefined; form: Record<string, WorkflowInput> | undefined }
  | { kind: 'each'; items: JsonValue; steps: WorkflowStep[] }
  | { kind: 'choice'; steps: WorkflowStep[]; otherwise: WorkflowStep[] }
  | { kind: 'parallel'; branches: WorkflowStep[] }
  | { kind: 'wait'; duration: string | undefined; until: string | undefined }
export type StepActionKind = StepAction['kind']

/** Which actions a step names: one, or it is wrong. */
export function actionKindsOf(step: Partial<WorkflowStep>): StepActionKind[] {
  const named = (['tool', 'agent', 'panel', 'ask', 'each', 'parallel', 'wait'] as const).filter(
    (kind) => step[kind] !== undefined,
  )
  return named.length === 0 && step.steps !== undefined ? ['choice'] : named
}

const ACTIONS: { [K in StepActionKind]: (step: WorkflowStep) => StepAction } = {
  tool: (step) => ({ kind: 'tool', tool: step.tool ?? '', with: step.with ?? {} }),
  agent: (step) => ({ kind: 'agent', agent: step.agent ?? '', task: step.task ?? '' }),
  panel: (step) => ({ kind: 'panel', agents: step.panel ?? [], task: step.task ?? '' }),
  ask: (step) => ({ kind: 'ask', text: step.ask ?? '', approvers: step.approvers, form: step.form }),
  each: (step) => ({ kind: 'each', items: step.each ?? [], steps: step.steps ?? [] }),
  choice: (step) => ({ kind: 'choice', steps: step.steps ?? [], otherwise: step.else ?? [] }),
  parallel: (step) => ({ kind: 'parallel', branches: step.parallel ?? [] }),
  wait: ({ wait }) =>
    typeof wait === 'string'
      ? { kind: 'wait', duration: wait, until: undefined }
      : { kind: 'wait', duration: undefined, until: wait?.until },
}

/** What a step that was checked does. */
export const actionOf = (step: WorkflowStep): StepAction => ACTIONS[actionKindsOf(step)[0] ?? 'choice'](step)

/** A step and where it stands: `path` leads to it in the definition, `depth` counts the steps around it. */
export type PlacedStep = { step: WorkflowStep; path: (string | number)[]; depth: number }

/** Every step, each before those in it. */
export function stepsIn(definition: Pick<WorkflowDefinition, 'steps'>): PlacedStep[] {
  return placedIn(definition.steps, ['steps'], 1)
}

const placedIn = (steps: WorkflowStep[], path: (string | number)[], depth: number): PlacedStep[] =>
  steps.flatMap((step, at) => {
    const here = [...path, at]
    return [
      { step, path: here, depth },
      ...branchesOf(step).flatMap(([key, inner]) => placedIn(inner, [...here, key], depth + 1)),
    ]
  })

/** The lists of steps in a step, by their keys. */
export const branchesOf = (step: WorkflowStep): [key: 'steps' | 'else' | 'parallel', steps: WorkflowStep[]][] =>
  (['steps', 'else', 'parallel'] as const).flatMap((key) => {
    const inner = step[key]
    return inner === undefined ? [] : [[key, inner]]
  })
