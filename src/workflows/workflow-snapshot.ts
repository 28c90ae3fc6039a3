import { z } from 'zod'
import type { JsonObject, JsonValue } from '../json.ts'
import { WorkflowDefinition } from './workflow.ts'

/** A workflow as it was when a run began with it: an edit never touches a run under way. */
export const WorkflowSnapshot = z.object({
  /** Of a file: `file:` and its name. */
  id: z.string(),
  version: z.int(),
  hash: z.string(),
  body: WorkflowDefinition,
  inputs: z.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
  /** What made it start; it comes from outside. */
  trigger: z.custom<JsonValue>((value) => value !== undefined).optional(),
})
export type WorkflowSnapshot = z.infer<typeof WorkflowSnapshot>
