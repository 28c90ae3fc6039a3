import type { CallFailure, ToolOutcome } from '../../mcp/requests/outcome.ts'
import { pause } from '../../timing.ts'
import type { RunDeps, Source } from '../deps.ts'
import type { EventOf } from '../state/events.ts'
import type { CallState } from '../state/state.ts'
import type { LeasedRun } from '../storage/leased-run.ts'

/** Whoever waits no longer than this does so here. */
const WAIT_HERE_MS = 10_000

/** Waits until the service may be called; where that takes long, the failure that says so. Nothing was sent then. */
export async function waitForTurn(deps: RunDeps, leased: LeasedRun, source: Source): Promise<CallFailure | undefined> {
  const key = limitKeyOf(deps, source)
  if (key === undefined) return undefined
  const { rate } = deps.destinationOf(source)
  for (;;) {
    const afterMs = await deps.rateLimits.take(key, rate)
    if (afterMs === 0) return undefined
    if (leased.abort.signal.aborted)
      return { kind: 'failed', why: 'cancelled', message: 'Stopped.', sent: false, ms: 0 }
    const message = `${source.name} gets too many requests at the moment. Try again later.`
    if (afterMs > WAIT_HERE_MS) return { kind: 'failed', why: 'busy', message, sent: false, ms: 0, afterMs }
    await pause(afterMs, leased.abort.signal)
  }
}

/** What a service counts by. */
function limitKeyOf(deps: RunDeps, source: Source): string | undefined {
  const { host } = deps.destinationOf(source)
  return host === undefined ? undefined : `${source.workspace}:${host}:${source.credential ?? source.id}`
}

/** A server that turns the same call away more often than this is not waited for any more. */
const MOST_WAITS = 5

/** The call goes out again when its server wants it, without anybody waiting here; other instances leave the server alone as well. */
export async function waitingEventFor(
  deps: RunDeps,
  { call, source }: { call: CallState; source: Source },
  outcome: Exclude<ToolOutcome, { kind: 'input_required' }>,
): Promise<EventOf<'waiting'> | undefined> {
  if (outcome.kind !== 'failed' || outcome.afterMs === undefined || outcome.sent) return undefined
  if ((call.waits?.times ?? 0) >= MOST_WAITS) return undefined
  const at = deps.now()
  const until = new Date(at.getTime() + Math.max(SHORTEST_WAIT_MS, outcome.afterMs))
  const key = limitKeyOf(deps, source)
  if (key !== undefined) await deps.rateLimits.block(key, until)
  return {
    type: 'waiting',
    call: call.id,
    until: until.toISOString(),
    why: `${call.connectionName} gets too many requests`,
    at: at.toISOString(),
  }
}

/** Of those who say that no time at all is needed. */
const SHORTEST_WAIT_MS = 500
