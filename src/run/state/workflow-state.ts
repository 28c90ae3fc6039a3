import type { JsonValue } from '../../json.ts'
import type { WorkflowEvent } from '../../workflows/progress/workflow-events.ts'
import {
  applyWorkflowEvent,
  createWorkflowProgress,
  type WorkflowProgress,
} from '../../workflows/progress/workflow-progress.ts'
import type { WorkflowSnapshot } from '../../workflows/workflow-snapshot.ts'

/** The workflow that a run carries out, and how far it is. */
export type WorkflowState = {
  snapshot: WorkflowSnapshot
  progress: WorkflowProgress
  /** What came of it, once it has ended. */
  ended?:
    | { outcome: 'done' | 'denied' | 'stopped' | 'undone'; output: JsonValue; problem?: string | undefined }
    | undefined
}

export const createWorkflowState = (snapshot: WorkflowSnapshot): WorkflowState => ({
  snapshot,
  progress: createWorkflowProgress(),
})

/** The workflow after something happened to a step of it. Pure. */
export const applyStepEvent = (workflow: WorkflowState, event: WorkflowEvent): WorkflowState => ({
  ...workflow,
  progress: applyWorkflowEvent(workflow.progress, event),
})
