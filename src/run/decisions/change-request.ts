import { createRunId } from '../../ids.ts'
import type { RunDeps } from '../deps.ts'
import type { Runs, StartRequest } from '../runs.ts'
import type { RunWorker } from '../worker/run-worker.ts'
import { createStartedEvent, notifyQueued, wakeRun } from './start-run.ts'

/** A message reads differently now: what waits for an approval is withdrawn, or the request begins anew where nothing was done yet. */
export async function changeRequest(
  deps: RunDeps,
  worker: RunWorker,
  request: StartRequest,
  messageKey: string,
): ReturnType<Runs['change']> {
  const { origin, dedupeKey } = request
  const id = createRunId()
  const at = deps.now().toISOString()
  const stop = { type: 'stopped' as const, by: origin.user, why: 'message_changed' as const, at }
  const run = { id, origin, dedupeKey, events: [createStartedEvent(deps, request)] }
  const changed = await deps.store.changeMessage(run, messageKey, stop)
  if (changed.kind === 'over') return 'over'
  deps.log.info({ run: changed.run, workspace: origin.workspace, outcome: changed.kind }, 'message changed')
  wakeRun(worker, changed.run, changed.fence)
  // The old run only has to be shown; whoever closes it goes on with the new one.
  const other = changed.kind === 'begun_anew' ? changed.begun.ahead : null
  if (other !== null && other !== changed.run) await notifyQueued(deps, { run: id, origin }, other)
  return changed.kind
}
