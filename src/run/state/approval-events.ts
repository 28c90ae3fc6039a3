import { z } from 'zod'
import { ApprovalId, UserId } from '../../ids.ts'
import type { JsonObject } from '../../json.ts'
import { RuleReach } from '../../policy/rule-reach.ts'

/** A JSON object; events come out of a JSON column, so its depths are not walked once more. */
export const EventJson = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
)

/** A call that waits for people to decide. */
export const AskedApproval = z.object({
  id: ApprovalId,
  approvers: z.array(UserId),
  fourEyes: z.boolean(),
  /** How many people have to approve; absent: one. */
  needed: z.number().optional(),
  /** The Slack user groups whose members alone may approve, and what they were called. */
  groups: z.array(z.string()).optional(),
  groupNames: z.string().optional(),
  mayAlways: z.boolean(),
  /** What a rule made on the card holds for. */
  reach: RuleReach.optional(),
  expiresAt: z.iso.datetime(),
  /** The approvers are the workspace's owners, as none of those who were named can decide. */
  byOwners: z.literal(true).optional(),
})
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
