import { AppError, errorChainOf, errorMessageOf, isAppError } from '../../errors.ts'
import type { RunId } from '../../ids.ts'
import { callTools, giveUpCalls } from '../calls/call-tools.ts'
import { judgeCalls } from '../calls/judge-calls.ts'
import type { RunDeps } from '../deps.ts'
import { askModel } from '../model-turn/ask-model.ts'
import { nextStep, type Step } from '../state/next-step.ts'
import { appendEvents, type LeasedRun, LeaseLostError, loadNewEvents } from '../storage/leased-run.ts'
import { publishPlainly, publishRun } from './publish-run.ts'

/** A run that cannot go on is tried again by whoever is free then, after a pause as long as the trouble has lasted. */
const PAUSE_MS = { least: 5_000, most: 300_000 }

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
      return appendEvents(deps, held, [{ type: 'finished', ...note, at: deps.now().toISOString() }], {
        decidedAt: held.seq,
      })
    }
    default:
      return step satisfies never
  }
}

/** Shows everything, then rests or closes; undefined when something happened meanwhile and the run goes on. */
async function settle(deps: RunDeps, held: LeasedRun, step: { do: 'close' | 'rest' }): Promise<Done | undefined> {
  // A press while it is shown is brought in at once, so `held` may be further by then than what was decided on.
  const { seq } = held
  const isShown = await publishRun(deps, held)
  if (step.do === 'close') return close(deps, held, { seq, isShown })
  // Nobody can answer what they cannot see: the run fails, and that is shown in turn.
  if (!isShown) return fail(deps, held, new AppError('internal', NOT_SHOWN))
  if (await deps.store.rest(held.id, held.fence, seq)) return { next: undefined }
  await loadNewEvents(deps, held)
  return undefined
}

const NOT_SHOWN =
  'This needs an answer of yours, but I could not show you the question. Please ask again; if it happens again, tell whoever runs Patchbay here.'

async function close(
  deps: RunDeps,
  held: LeasedRun,
  { seq, isShown }: { seq: number; isShown: boolean },
): Promise<Done | undefined> {
  if (!isShown) await publishPlainly(deps, held)
  const { closed, next: following } = await deps.store.close(held.id, held.fence, seq)
  if (closed) {
    deps.log.info({ run: held.id, workspace: held.state.origin.workspace, status: held.state.status }, 'run closed')
    return { next: following ?? undefined }
  }
  await loadNewEvents(deps, held)
  return undefined
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
  deps.log.error({ ...where, err: error }, 'run failed')
  return (await fail(deps, held, error)) === undefined
}

async function giveBack(deps: RunDeps, held: LeasedRun, error: unknown): Promise<false> {
  const lastedMs = deps.now().getTime() - held.state.changedAt.getTime()
  const pauseMs = Math.min(PAUSE_MS.most, Math.max(PAUSE_MS.least, lastedMs))
  deps.log.warn({ run: held.id, pauseMs, reason: errorChainOf(error) }, 'run given back, to be tried again')
  await letGo(deps, held, pauseMs)
  return false
}

/** Writes down that the run failed; it goes on then, to be shown and closed. */
async function fail(deps: RunDeps, held: LeasedRun, error: unknown): Promise<Done | undefined> {
  const code = isAppError(error) ? error.code : 'internal'
  const failed = { type: 'failed' as const, code, message: errorMessageOf(error), at: deps.now().toISOString() }
  try {
    await appendEvents(deps, held, [failed], 'fact')
    return undefined
  } catch (second) {
    await giveBack(deps, held, second)
    return { next: undefined }
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
