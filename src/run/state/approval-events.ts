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
/** Why a call was denied, said after it was, as versions before this one wrote it. */
export const DenialExplained = z.object({
  type: z.literal('denial_explained'),
  call: z.string(),
  approval: ApprovalId,
  by: UserId,
  reason: z.string(),
})
