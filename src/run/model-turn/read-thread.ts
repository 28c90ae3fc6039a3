import { AppError } from '../../errors.ts'
import type { RunDeps } from '../deps.ts'
import type { ThreadRange } from '../state/events.ts'
import { appendEvents, type LeasedRun } from '../storage/leased-run.ts'

/** Reads what was said before the request and keeps it as an event, so that it is read once. Throws `cancelled`. */
export async function readThread(deps: RunDeps, leased: LeasedRun, thread: ThreadRange): Promise<void> {
  const signal = AbortSignal.any([leased.abort.signal, deps.closing])
  const reading = await deps.readThread(leased.state.origin, thread, signal)
  if (signal.aborted) throw new AppError('cancelled', 'Stopped.')
  await appendEvents(deps, leased, [{ type: 'thread_read', ...reading, at: deps.now().toISOString() }], 'fact')
}
