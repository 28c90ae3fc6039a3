import { AppError } from '../../errors.ts'
import type { JsonObject, JsonValue } from '../../json.ts'
import { actionOf, branchesOf, type StepAction, stepsIn } from '../definition/step-actions.ts'
import { computeCondition, renderTemplates } from '../templates/render-template.ts'
import { parseDuration, type WorkflowStep } from '../workflow.ts'
import { MOST_ITEMS, MOST_WAIT_MS } from '../workflow-limits.ts'
import { limitOutput } from './step-output.ts'
import {
  addToClock,
  countUnderWay,
  isPast,
  noteEvent,
  parkWhereInvalid,
  type StepPlace,
  scopeIn,
  stepStateOf,
  type VisitOutcome,
  type WorkflowVisit,
  waitUntil,
} from './visit.ts'
import { visitCall } from './visit-call.ts'
import type { StepState } from './workflow-progress.ts'

type ActionOf<K extends StepAction['kind']> = Extract<StepAction, { kind: K }>

/** Steps one after the other; each sees what those before it left. */
export function visitSteps(visit: WorkflowVisit, steps: WorkflowStep[], around: StepPlace): VisitOutcome {
  for (const [at, step] of steps.entries()) {
    const outcome = visitStep(visit, step, around)
    if (outcome === 'open') return 'open'
    if (outcome === 'ended') return skipRest(visit, steps.slice(at + 1), around)
  }
  return 'done'
}

function skipRest(visit: WorkflowVisit, steps: WorkflowStep[], around: StepPlace): VisitOutcome {
  const left = steps
    .map(({ id }) => around.prefix + id)
    .filter((path) => stepStateOf(visit, path).outcome === undefined)
  for (const step of left) noteEvent(visit, { type: 'skipped', step, why: 'A person said no before it.' })
  return left.length > 0 ? 'open' : 'ended'
}

function visitStep(visit: WorkflowVisit, step: WorkflowStep, around: StepPlace): VisitOutcome {
  const path = around.prefix + step.id
  const record = stepStateOf(visit, path)
  if (record.outcome !== undefined) return showStep(visit, step, around, record)
  if (record.parked !== undefined) {
    visit.parked.push({ step: path, why: record.parked })
    return 'open'
  }
  return parkWhereInvalid(visit, path, () =>
    record.entered === true ? visitEntered(visit, step, around) : enterStep(visit, step, around),
  )
}

/** Lets later steps see what a step left, and those in it. */
function showStep(visit: WorkflowVisit, step: WorkflowStep, around: StepPlace, record: StepState): VisitOutcome {
  const { outcome, output = null, error = null } = record
  around.steps[step.id] = { output, error, skipped: outcome === 'skipped' }
  if (outcome === 'denied') return 'ended'
  if (step.each !== undefined) return 'done'
  return outcome === 'skipped' ? showSkipped(step, around) : visitBranches(visit, step, around, record)
}

/** Templates that name a step in a branch that was not taken find nothing there, and no error. */
function showSkipped(step: WorkflowStep, { steps }: StepPlace): 'done' {
  const inner = branchesOf(step).flatMap(([, list]) => stepsIn({ steps: list }))
  for (const { step: one } of inner) steps[one.id] ??= { output: null, error: null, skipped: true }
  return 'done'
}

/** What stands in a step that is left: all of it is over, so that this only shows it. */
function visitBranches(visit: WorkflowVisit, step: WorkflowStep, around: StepPlace, record: StepState): VisitOutcome {
  const action = actionOf(step)
  if (action.kind === 'parallel') return visitParallel(visit, action, around)
  return action.kind === 'choice' ? visitChoice(visit, action, around, record) : 'done'
}

function enterStep(visit: WorkflowVisit, step: WorkflowStep, around: StepPlace): VisitOutcome {
  const path = around.prefix + step.id
  const scope = scopeIn(visit, around)
  const holds = step.if === undefined || computeCondition(step.if, scope)
  if (!holds && step.else === undefined)
    return noteEvent(visit, { type: 'skipped', step: path, why: 'Its condition does not hold.' })
  const action = actionOf(step)
  if (action.kind === 'each')
    return noteEvent(visit, { type: 'entered', step: path, items: itemsOf(renderTemplates(action.items, scope)) })
  if (action.kind === 'choice')
    return noteEvent(visit, { type: 'entered', step: path, branch: holds ? 'steps' : 'else' })
  return noteEvent(visit, { type: 'entered', step: path })
}

function itemsOf(value: JsonValue): JsonValue[] {
  if (!Array.isArray(value))
    throw new AppError(
      'input_invalid',
      `each goes through a list, and this is none. Give it one, such as \${{ steps.ID.output.items }}.`,
    )
  if (value.length > MOST_ITEMS)
    throw new AppError(
      'input_invalid',
      `This list has ${value.length} items, and each takes at most ${MOST_ITEMS}. Take fewer, for example with | slice: 0, ${MOST_ITEMS}.`,
    )
  if (limitOutput(value).cut)
    throw new AppError(
      'input_invalid',
      'This list is too large to be gone through. Take fewer fields of it, for example with | map: "id".',
    )
  return value
}

