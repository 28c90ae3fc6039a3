import { z } from 'zod'
import { UserId } from '../../ids.ts'
import type { JsonObject, JsonValue } from '../../json.ts'

const Json = z.custom<JsonValue>((value) => value !== undefined)
const JsonFields = z.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value))

/** Which step: its id after those around it, an item's number after its each: `each_one/0/nudge`. */
const step = z.string()

/** A step begins. An each has its items with it, and a choice the branch that is taken. */
export const StepEntered = z.object({
  type: z.literal('entered'),
  step,
  items: z.array(Json).optional(),
  branch: z.enum(['steps', 'else']).optional(),
})
/** It is not done. */
export const StepSkipped = z.object({ type: z.literal('skipped'), step, why: z.string() })

/** What takes a step back, as it was when the step was left; a problem where that could not be worked out. */
export const UndoCall = z.object({ tool: z.string(), arguments: JsonFields.optional(), problem: z.string().optional() })
export type UndoCall = z.infer<typeof UndoCall>

/** It is over. `error`: it failed and the workflow goes on. `denied`: a person said no, so what follows it is not done. */
export const StepLeft = z.object({
  type: z.literal('left'),
  step,
  outcome: z.enum(['ok', 'error', 'denied']),
  output: Json.optional(),
  /** More came out of it than is kept. */
  cut: z.literal(true).optional(),
  error: z.string().optional(),
  undo: UndoCall.optional(),
})
/** It failed, and waits for a person. */
export const StepParked = z.object({ type: z.literal('parked'), step, why: z.string() })
/** What a person decided of a parked step: again, with other arguments, without it, or an end with or without undoing what was done. */
export const StepResumed = z.object({
  type: z.literal('step_resumed'),
  step,
  how: z.enum(['retry', 'with', 'skip', 'undo', 'stop']),
  by: UserId,
  arguments: JsonFields.optional(),
})
/** It goes on at a time. */
export const StepWaiting = z.object({ type: z.literal('step_waiting'), step, until: z.iso.datetime(), why: z.string() })

/** What happens to a workflow's steps beside its calls. */
export const WorkflowEvent = z.discriminatedUnion('type', [
  StepEntered,
  StepSkipped,
  StepLeft,
  StepParked,
  StepResumed,
  StepWaiting,
])
export type WorkflowEvent = z.infer<typeof WorkflowEvent>
