import { errorChainOf, errorMessageOf, isAppError } from '../../errors.ts'
import type { RunId } from '../../ids.ts'
import { callTools, giveUpCalls } from '../calls/call-tools.ts'
import { judgeCalls } from '../calls/judge-calls.ts'
import type { RunDeps } from '../deps.ts'
import { askModel } from '../model-turn/ask-model.ts'
import { nextStep, type Step } from '../state/next-step.ts'
import { appendEvents, type LeasedRun, LeaseLostError, loadNewEvents } from '../storage/leased-run.ts'

/** Trouble with telling is tried again after this long, by whoever is free then. */
const TELL_AGAIN_MS = 5_000
/** What cannot be told for so long must not keep its conversation waiting any more. */
const TELL_PATIENCE_MS = 3_600_000

/**
 * Works a held run until it rests, ends, is lost, or the app stops. Never throws.
 * Returns the next run of its conversation, if this one ended and another waits.
 */
export async function runUntilRest(deps: RunDeps, held: LeasedRun): Promise<RunId | undefined> {
  for (;;) {
    if (deps.closing.aborted) return letGo(deps, held, 0)
    const done = await stepOn(deps, held)
    if (done) return done.next
  }
}

type Done = { next: RunId | undefined }

/** One step; undefined when the run goes on. */
async function stepOn(deps: RunDeps, held: LeasedRun): Promise<Done | undefined> {
  try {
    const step = nextStep(held.state)
    if (step.do === 'close' || step.do === 'rest') return await settle(deps, held, step)
    await perform(deps, held, step)
    return undefined
  } catch (error) {
    return (await survive(deps, held, error)) ? undefined : { next: undefined }
  }
}

function perform(deps: RunDeps, held: LeasedRun, step: Exclude<Step, { do: 'close' | 'rest' }>): Promise<unknown> {
  switch (step.do) {
    case 'ask':
      return askModel(deps, held, step.last)
    case 'judge':
      return judgeCalls(deps, held, step.calls)
    case 'call':
      return callTools(deps, held, step.calls)
    case 'give_up':
      return giveUpCalls(deps, held, step.calls)
    case 'finish': {
      const note = step.note === undefined ? {} : { note: step.note }
      return appendEvents(deps, held, [{ type: 'finished', ...note, at: deps.now().toISOString() }], 'decision')
    }
    default:
      return step satisfies never
  }
}

/** Shows everything, then rests or closes; undefined when something happened meanwhile and the run goes on. */
async function settle(deps: RunDeps, held: LeasedRun, step: { do: 'close' | 'rest' }): Promise<Done | undefined> {
  // A press during the telling is brought in at once, so `held` may be further by then than what was decided on.
  const { seq } = held
  await tellAll(deps, held)
  if (step.do === 'rest') {
    if (await deps.store.rest(held.id, held.fence, seq)) return { next: undefined }
  } else {
    const { closed, next: following } = await deps.store.close(held.id, held.fence, seq)
    if (closed) {
      deps.log.info({ run: held.id, workspace: held.state.origin.workspace, status: held.state.status }, 'run closed')
      return { next: following ?? undefined }
    }
  }
  await loadNewEvents(deps, held)
  return undefined
}

async function tellAll(deps: RunDeps, held: LeasedRun): Promise<void> {
  try {
    await deps.door.publish(held.state, deps.closing)
  } catch (error) {
    const waitedMs = deps.now().getTime() - held.state.changedAt.getTime()
    if (!isAppError(error, 'slack_failed') || waitedMs < TELL_PATIENCE_MS) throw error
    deps.log.error({ run: held.id, reason: errorChainOf(error) }, 'could not be told, given up')
  }
}

/** True when the run goes on in this instance after the error. */
async function survive(deps: RunDeps, held: LeasedRun, error: unknown): Promise<boolean> {
  const where = { run: held.id, workspace: held.state.origin.workspace, reason: errorChainOf(error) }
  if (error instanceof LeaseLostError) {
    deps.log.warn(where, 'run lost to another instance')
    return false
  }
  if (deps.closing.aborted || held.state.status === 'stopped')
    return isAppError(error, 'cancelled') || deps.closing.aborted || giveBack(deps, held, error)
  if (isAppError(error, 'slack_failed', 'database_unavailable') || held.state.status !== 'working')
    return giveBack(deps, held, error)
  deps.log.error(where, 'run failed')
  return fail(deps, held, error)
}

async function giveBack(deps: RunDeps, held: LeasedRun, error: unknown): Promise<boolean> {
  deps.log.warn({ run: held.id, reason: errorChainOf(error) }, 'run given back, to be tried again')
  await letGo(deps, held, TELL_AGAIN_MS)
  return false
}

async function fail(deps: RunDeps, held: LeasedRun, error: unknown): Promise<boolean> {
  const code = isAppError(error) ? error.code : 'internal'
  try {
    await appendEvents(
      deps,
      held,
      [{ type: 'failed', code, message: errorMessageOf(error), at: deps.now().toISOString() }],
      'fact',
    )
    return true
  } catch (second) {
    return giveBack(deps, held, second)
  }
}

/** Gives the run back, free again after `afterMs`. When even that fails its lease runs out by itself. */
async function letGo(deps: RunDeps, held: LeasedRun, afterMs: number): Promise<undefined> {
  try {
    await deps.store.release(held.id, held.fence, afterMs)
  } catch (error) {
    deps.log.warn({ run: held.id, reason: errorChainOf(error) }, 'lease left to run out')
  }
}
