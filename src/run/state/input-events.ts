import { z } from 'zod'
import { InputId, UserId } from '../../ids.ts'
import type { JsonObject } from '../../json.ts'
import { InputRequest, ResumeMethod } from '../../mcp/elicitation/input-request.ts'

/** A JSON object; events come out of a JSON column, so its depths are not walked once more. */
export const Json = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
)

/** The call cannot go on before this person has answered. */
export const AskedInput = z.object({
  type: z.literal('asked_input'),
  call: z.string(),
  input: InputId,
  person: UserId,
  request: InputRequest,
  resume: ResumeMethod,
  /** Without an answer until then it counts as cancelled. */
  expiresAt: z.iso.datetime(),
})
export const GivenInput = z.object({
  type: z.literal('given_input'),
  call: z.string(),
  input: InputId,
  action: z.enum(['accept', 'decline', 'cancel', 'expired']),
  content: Json.optional(),
  by: UserId.optional(),
})
