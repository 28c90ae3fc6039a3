import { errorChainOf, isAppError } from '../../errors.ts'
import type { RunDeps } from '../deps.ts'
import type { RunState } from '../state/state.ts'
import type { LeasedRun } from '../storage/leased-run.ts'

/** What cannot be shown for so long must not keep its conversation waiting any more. */
const SHOW_PATIENCE_MS = 3_600_000
/** Who stopped a run does not wait that long: this covers a short trouble of Slack's. */
const STOPPED_PATIENCE_MS = 30_000

/** Shows the run as it is now; false when that is given up. Throws on trouble worth another try. */
export async function publishRun(deps: RunDeps, { id, state }: LeasedRun): Promise<boolean> {
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
export async function publishPlainly(deps: RunDeps, { id, state }: LeasedRun): Promise<void> {
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

const isAway = (error: unknown): boolean => isAppError(error, 'slack_failed', 'database_unavailable', 'database_failed')