function visitEntered(visit: WorkflowVisit, step: WorkflowStep, around: StepPlace): VisitOutcome {
  const path = around.prefix + step.id
  const record = stepStateOf(visit, path)
  const action = actionOf(step)
  switch (action.kind) {
    case 'tool':
    case 'agent':
    case 'panel':
    case 'ask':
      return visitCall(visit, { step, path, action, around })
    case 'wait':
      return visitWait(visit, path, action, around)
    case 'each':
      return leaveWhenDone(visit, path, visitEach(visit, path, action, around))
    case 'choice':
      return leaveWhenDone(visit, path, { outcome: visitChoice(visit, action, around, record) })
    case 'parallel':
      return leaveWhenDone(visit, path, { outcome: visitParallel(visit, action, around) })
    default:
      return action satisfies never
  }
}

function visitWait(
  visit: WorkflowVisit,
  path: string,
  { duration, until }: ActionOf<'wait'>,
  around: StepPlace,
): VisitOutcome {
  const { waiting } = stepStateOf(visit, path)
  if (waiting === undefined) {
    const time =
      duration === undefined
        ? timeOf(visit, until ?? '', around)
        : addToClock(visit.clock, parseDuration(duration) ?? 0)
    return noteEvent(visit, { type: 'step_waiting', step: path, until: time, why: 'The workflow says so.' })
  }
  if (!isPast(waiting.until, visit.clock)) return waitUntil(visit, waiting.until)
  return noteEvent(visit, { type: 'left', step: path, outcome: 'ok' })
}

function timeOf(visit: WorkflowVisit, until: string, around: StepPlace): string {
  const rendered = String(renderTemplates(until, scopeIn(visit, around)))
  const time = Date.parse(rendered)
  if (Number.isNaN(time))
    throw new AppError(
      'input_invalid',
      `"${rendered.slice(0, 60)}" is no time to wait until. Write one such as 2026-12-24T09:00:00Z.`,
    )
  if (time > Date.parse(visit.clock.now) + MOST_WAIT_MS)
    throw new AppError(
      'input_invalid',
      `${rendered.slice(0, 60)} is more than 30 days away, which is the longest wait. Use a schedule.`,
    )
  return new Date(time).toISOString()
}

type Branches = { outcome: VisitOutcome; output?: JsonValue }

function leaveWhenDone(visit: WorkflowVisit, path: string, { outcome, output }: Branches): VisitOutcome {
  if (outcome === 'open') return 'open'
  const left = output === undefined ? {} : limitOutput(output)
  return noteEvent(visit, { type: 'left', step: path, outcome: 'ok', ...left })
}

/** Items one after the other; one that waits for a person does not hold up the others. */
function visitEach(visit: WorkflowVisit, path: string, { steps }: ActionOf<'each'>, around: StepPlace): Branches {
  const outputs: JsonValue[] = []
  let isOpen = false
  for (const [index, item] of (stepStateOf(visit, path).items ?? []).entries()) {
    const names: JsonObject = { ...around.names, item, index }
    const inner = { prefix: `${path}/${index}/`, steps: { ...around.steps }, names }
    const before = countUnderWay(visit)
    const outcome = visitSteps(visit, steps, inner)
    isOpen ||= outcome === 'open'
    if (countUnderWay(visit) > before) return { outcome: 'open' }
    outputs.push(lastOutputOf(visit, steps, inner.prefix))
  }
  return isOpen ? { outcome: 'open' } : { outcome: 'done', output: outputs }
}

/** What the last step that was done left. */
export function lastOutputOf(visit: Pick<WorkflowVisit, 'progress'>, steps: WorkflowStep[], prefix: string): JsonValue {
  const done = steps.map(({ id }) => stepStateOf(visit, prefix + id)).findLast(({ outcome }) => outcome === 'ok')
  return done?.output ?? null
}

function visitChoice(
  visit: WorkflowVisit,
  { steps, otherwise }: ActionOf<'choice'>,
  around: StepPlace,
  { branch }: StepState,
): VisitOutcome {
  const [taken, other] = branch === 'else' ? [otherwise, steps] : [steps, otherwise]
  for (const { step } of stepsIn({ steps: other }))
    around.steps[step.id] ??= { output: null, error: null, skipped: true }
  return visitSteps(visit, taken, around)
}

/** Branches at the same time: none sees another, and what follows sees all of them. */
function visitParallel(visit: WorkflowVisit, { branches }: ActionOf<'parallel'>, around: StepPlace): VisitOutcome {
  const visits = branches.map((step) => {
    const inner = { ...around, steps: { ...around.steps } }
    return { outcome: visitSteps(visit, [step], inner), steps: inner.steps }
  })
  if (visits.some(({ outcome }) => outcome === 'open')) return 'open'
  for (const { steps } of visits) Object.assign(around.steps, steps)
  return 'done'
}
