import { z } from 'zod'
import { ApprovalId, UserId } from '../../ids.ts'
import type { JsonObject } from '../../json.ts'

/** A JSON object; events come out of a JSON column, so its depths are not walked once more. */
export const EventJson = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
)

/** An approver changed somebody else's call: who asked for it has to confirm that. */
export const EditProposed = z.object({
  type: z.literal('edit_proposed'),
  call: z.string(),
  approval: ApprovalId,
  by: UserId,
  arguments: EventJson,
  hash: z.string(),
  risk: z.enum(['read', 'write', 'destructive']),
})
/** A person approved a call that several have to approve, and that waits for more. */
export const Voted = z.object({
  type: z.literal('voted'),
  call: z.string(),
  approval: ApprovalId,
  by: UserId,
  needed: z.number(),
  /** All whose approval counts now. */
  votes: z.array(UserId),
})
/** Why a call was denied, said after it was, as versions before this one wrote it. */
export const DenialExplained = z.object({
  type: z.literal('denial_explained'),
  call: z.string(),
  approval: ApprovalId,
  by: UserId,
  reason: z.string(),
})
