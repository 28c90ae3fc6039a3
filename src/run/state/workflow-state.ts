import { z } from 'zod'
import type { UserId } from '../../ids.ts'
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
  /** Each time that a step waited for a person, oldest first. */
  parks: StepPark[]
  /** What came of it, once it has ended. */
  ended?: WorkflowEnd | undefined
}

/** A step that failed and waits for a person, or did. */
export type StepPark = {
  step: string
  why: string
  /** What came of it; `here`: it was decided of this step, and not of all that waited. */
  decided?: { how: StepResumed['how']; by: UserId; here: boolean } | undefined
}

type StepResumed = Extract<WorkflowEvent, { type: 'step_resumed' }>

export const createWorkflowState = (snapshot: WorkflowSnapshot): WorkflowState => ({
  snapshot,
  progress: createWorkflowProgress(),
  parks: [],
})

/** The workflow after something happened to a step of it. Pure. */
export const applyStepEvent = (workflow: WorkflowState, event: WorkflowEvent): WorkflowState => ({
  ...workflow,
  progress: applyWorkflowEvent(workflow.progress, event),
  parks: parksAfter(workflow.parks, event),
})

function parksAfter(parks: StepPark[], event: WorkflowEvent): StepPark[] {
  if (event.type === 'parked') return [...parks, { step: event.step, why: event.why }]
  if (event.type !== 'step_resumed') return parks
  const { step, how, by } = event
  const endsAll = how === 'undo' || how === 'stop'
  return parks.map((park) =>
    park.decided === undefined && (endsAll || park.step === step)
      ? { ...park, decided: { how, by, here: park.step === step } }
      : park,
  )
}
