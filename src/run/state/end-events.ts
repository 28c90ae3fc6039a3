import { z } from 'zod'
import { UserId } from '../../ids.ts'

/** Somebody, or what they did, ended the run. */
export const Stopped = z.object({
  type: z.literal('stopped'),
  by: UserId,
  /** The message that asked for the run is gone or says something else now, `by` being who asked; or the run before it, or the one that asked for it, has ended. */
  why: z.enum(['request_deleted', 'message_changed', 'stopped_before', 'asker_ended']).optional(),
})
export const Failed = z.object({ type: z.literal('failed'), code: z.string(), message: z.string() })
export const Finished = z.object({
  type: z.literal('finished'),
  note: z.enum(['turn_limit', 'budget', 'agent_budget']).optional(),
})
