import { isAppError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { parseDuration, type WorkflowStep } from '../workflow.ts'
import { MOST_CALLS } from '../workflow-limits.ts'
import { beginStep, type CallAction, renderArguments } from './begun-steps.ts'
import { outputOfResult } from './step-output.ts'
import {
  addToClock,
  isPast,
  noteEvent,
  parkStep,
  type StepPlace,
  scopeIn,
  stepStateOf,
  type VisitOutcome,
  type WorkflowVisit,
  waitUntil,
} from './visit.ts'
import type { UndoCall } from './workflow-events.ts'
import { attemptsOf, callIdOf, type WorkflowCall } from './workflow-progress.ts'

/** A step that makes a call, with the path it has here. */
export type CallStep = { step: WorkflowStep; path: string; action: CallAction; around: StepPlace }

/** A step whose call is begun, under way, to be repeated, or over. */
export function visitCall(visit: WorkflowVisit, at: CallStep): VisitOutcome {
  const attempts = attemptsOf(visit.progress, at.path)
  const record = stepStateOf(visit, at.path)
  const last = visit.progress.calls[callIdOf(at.path, attempts)]
  if (last === undefined) return begin(visit, at, 1, record.arguments)
  if (last.state !== 'returned') return waitForCall(visit, last)
  if (record.again === attempts) return begin(visit, at, attempts + 1, record.arguments ?? last.arguments)
  const instead = visit.progress.calls[callIdOf(insteadOf(at.path), attempts)]
  if (instead !== undefined) return settleInstead(visit, at, instead)
  if (last.outcome === 'ok') return leaveWithResult(visit, at, last)
  if (mayRetry(at.step, attempts, last)) return retry(visit, at, attempts, last)
  return fail(visit, at, attempts, last)
}

const insteadOf = (path: string): string => `${path}/instead`

function waitForCall(visit: WorkflowVisit, { call }: WorkflowCall): 'open' {
  visit.open.push(call)
  return 'open'
}

function begin(
  visit: WorkflowVisit,
  { path, action, around }: CallStep,
  attempt: number,
  again: JsonObject | undefined,
): VisitOutcome {
  if (isAtLimit(visit)) return parkAtLimit(visit, path)
  const call = callIdOf(path, attempt)
  visit.begun.push(beginStep({ step: path, call, action, judge: visit.judge }, scopeIn(visit, around), again))
  visit.callCount += 1
  return 'open'
}

const isAtLimit = (visit: WorkflowVisit): boolean => visit.callCount >= MOST_CALLS

const parkAtLimit = (visit: WorkflowVisit, path: string): 'open' =>
  parkStep(visit, path, `This run has made ${MOST_CALLS} calls, which is the most. Stop it, and give it less to do.`)

/** It went wrong by itself: what a person or a rule refused is not tried another way. */
const wentWrong = ({ outcome }: WorkflowCall): boolean =>
  outcome === 'error' || outcome === 'failed' || outcome === 'unknown'

/** What may have happened is not done twice by itself. */
const isHarmlessToRepeat = (call: WorkflowCall): boolean =>
  wentWrong(call) && (call.repeatable || (call.outcome === 'failed' && call.sent === false))

const mayRetry = ({ retry }: WorkflowStep, attempts: number, last: WorkflowCall): boolean =>
  retry !== undefined && attempts <= retry.times && isHarmlessToRepeat(last)

function retry(visit: WorkflowVisit, at: CallStep, attempts: number, last: WorkflowCall): VisitOutcome {
  const { waiting } = stepStateOf(visit, at.path)
  if (waiting?.after !== attempts) {
    const until = addToClock(visit.clock, parseDuration(at.step.retry?.wait ?? '') ?? 0)
    return noteEvent(visit, { type: 'step_waiting', step: at.path, until, why: wordsOf(last) })
  }
  if (!isPast(waiting.until, visit.clock)) return waitUntil(visit, waiting.until)
  return begin(visit, at, attempts + 1, last.arguments)
}

function fail(visit: WorkflowVisit, at: CallStep, attempts: number, last: WorkflowCall): VisitOutcome {
  const otherwise = at.step.on_error ?? 'park'
  if (last.outcome === 'denied' && at.step.ask !== undefined && otherwise === 'park')
    return noteEvent(visit, { type: 'left', step: at.path, outcome: 'denied', error: wordsOf(last) })
  if (otherwise === 'continue')
    return noteEvent(visit, { type: 'left', step: at.path, outcome: 'error', error: wordsOf(last) })
  if (otherwise === 'park') return parkStep(visit, at.path, wordsOf(last))
  if (!wentWrong(last)) return parkStep(visit, at.path, wordsOf(last))
  if (last.risk !== 'read' && !isHarmlessToRepeat(last)) {
    const why = `${wordsOf(last)} ${otherwise.use} was not tried instead: the first may have been done.`
    return parkStep(visit, at.path, why)
  }
  if (isAtLimit(visit)) return parkAtLimit(visit, at.path)
  const call = callIdOf(insteadOf(at.path), attempts)
  const args = renderArguments(otherwise.with ?? {}, scopeIn(visit, at.around))
  visit.begun.push({ step: at.path, call, kind: 'tool', tool: otherwise.use, arguments: args, instead: true })
  visit.callCount += 1
  return 'open'
}

function settleInstead(visit: WorkflowVisit, at: CallStep, instead: WorkflowCall): VisitOutcome {
  if (instead.state !== 'returned') return waitForCall(visit, instead)
  if (instead.outcome === 'ok') return leaveWithResult(visit, at, instead)
  return parkStep(visit, at.path, wordsOf(instead))
}

function leaveWithResult(visit: WorkflowVisit, at: CallStep, call: WorkflowCall): 'open' {
  const left = { ...outputOfResult(call), ...(call.cut && { cut: call.cut }) }
  // What was done by another tool is not taken back by this one's.
  const isOwn = call.call.startsWith(`${at.path}#`)
  const undo = isOwn ? undoOf(visit, at, left.output) : undefined
  return noteEvent(visit, {
    type: 'left',
    step: at.path,
    outcome: 'ok',
    ...left,
    ...(undo === undefined ? {} : { undo }),
  })
}

/** Worked out while the output is at hand; nothing is undone unless a person says so. */
function undoOf(
  visit: WorkflowVisit,
  { step, around }: CallStep,
  output: ReturnType<typeof outputOfResult>['output'],
): UndoCall | undefined {
  if (step.undo === undefined) return undefined
  const { tool, with: written = {} } = step.undo
  try {
    const scope = { ...scopeIn(visit, around), output }
    return { tool, arguments: renderArguments(written, scope) }
  } catch (error) {
    if (!isAppError(error, 'input_invalid')) throw error
    return { tool, problem: error.message }
  }
}

const OUTCOME_WORDS: Record<NonNullable<WorkflowCall['outcome']>, string> = {
  ok: 'It was done.',
  error: 'The tool reported an error.',
  failed: 'The call failed.',
  cancelled: 'The call was cancelled.',
  unknown: 'It is not known whether this was done.',
  refused: 'It may not be done.',
  denied: 'A person said no.',
  expired: 'Nobody approved it in time.',
}

function wordsOf({ outcome = 'failed', text }: WorkflowCall): string {
  const said = text?.trim() ?? ''
  return said === '' ? OUTCOME_WORDS[outcome] : said.slice(0, 1_000)
}
