import { z } from 'zod'
import type { JsonValue } from '../../json.ts'
import type { WorkflowEvent } from '../../workflows/progress/workflow-events.ts'
import {
  applyWorkflowEvent,
  createWorkflowProgress,
  type WorkflowProgress,
} from '../../workflows/progress/workflow-progress.ts'
import type { WorkflowSnapshot } from '../../workflows/workflow-snapshot.ts'

/** What came of a workflow. */
export const WorkflowEnd = z.object({
  outcome: z.enum(['done', 'denied', 'stopped', 'undone']),
  output: z.custom<JsonValue>((value) => value !== undefined),
  /** Why its output could not be worked out. */
  problem: z.string().optional(),
})
export type WorkflowEnd = z.infer<typeof WorkflowEnd>

/** The workflow that a run carries out, and how far it is. */
export type WorkflowState = {
  snapshot: WorkflowSnapshot
  progress: WorkflowProgress
  /** What came of it, once it has ended. */
  ended?: WorkflowEnd | undefined
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
