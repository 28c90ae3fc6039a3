import type { RunId } from '../../../src/ids.ts'
import type { JsonObject } from '../../../src/json.ts'
import type { ToolOutcome } from '../../../src/mcp/requests/outcome.ts'
import type { RunState } from '../../../src/run/state/state.ts'
import { workflowHashOf } from '../../../src/workflows/definition/workflow-hash.ts'
import type { WorkflowSnapshot } from '../../../src/workflows/workflow-snapshot.ts'
import { eventually } from '../../support/eventually.ts'
import { workflowOf } from '../../workflows/played-workflow.ts'
import type { startWorker } from '../start-worker.ts'
import { origin } from '../states.ts'

export const OWNER = { workspace: origin.workspace, user: origin.user }

/** A workflow of these steps, to begin a run with. */
export function snapshotOf(steps: string, more = '', inputs: JsonObject = {}): WorkflowSnapshot {
  const body = workflowOf(steps, more)
  return { id: 'file:tried', version: 1, hash: workflowHashOf(body), body, inputs }
}

export const gives = (structured: JsonObject): ToolOutcome => ({ kind: 'ok', content: [], structured, ms: 1 })
export const fails = (message: string, sent: boolean): ToolOutcome => ({
  kind: 'failed',
  why: 'unreachable',
  message,
  sent,
  ms: 1,
})

type Worker = Pick<ReturnType<typeof startWorker>, 'runs'>

export async function startWorkflow(at: Worker, workflow: WorkflowSnapshot, threadTs = '1'): Promise<RunId> {
  const { run } = await at.runs.start({
    origin: { ...origin, threadTs },
    text: workflow.body.title,
    dedupeKey: `workflow ${threadTs}`,
    workflow,
  })
  return run
}

/** The run once it is as it is looked for. */
export const stateWhere = (at: Worker, run: RunId, fits: (state: RunState) => boolean): Promise<RunState> =>
  eventually(async () => {
    const state = await at.runs.state(run, origin.workspace)
    if (state === undefined || !fits(state))
      throw new Error(
        `the run is ${state?.status}: ${JSON.stringify(parkedIn(state))} ${JSON.stringify(state?.calls.map(({ id, stage, cause }) => [id, stage, cause]))}`,
      )
    return state
  })

export const isOver = ({ status }: RunState): boolean => status !== 'working'

export const parkedIn = (state: RunState | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries(state?.workflow?.progress.steps ?? {}).flatMap(([step, { parked }]) =>
      parked === undefined ? [] : [[step, parked]],
    ),
  )
export const isParked = (state: RunState): boolean => Object.keys(parkedIn(state)).length > 0
