import type { RecordedCall } from '../../workflows/draft/draft-workflow.ts'
import type { RunState } from '../state/state.ts'

/** The calls of a run that were done, as a workflow would do them again. A run of a workflow has that already. */
export function recordedCallsOf({ calls, workflow, parent }: RunState): RecordedCall[] {
  if (workflow !== undefined || parent !== undefined) return []
  return calls.flatMap(({ own, stage, result, connectionName, tool, arguments: given }): RecordedCall[] =>
    own || connectionName === '' || stage !== 'done' || result === undefined || result.isError
      ? []
      : [{ tool: `${connectionName}/${tool}`, arguments: given, structured: result.left?.output ?? null }],
  )
}
