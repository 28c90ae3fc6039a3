import { z } from 'zod'
import { UserId } from '../../ids.ts'
import { WorkflowEnd } from './workflow-state.ts'

/** Somebody, or what they did, ended the run. */
export const Stopped = z.object({
  type: z.literal('stopped'),
  by: UserId,
  /** The message that asked for the run is gone or says something else now, `by` being who asked; or the run before it, or the one that asked for it, has ended; or a step of its workflow waited too long for a person. */
  why: z.enum(['request_deleted', 'message_changed', 'stopped_before', 'asker_ended', 'parked_too_long']).optional(),
})
export const Failed = z.object({ type: z.literal('failed'), code: z.string(), message: z.string() })
export const Finished = z.object({
  type: z.literal('finished'),
  note: z.enum(['turn_limit', 'budget', 'agent_budget']).optional(),
  /** What came of its workflow. */
  workflow: WorkflowEnd.optional(),
})
