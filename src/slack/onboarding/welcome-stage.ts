import type { Connection } from '../../registry/connection.ts'
import type { RunState } from '../../run/state/state.ts'

/** The card a new person can try without an account. */
export const DEMO_CARD = 'demo-database'

/** Deletes a made-up row, so that a new person sees what waits for approval. */
export const DELETE_QUESTION = 'Delete employee 10001'

/** How far a new person is: nothing connected, connected, has got an answer, has an approval waiting, has seen one decided. */
export type WelcomeStage = 'connect' | 'ask' | 'approval' | 'decide' | 'done'

/** Pure. `recent`: the person's last runs. */
export function welcomeStageOf(
  connections: Pick<Connection, 'card'>[],
  recent: Pick<RunState, 'calls' | 'status'>[],
): WelcomeStage {
  if (connections.length === 0) return 'connect'
  const approvals = recent.flatMap((run) => run.calls).flatMap(({ approval }) => approval ?? [])
  if (approvals.some(({ decided }) => decided !== undefined)) return 'done'
  if (approvals.length > 0) return 'decide'
  if (!recent.some((run) => run.status === 'finished' && run.calls.length > 0)) return 'ask'
  return connections.some(({ card }) => card === DEMO_CARD) ? 'approval' : 'done'
}
