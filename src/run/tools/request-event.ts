import type { JsonObject } from '../../json.ts'
import type { RunDeps } from '../deps.ts'
import type { EventOf } from '../state/events.ts'

/** The reply that requests calls, as if a model had. */
export const createRequestEvent = (
  deps: Pick<RunDeps, 'now'>,
  calls: { id: string; name: string; input: JsonObject }[],
): EventOf<'replied'> => ({
  type: 'replied',
  content: calls.map((call) => ({ type: 'tool_use' as const, ...call })),
  stop: 'tools',
  usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  model: 'patchbay',
  costUsd: 0,
  at: deps.now().toISOString(),
})
