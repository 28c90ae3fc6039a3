import { isAppError } from '../../errors.ts'
import type { JsonObject, JsonValue } from '../../json.ts'
import { renderTemplates } from '../templates/render-template.ts'
import type { WorkflowDefinition } from '../workflow.ts'
import type { BegunStep } from './begun-steps.ts'
import { limitOutput } from './step-output.ts'
import {
  createVisit,
  type GivenInputs,
  noteEvent,
  parkStep,
  scopeIn,
  stepStateOf,
  type WorkflowClock,
  type WorkflowVisit,
} from './visit.ts'
import { lastOutputOf, visitSteps } from './visit-steps.ts'
import type { WorkflowEvent } from './workflow-events.ts'
import { attemptsOf, callIdOf, type WorkflowProgress } from './workflow-progress.ts'

export type ParkedStep = { step: string; why: string }

/** What a workflow needs next. `record`: write these events and ask again. `rest`: nothing to do before a call returns or the time comes. */
export type WorkflowDecision =
  | { do: 'record'; events: WorkflowEvent[] }
  | { do: 'begin'; steps: BegunStep[] }
  | { do: 'rest'; until: string | undefined; calls: string[] }
  | { do: 'park'; parked: ParkedStep[] }
  | { do: 'finish'; outcome: 'done' | 'denied' | 'stopped' | 'undone'; output: JsonValue; problem?: string }

/** A step that a person can take back, as the list shows it before they press. */
export type UndoableStep = {
  step: string
  tool: string
  arguments: JsonObject | undefined
  problem: string | undefined
}

/** What to do next, from what happened. Pure. */
export function nextWorkflowStep(
  body: WorkflowDefinition,
  given: GivenInputs,
  progress: WorkflowProgress,
  clock: WorkflowClock,
): WorkflowDecision {
  if (progress.ending === 'stop') return { do: 'finish', outcome: 'stopped', output: null }
  const visit = createVisit(progress, given, clock, body.agent)
  const around = { prefix: '', steps: {}, names: {} }
  const outcome = visitSteps(visit, body.steps, around)
  if (progress.ending === 'undo') return nextUndo(visit)
  if (visit.events.length > 0) return { do: 'record', events: visit.events }
  if (visit.begun.length > 0) return { do: 'begin', steps: visit.begun }
  if (outcome === 'open') return restOf(visit)
  if (outcome === 'ended') return { do: 'finish', outcome: 'denied', output: null }
  return finish(body, visit, scopeIn(visit, around))
}

function restOf({ open, until, parked }: WorkflowVisit): WorkflowDecision {
  if (open.length > 0 || until !== undefined) return { do: 'rest', until, calls: open }
  return { do: 'park', parked }
}

function finish(body: WorkflowDefinition, visit: WorkflowVisit, scope: ReturnType<typeof scopeIn>): WorkflowDecision {
  if (body.output === undefined) return { do: 'finish', outcome: 'done', output: lastOutputOf(visit, body.steps, '') }
  try {
    return { do: 'finish', outcome: 'done', output: limitOutput(renderTemplates(body.output, scope)).output }
  } catch (error) {
    if (!isAppError(error, 'input_invalid')) throw error
    return { do: 'finish', outcome: 'done', output: null, problem: error.message }
  }
}

/** What was done and can be taken back, the newest first. */
export const undoableStepsOf = ({ steps, left }: WorkflowProgress): UndoableStep[] =>
  left.toReversed().flatMap((step) => {
    const undo = steps[step]?.undo
    return undo === undefined ? [] : [{ step, tool: undo.tool, arguments: undo.arguments, problem: undo.problem }]
  })

const UNDO = 'undo/'

/** One step after the other is taken back; what was under way is waited for first, since it may have to be taken back, too. */
function nextUndo(visit: WorkflowVisit): WorkflowDecision {
  const left = visit.events.filter(({ type }) => type === 'left')
  if (left.length > 0) return { do: 'record', events: left }
  const isUnderWay = visit.open.length > 0
  if (isUnderWay) return { do: 'rest', until: undefined, calls: visit.open }
  const undo: WorkflowVisit = { ...visit, events: [], begun: [], open: [], parked: [], until: undefined, waiting: 0 }
  const open = undoableStepsOf(visit.progress).find(
    (one) => one.problem === undefined && isToUndo(undo, UNDO + one.step),
  )
  if (open === undefined) return { do: 'finish', outcome: 'undone', output: null }
  takeBack(undo, open)
  if (undo.events.length > 0) return { do: 'record', events: undo.events }
  return undo.begun.length > 0 ? { do: 'begin', steps: undo.begun } : restOf(undo)
}

const isToUndo = (visit: WorkflowVisit, path: string): boolean => stepStateOf(visit, path).outcome === undefined

function takeBack(visit: WorkflowVisit, { step, tool, arguments: written = {} }: UndoableStep): void {
  const path = UNDO + step
  const record = stepStateOf(visit, path)
  const attempts = attemptsOf(visit.progress, path)
  const last = visit.progress.calls[callIdOf(path, attempts)]
  const begin = (args: JsonObject) =>
    visit.begun.push({
      step: path,
      call: callIdOf(path, attempts + 1),
      kind: 'tool',
      tool,
      arguments: args,
      instead: false,
    })
  if (record.parked !== undefined) visit.parked.push({ step: path, why: record.parked })
  else if (last === undefined || record.again === attempts) begin(record.arguments ?? written)
  else if (last.state !== 'returned') visit.open.push(last.call)
  else if (last.outcome === 'ok') noteEvent(visit, { type: 'left', step: path, outcome: 'ok' })
  else parkStep(visit, path, last.text ?? 'It could not be undone.')
}
