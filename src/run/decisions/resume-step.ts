import { AppError } from '../../errors.ts'
import type { Principal, RunId } from '../../ids.ts'
import type { RunDeps } from '../deps.ts'
import type { Runs, StepDecision } from '../runs.ts'
import type { RunEvent } from '../state/events.ts'
import type { RunWorker } from '../worker/run-worker.ts'
import { findRightToStop } from './find-right-to-stop.ts'
import { wakeRun } from './start-run.ts'

/** Goes on with a step that waits for a person, or ends the run, as whoever it works for says; once, however often they press. */
export async function resumeStep(
  deps: RunDeps,
  worker: RunWorker,
  o: { id: RunId; decision: StepDecision; by: Principal },
): ReturnType<Runs['resumeStep']> {
  const { id, by, decision } = o
  const { step, how, arguments: given } = decision
  if (how === 'with' && given === undefined)
    throw new AppError('input_invalid', 'Say with which arguments it is to be tried again.')
  const state = await deps.store.state(id, by.workspace)
  if (state?.workflow === undefined) return 'gone'
  const right = await findRightToStop(deps, id, by)
  if (right !== 'yours') return right
  const at = deps.now().toISOString()
  const resumed: RunEvent = {
    type: 'step_resumed',
    step,
    how,
    by: by.user,
    ...(how === 'with' && given && { arguments: given }),
    at,
  }
  const events: RunEvent[] = how === 'stop' ? [resumed, { type: 'stopped', by: by.user, at }] : [resumed]
  const { kind, fence } = await deps.store.resumeStep(id, by.workspace, step, events)
  if (kind === 'resumed') wakeRun(worker, id, fence)
  return kind
}
