import { isAppError } from '../../errors.ts'
import type { JsonObject, JsonValue } from '../../json.ts'
import type { TemplateScope } from '../templates/template-engine.ts'
import type { BegunStep } from './begun-steps.ts'
import type { WorkflowEvent } from './workflow-events.ts'
import type { StepState, WorkflowProgress } from './workflow-progress.ts'

/** What a run of a workflow was given. */
export type GivenInputs = {
  inputs: JsonObject
  /** What made it start: a message, a webhook's body. */
  trigger?: JsonValue
}

/** `now` is an ISO time in UTC; `timezone` that of who the run works for. */
export type WorkflowClock = { now: string; timezone: string }

/** What is found on the way through a workflow's steps. */
export type WorkflowVisit = {
  progress: WorkflowProgress
  given: GivenInputs
  clock: WorkflowClock
  judge: string | undefined
  /** Calls made and begun. */
  callCount: number
  events: WorkflowEvent[]
  begun: BegunStep[]
  /** Calls that have not returned. */
  open: string[]
  parked: { step: string; why: string }[]
  /** When the first of those that wait goes on, and how many wait. */
  until: string | undefined
  waiting: number
}

/** Where a list of steps stands: what its paths begin with, and what its templates see. */
export type StepPlace = {
  prefix: string
  steps: JsonObject
  /** `item` and `index`, where there are any. */
  names: JsonObject
}

/** `ended`: a person said no, so what follows is not done. */
export type VisitOutcome = 'done' | 'ended' | 'open'

export function createVisit(
  progress: WorkflowProgress,
  given: GivenInputs,
  clock: WorkflowClock,
  judge: string | undefined,
): WorkflowVisit {
  const callCount = Object.keys(progress.calls).length
  return {
    progress,
    given,
    clock,
    judge,
    callCount,
    events: [],
    begun: [],
    open: [],
    parked: [],
    until: undefined,
    waiting: 0,
  }
}

export const stepStateOf = ({ progress }: Pick<WorkflowVisit, 'progress'>, step: string): StepState =>
  progress.steps[step] ?? {}

export const scopeIn = ({ given, clock }: WorkflowVisit, { steps, names }: StepPlace): TemplateScope => ({
  ...names,
  inputs: given.inputs,
  trigger: given.trigger ?? null,
  steps,
  ...clock,
})

export function waitUntil(visit: WorkflowVisit, until: string): 'open' {
  visit.waiting += 1
  if (visit.until === undefined || until < visit.until) visit.until = until
  return 'open'
}

export function noteEvent(visit: WorkflowVisit, event: WorkflowEvent): 'open' {
  visit.events.push(event)
  return 'open'
}

export const parkStep = (visit: WorkflowVisit, step: string, why: string): 'open' =>
  noteEvent(visit, { type: 'parked', step, why })

/** How much is under way: more after a part means that the part goes on without a person. */
export const countUnderWay = ({ events, begun, open, waiting }: WorkflowVisit): number =>
  events.length + begun.length + open.length + waiting

/** A step whose templates fail waits for a person, as one whose call fails. */
export function parkWhereInvalid(visit: WorkflowVisit, step: string, work: () => VisitOutcome): VisitOutcome {
  try {
    return work()
  } catch (error) {
    if (!isAppError(error, 'input_invalid')) throw error
    return parkStep(visit, step, error.message)
  }
}

/** Whether a time has come. */
export const isPast = (until: string, { now }: WorkflowClock): boolean => Date.parse(until) <= Date.parse(now)

export const addToClock = ({ now }: WorkflowClock, ms: number): string => new Date(Date.parse(now) + ms).toISOString()
