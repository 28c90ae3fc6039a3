import type { Connection } from '../../registry/connection.ts'
import type { RunState } from '../../run/state/state.ts'

/** The card a new person can try without an account. */
export const DEMO_CARD = 'demo-database'

/** Deletes a made-up row, so that a new person sees what waits for approval. */
export const DELETE_QUESTION = 'Delete employee 10001'

/** How far a new person is: nothing connected, connected, has got an answer, has seen an approval. */
export type WelcomeStage = 'connect' | 'ask' | 'approval' | 'done'

/** Pure. `recent`: the person's last runs. */
export function welcomeStageOf(
  connections: Pick<Connection, 'card'>[],
  recent: Pick<RunState, 'calls' | 'status'>[],
): WelcomeStage {
  if (connections.length === 0) return 'connect'
  const calls = recent.flatMap((run) => run.calls)
  if (calls.some(({ approval }) => approval !== undefined)) return 'done'
  if (!recent.some((run) => run.status === 'finished' && run.calls.length > 0)) return 'ask'
  return connections.some(({ card }) => card === DEMO_CARD) ? 'approval' : 'done'
}
