import { z } from 'zod'
import { InputId, UserId } from '../../ids.ts'
import { InputRequest, ResumeMethod } from '../../mcp/elicitation/input-request.ts'
import { EventJson } from './approval-events.ts'

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
  content: EventJson.optional(),
  by: UserId.optional(),
})
