import { z } from 'zod'
import { ConnectionId } from '../../ids.ts'
import { FormField } from './form-field.ts'

/** What the person has to do before a call can go on. Messages and addresses come from the server: untrusted, cut to size. */
export const InputRequest = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('form'), message: z.string(), fields: z.array(FormField) }),
  z.object({ kind: z.literal('url'), message: z.string(), url: z.string() }),
  /** A sign-in, or one with more permission; `scopes` are what it is for, as the server names them. */
  z.object({
    kind: z.literal('sign_in'),
    connection: ConnectionId,
    message: z.string(),
    scopes: z.array(z.string()),
    /** Where the server described its sign-in, if it said so. */
    metadataUrl: z.string().optional(),
  }),
])
export type InputRequest = z.infer<typeof InputRequest>

/** How the call goes on after the answer; opaque outside mcp/. */
export const ResumeMethod = z.discriminatedUnion('how', [
  /** The call is made once more, with the answer under this key and the server's state as it came (MCP 2026-07-28, MRTR). */
  z.object({ how: z.literal('answer'), key: z.string(), state: z.string().optional() }),
  /** The same call is made again, if the answer is a yes. */
  z.object({ how: z.literal('again') }),
  /** The server waits for the answer on an open request, on the instance that holds the run (before 2026-07-28). */
  z.object({ how: z.literal('live') }),
])
export type ResumeMethod = z.infer<typeof ResumeMethod>

export type PendingInputRequest = { request: InputRequest; resume: Exclude<ResumeMethod, { how: 'live' }> }

/** A person's answer, as MCP has it. */
export type InputAnswer = { action: 'accept' | 'decline' | 'cancel'; content?: Record<string, unknown> | undefined }

/** What is sent when a call goes on: an answer for each key, and the server's state. */
export type ResumeAnswers = { state?: string | undefined; responses: Record<string, InputAnswer> }
