import { AppError, errorChainOf, errorMessageOf, isAppError } from '../../errors.ts'
import type { RunId } from '../../ids.ts'
import { giveUpCalls } from '../calls/call-tools.ts'
import { callApprovedTools, judgeCalls } from '../calls/judge-calls.ts'
import type { RunDeps } from '../deps.ts'
import { askModel } from '../model-turn/ask-model.ts'
import { readThread } from '../model-turn/read-thread.ts'
import { nextStep, type Step } from '../state/next-step.ts'
import type { CallState, RunState } from '../state/state.ts'
import { appendEvents, type LeasedRun, LeaseLostError, loadNewEvents } from '../storage/leased-run.ts'
import { doOwnCalls } from '../team/own-calls.ts'
import { reportChild } from '../team/report-child.ts'
import { askPeople } from '../workflow/ask-people.ts'
import { performWorkflowPart } from '../workflow/perform-workflow-part.ts'

/** A run that cannot go on is tried again by whoever is free then, after a pause as long as the trouble has lasted. */
const PAUSE_MS = { least: 5_000, most: 300_000 }

/**
 * Works a leased run until it rests, ends, is lost, or the app stops. Never throws.
 * Returns the next run of its conversation, if this one ended and another waits.
 */
export async function runUntilRest(deps: RunDeps, leased: LeasedRun): Promise<RunId | undefined> {
  for (;;) {
    if (deps.closing.aborted) return release(deps, leased, 0)
    const done = await stepOn(deps, leased)
    if (done) return done.next
  }
}

type Done = { next: RunId | undefined }

/** One step; undefined when the run goes on. */
async function stepOn(deps: RunDeps, leased: LeasedRun): Promise<Done | undefined> {
  try {
    const step = nextStep(leased.state, deps.now())
    if (step.do === 'close' || step.do === 'rest') return await settle(deps, leased, step)
    await perform(deps, leased, step)
    return undefined
  } catch (error) {
    return (await survive(deps, leased, error)) ? undefined : { next: undefined }
  }
}

function perform(deps: RunDeps, leased: LeasedRun, step: Exclude<Step, { do: 'close' | 'rest' }>): Promise<unknown> {
  switch (step.do) {
    case 'read_thread':
      return readThread(deps, leased, step.thread)
    case 'ask':
      return askModel(deps, leased, step.last)
    case 'judge':
      return beginCalls(deps, leased, step.calls)
    case 'call':
      return callApprovedTools(deps, leased, step.calls)
    case 'give_up':
      return giveUpCalls(deps, leased, step.calls)
    case 'finish': {
      const note = step.note === undefined ? {} : { note: step.note }
      return appendEvents(deps, leased, [{ type: 'finished', ...note, at: deps.now().toISOString() }], {
        decidedAt: leased.seq,
      })
    }
    default:
      return performWorkflowPart(deps, leased, step)
  }
}

function beginCalls(deps: RunDeps, leased: LeasedRun, calls: CallState[]): Promise<void> {
  const own = calls.filter((call) => call.own)
  if (own.length === 0) return judgeCalls(deps, leased, calls)
  const questions = own.filter(({ tool }) => tool === 'ask_people')
  return questions.length > 0 ? askPeople(deps, leased, questions) : doOwnCalls(deps, leased, own)
}

type Resting = Extract<Step, { do: 'close' | 'rest' }>

/** Shows everything, then rests or closes; undefined when something happened meanwhile and the run goes on. */
async function settle(deps: RunDeps, leased: LeasedRun, step: Resting): Promise<Done | undefined> {
  // A press meanwhile is brought in at once, so `leased` may be further by then than what was decided on.
  const { seq } = leased
  if (step.do === 'rest' && (await deps.store.joinQueued(leased.id, leased.fence)) > 0) {
    await loadNewEvents(deps, leased)
    return undefined
  }
  const isShown = await publishRun(deps, leased)
  if (step.do === 'close') return close(deps, leased, { seq, isShown })
  // Nobody can answer what they cannot see: the run fails, and that is shown in turn.
  if (!isShown) return fail(deps, leased, new AppError('internal', NOT_SHOWN))
  if (await deps.store.rest(leased.id, leased.fence, seq, step.until)) return { next: undefined }
  await loadNewEvents(deps, leased)
  return undefined
}

const NOT_SHOWN =
  'This needs an answer of yours, but I could not show you the question. Please ask again; if it happens again, tell whoever runs Patchbay here.'

