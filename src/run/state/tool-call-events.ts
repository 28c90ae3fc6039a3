import { z } from 'zod'
import { ConnectionId, UserId } from '../../ids.ts'
import type { JsonValue } from '../../json.ts'
import { AskedApproval, EventJson } from './approval-events.ts'
import { OfChild } from './resting-events.ts'
import { ResultFile, ShownResult } from './shown-result.ts'

/** What a call goes to, as it was when it was judged. */
const CallTarget = z.object({
  connection: ConnectionId,
  connectionName: z.string(),
  card: z.string(),
  cardTitle: z.string(),
  tool: z.string(),
  title: z.string(),
  schema: EventJson,
  /** Who shared it with the workspace; absent: it is the requester's own. */
  sharedBy: UserId.optional(),
})

/** Its server describes the tool otherwise than the connection's owner accepted it. */
const ToolChanged = z.literal(true).optional()
export const Judged = z.object({
  type: z.literal('judged'),
  call: z.string(),
  target: CallTarget,
  verdict: z.enum(['allow', 'ask', 'deny']),
  why: z.array(z.string()),
  risk: z.enum(['read', 'write', 'destructive']),
  /** Hash of arguments and tool definition; what is called later must have this hash. */
  hash: z.string(),
  /** Hash of the tool definition alone. */
  definition: z.string(),
  /** A repeat of the call does no harm. */
  repeatable: z.boolean(),
  /** It reads what a server keeps for others to read, which nobody has checked. */
  untrusted: z.boolean().optional(),
  /** A file of that name was there. */
  replaces: z.literal(true).optional(),
  changed: ToolChanged,
  approval: AskedApproval.optional(),
})
export const Called = z.object({ type: z.literal('called'), call: z.string() })
export const Returned = z.object({
  type: z.literal('returned'),
  call: z.string(),
  outcome: z.enum(['ok', 'error', 'failed', 'cancelled', 'unknown', 'refused']),
  /** What the failure is called, for the usage record. */
  why: z.string().optional(),
  /** It failed for what may pass: a server that was slow, away or busy. */
  passing: z.literal(true).optional(),
  changed: ToolChanged,
  /** What the model reads. */
  text: z.string(),
  images: z.array(z.object({ mimeType: z.string(), data: z.string() })),
  files: z.array(ResultFile),
  /** One line for people. */
  summary: z.string(),
  /** What people see of it in the thread beside files. */
  shown: ShownResult.optional(),
  ofChild: OfChild.optional(),
  /** What a step of a workflow leaves of it, and whether more came out than is kept. */
  output: z.custom<JsonValue>((value) => value !== undefined).optional(),
  cut: z.literal(true).optional(),
  /** It failed before anything left this app. */
  sent: z.literal(false).optional(),
  /** What the server wrote down meanwhile. */
  log: z.array(z.object({ level: z.string(), logger: z.string().optional(), text: z.string() })).optional(),
  ms: z.number(),
})
