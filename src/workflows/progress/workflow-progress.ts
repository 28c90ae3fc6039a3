import type { JsonObject, JsonValue } from '../../json.ts'
import type { UndoCall, WorkflowEvent } from './workflow-events.ts'

/** What is known of one step. */
export type StepState = {
  /** Undefined while it is under way. */
  outcome?: 'ok' | 'error' | 'denied' | 'skipped'
  entered?: true
  items?: JsonValue[]
  branch?: 'steps' | 'else'
  output?: JsonValue
  error?: string
  undo?: UndoCall
  /** Why it waits for a person. */
  parked?: string | undefined
  /** Until when it waits, and after how many calls of it. */
  waiting?: { until: string; after: number }
  /** A person asked for another call after this many. */
  again?: number
  /** What a person gave instead of its arguments. */
  arguments?: JsonObject | undefined
}

/** A call that a step began: a tool's, an agent's, or a question to people. */
export type WorkflowCall = {
  call: string
  arguments: JsonObject
  /** `judged` also while a person is asked; `called`: it may have happened. */
  state: 'judged' | 'called' | 'returned'
  /** A repeat does no harm. */
  repeatable: boolean
  risk?: 'read' | 'write' | 'destructive'
  /** Of a call that returned. `denied` and `expired`: nobody approved it. */
  outcome?: CallOutcome
  /** False where it failed before anything left this app. */
  sent?: boolean
  structured?: JsonValue
  /** More came out of it than is kept. */
  cut?: true
  text?: string
}
export type CallOutcome = 'ok' | 'error' | 'failed' | 'cancelled' | 'unknown' | 'refused' | 'denied' | 'expired'

/** How far a workflow is: its steps from its events, and its calls as the run has them. */
export type WorkflowProgress = {
  steps: Record<string, StepState>
  calls: Record<string, WorkflowCall>
  /** Steps that were left, the oldest first. */
  left: string[]
  /** How a person ended it. */
  ending: 'undo' | 'stop' | undefined
}

export const createWorkflowProgress = (): WorkflowProgress => ({ steps: {}, calls: {}, left: [], ending: undefined })

/** The progress with a call as it is now. Pure. */
export const withCall = (progress: WorkflowProgress, call: WorkflowCall): WorkflowProgress => ({
  ...progress,
  calls: { ...progress.calls, [call.call]: call },
})

export const callIdOf = (step: string, attempt: number): string => `${step}#${attempt}`

/** The id in a definition of the step that a path leads to. */
export const stepIdOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** How many calls a step has made. */
export function attemptsOf({ calls }: Pick<WorkflowProgress, 'calls'>, step: string): number {
  let made = 0
  while (Object.hasOwn(calls, callIdOf(step, made + 1))) made += 1
  return made
}

/** The progress after an event; its calls are to be as they were when it happened. Pure. */
export function applyWorkflowEvent(progress: WorkflowProgress, event: WorkflowEvent): WorkflowProgress {
  switch (event.type) {
    case 'entered':
      return withState(progress, event.step, {
        entered: true,
        ...present({ items: event.items, branch: event.branch }),
      })
    case 'skipped':
      return withState(progress, event.step, { outcome: 'skipped' })
    case 'left': {
      const { outcome, output, error, undo } = event
      const record = { outcome, ...present({ output, error, undo }) }
      return { ...withState(progress, event.step, record), left: [...progress.left, event.step] }
    }
    case 'parked':
      return withState(progress, event.step, { parked: event.why })
    case 'step_waiting':
      return withState(progress, event.step, {
        waiting: { until: event.until, after: attemptsOf(progress, event.step) },
      })
    case 'step_resumed':
      return resume(progress, event)
    default:
      return event satisfies never
  }
}

function resume(progress: WorkflowProgress, event: Extract<WorkflowEvent, { type: 'step_resumed' }>): WorkflowProgress {
  const { step, how } = event
  switch (how) {
    case 'retry':
      return withState(progress, step, { parked: undefined, again: attemptsOf(progress, step) })
    case 'with':
      return withState(progress, step, {
        parked: undefined,
        again: attemptsOf(progress, step),
        arguments: event.arguments,
      })
    case 'skip':
      return withState(progress, step, { parked: undefined, outcome: 'skipped' })
    case 'undo':
    case 'stop':
      return { ...progress, ending: how }
    default:
      return how satisfies never
  }
}

const withState = (progress: WorkflowProgress, step: string, record: StepState): WorkflowProgress => ({
  ...progress,
  steps: { ...progress.steps, [step]: { ...progress.steps[step], ...record } },
})

/** Without the fields that are undefined. */
function present<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  const kept: Partial<T> = {}
  for (const key in fields) if (fields[key] !== undefined) kept[key] = fields[key]
  return kept
}