async function close(
  deps: RunDeps,
  leased: LeasedRun,
  { seq, isShown }: { seq: number; isShown: boolean },
): Promise<Done | undefined> {
  if (!isShown) await publishPlainly(deps, leased)
  const { closed, next: following } = await deps.store.close(leased.id, leased.fence, seq)
  if (closed) {
    deps.log.info(
      { run: leased.id, workspace: leased.state.origin.workspace, status: leased.state.status },
      'run closed',
    )
    // What fails here is found by the housekeeping.
    await reportChild(deps, leased.state)
    return { next: following ?? undefined }
  }
  await loadNewEvents(deps, leased)
  return undefined
}

/** True when the run goes on in this instance after the error. */
async function survive(deps: RunDeps, leased: LeasedRun, error: unknown): Promise<boolean> {
  const where = { run: leased.id, workspace: leased.state.origin.workspace, reason: errorChainOf(error) }
  if (error instanceof LeaseLostError) {
    deps.log.warn(where, 'run lost to another instance')
    return false
  }
  if (deps.closing.aborted || leased.state.status === 'stopped')
    return isAppError(error, 'cancelled') || deps.closing.aborted || giveBack(deps, leased, error)
  if (isAppError(error, 'slack_failed', 'database_unavailable') || leased.state.status !== 'working')
    return giveBack(deps, leased, error)
  deps.log.error({ ...where, err: error }, 'run failed')
  return (await fail(deps, leased, error)) === undefined
}

async function giveBack(deps: RunDeps, leased: LeasedRun, error: unknown): Promise<false> {
  const lastedMs = deps.now().getTime() - leased.state.changedAt.getTime()
  const pauseMs = Math.min(PAUSE_MS.most, Math.max(PAUSE_MS.least, lastedMs))
  deps.log.warn({ run: leased.id, pauseMs, reason: errorChainOf(error) }, 'run given back, to be tried again')
  await release(deps, leased, pauseMs)
  return false
}

/** Writes down that the run failed; it goes on then, to be shown and closed. */
async function fail(deps: RunDeps, leased: LeasedRun, error: unknown): Promise<Done | undefined> {
  const code = isAppError(error) ? error.code : 'internal'
  const failed = { type: 'failed' as const, code, message: errorMessageOf(error), at: deps.now().toISOString() }
  try {
    await appendEvents(deps, leased, [failed], 'fact')
    return undefined
  } catch (second) {
    await giveBack(deps, leased, second)
    return { next: undefined }
  }
}

/** Gives the run back, free again after `afterMs`. When even that fails its lease runs out by itself. */
async function release(deps: RunDeps, leased: LeasedRun, afterMs: number): Promise<undefined> {
  try {
    await deps.store.release(leased.id, leased.fence, afterMs)
  } catch (error) {
    deps.log.warn({ run: leased.id, reason: errorChainOf(error) }, 'lease left to run out')
  }
}

/** What cannot be shown for so long must not keep its conversation waiting any more. */
const SHOW_PATIENCE_MS = 3_600_000
/** Who stopped a run does not wait that long: this covers a short trouble of Slack's. */
const STOPPED_PATIENCE_MS = 30_000

/** Shows the run as it is now; false when that is given up. Throws on trouble worth another try. */
async function publishRun(deps: RunDeps, { id, state }: LeasedRun): Promise<boolean> {
  try {
    await deps.listener.publish(state, deps.closing)
    return true
  } catch (error) {
    if (isWorthRetrying(deps, state, error)) throw error
    deps.log.error(
      { run: id, workspace: state.origin.workspace, err: error, reason: errorChainOf(error) },
      'run cannot be shown',
    )
    return false
  }
}

/** Says in plain words that the run cannot be shown. Throws on trouble worth another try. */
async function publishPlainly(deps: RunDeps, { id, state }: LeasedRun): Promise<void> {
  try {
    await deps.listener.publishPlain(state)
  } catch (error) {
    if (isWorthRetrying(deps, state, error)) throw error
    deps.log.error(
      { run: id, workspace: state.origin.workspace, err: error, reason: errorChainOf(error) },
      'given up on telling of a run',
    )
  }
}

/** Slack or the database may come back, for as long as a person waits; a defect stays. */
function isWorthRetrying(deps: RunDeps, state: RunState, error: unknown): boolean {
  if (deps.closing.aborted) return true
  if (!isAway(error)) return false
  const patienceMs = state.stoppedBy === undefined ? SHOW_PATIENCE_MS : STOPPED_PATIENCE_MS
  return deps.now().getTime() - state.changedAt.getTime() < patienceMs
}

const isAway = (error: unknown): boolean => isAppError(error, 'slack_failed', 'database_unavailable')
