import { z } from 'zod'

/** What an agent is: the part that people write, in Slack or in a file of `agents/`. */
export const AgentDefinition = z.strictObject({
  /** How people address it, and what stands on its messages. */
  name: z.string().min(1).max(40),
  /** Its picture: an emoji such as `:mag:`, or an https address of an image. */
  face: z.string().max(500).optional(),
  /** What it is for, in one line: people and other agents choose it by this. */
  purpose: z.string().min(1).max(200),
  /** What the model is told beside the instructions of the app. */
  instructions: z.string().max(8_000).default(''),
  /** A model of the same vendor; absent: the app's. */
  model: z.string().max(100).optional(),
  /** Names of connections, or of run cards; absent: all connections of who asks. */
  connections: z.array(z.string().min(1).max(100)).max(50).optional(),
  /** Names of tools, as their servers call them; absent: all tools of these connections. */
  tools: z.array(z.string().min(1).max(200)).max(200).optional(),
  /** Names of agents that it may ask; absent: none. */
  asks: z.array(z.string().min(1).max(40)).max(10).optional(),
  limits: z
    .strictObject({
      /** Model turns of one request; the last one answers. */
      turns: z.int().min(2).max(15).optional(),
      /** US dollars of one request. */
      costUsd: z.number().positive().max(100).optional(),
    })
    .optional(),
})
export type AgentDefinition = z.infer<typeof AgentDefinition>

/** An agent as it was when a run began with it: what is changed later does not touch that run. */
export const AgentSnapshot = AgentDefinition.extend({
  id: z.string(),
  version: z.int(),
  /** Why it does this run: it was named in the request, or it is the one of the thread, channel or person, or another agent asked it. */
  chosenBy: z.enum(['name', 'thread', 'channel', 'person', 'agent']),
})
export type AgentSnapshot = z.infer<typeof AgentSnapshot>
