import { z } from 'zod'
import { AgentSnapshot } from '../../agents/agent.ts'
import { ApprovalId, ChannelId, ConnectionId, RunId, UserId, WorkspaceId } from '../../ids.ts'
import { RuleReach } from '../../policy/rule-reach.ts'
import {
  StepEntered,
  StepLeft,
  StepParked,
  StepResumed,
  StepSkipped,
  StepWaiting,
} from '../../workflows/progress/workflow-events.ts'
import { WorkflowSnapshot } from '../../workflows/workflow-snapshot.ts'
import { DenialExplained, EditProposed, EventJson, Voted } from './approval-events.ts'
import { Failed, Finished, Stopped } from './end-events.ts'
import { AskedInput, GivenInput } from './input-events.ts'
import { Delegated, ParentRun, Waiting } from './resting-events.ts'
import { Called, Judged, Returned } from './tool-call-events.ts'

/** Where a run came from and where its answer goes; stored in the first event, so it survives restarts. */
export const Origin = z.object({
  door: z.literal('slack'),
  workspace: WorkspaceId,
  user: UserId,
  userName: z.string(),
  /** Their time zone; absent where Slack does not say it. */
  userZone: z.string().optional(),
  channel: ChannelId,
  threadTs: z.string(),
  messageTs: z.string(),
  place: z.enum(['dm', 'channel']),
  teamId: z.string(),
})
export type Origin = z.infer<typeof Origin>

/** A file a person sent along: what is known of it. Its contents stay where they are and are read again when the model is asked. */
export const AttachedFile = z.object({ id: z.string(), name: z.string(), mimeType: z.string(), size: z.number() })
export type AttachedFile = z.infer<typeof AttachedFile>

const Part = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('tool_use'), id: z.string(), name: z.string(), input: EventJson }),
  z.object({ type: z.literal('opaque'), block: EventJson }),
])

export const ChosenPrompt = z.object({
  connection: z.string(),
  name: z.string(),
  messages: z.array(z.object({ role: z.enum(['user', 'assistant', 'system']), text: z.string() })),
})
export type ChosenPrompt = z.infer<typeof ChosenPrompt>

/** A server's skill that the person chose: `text` is its SKILL.md, `files` the paths of its other files. */
export const ChosenSkill = z.object({
  connection: z.string(),
  name: z.string(),
  uri: z.string(),
  text: z.string(),
  files: z.array(z.string()).optional(),
  checked: z.boolean(),
})
export type ChosenSkill = z.infer<typeof ChosenSkill>

/** A call that the person chose to begin with, to one of our tools. */
export const FirstCall = z.object({
  connection: ConnectionId,
  does: z.enum(['read_resource', 'get_prompt', 'read_skill']),
  input: EventJson,
})
export type FirstCall = z.infer<typeof FirstCall>

/** The part of a thread that a request refers to: what was said before `before`, up to the message `about` where one was asked about. */
export const ThreadRange = z.object({
  channel: ChannelId,
  thread: z.string(),
  before: z.string(),
  about: z.string().optional(),
})
export type ThreadRange = z.infer<typeof ThreadRange>

const Started = z.object({
  type: z.literal('started'),
  origin: Origin,
  text: z.string(),
  context: z.array(z.object({ author: z.string(), text: z.string() })),
  /** A thread that the run reads before its first turn. */
  earlier: ThreadRange.optional(),
  /** What came with the request; not `files`, which the history of a conversation leaves out. */
  attached: z.array(AttachedFile).optional(),
  /** A server's prompt that the person chose: its words are part of the request. */
  prompt: ChosenPrompt.optional(),
  skill: ChosenSkill.optional(),
  /** The first reply requests this call, and no model was asked. */
  first: FirstCall.extend({ call: z.string() }).optional(),
  /** Connections whose servers' words are part of the request. */
  untrusted: z.array(z.string()).optional(),
  /** Who does it; absent: the app itself, with all of the person's connections. */
  agent: AgentSnapshot.optional(),
  parent: ParentRun.optional(),
  /** What is carried out instead of asking a model. */
  workflow: WorkflowSnapshot.optional(),
})
const ThreadRead = z.object({
  type: z.literal('thread_read'),
  messages: z.array(z.object({ author: z.string(), text: z.string() })),
  /** The message that was asked about is among them, whole. */
  hasAbout: z.literal(true).optional(),
  /** What could not be read, for the person. */
  gap: z.string().optional(),
})
/** Files of the request that came after it. */
const FilesAdded = z.object({ type: z.literal('files_added'), files: z.array(AttachedFile) })
const Summarised = z.object({ type: z.literal('summarised'), text: z.string(), upTo: RunId, costUsd: z.number() })
/** The run goes on so much later that the model is told what time it is. */
const Resumed = z.object({ type: z.literal('resumed') })
const Replied = z.object({
  type: z.literal('replied'),
  content: z.array(Part),
  stop: z.enum(['end', 'tools', 'length', 'refusal']),
  usage: z.object({ input: z.number(), output: z.number(), cacheRead: z.number(), cacheWrite: z.number() }),
  model: z.string(),
  costUsd: z.number(),
  insteadOf: z.string().optional(),
  /** Tools the model was not offered, because all of them would not have fitted. */
  toolsLeftOut: z.array(z.object({ connection: z.string(), tools: z.number() })).optional(),
})
const Answered = z.object({
  type: z.literal('answered'),
  call: z.string(),
  approval: ApprovalId,
  decision: z.enum(['approved', 'denied', 'expired', 'stopped']),
  by: UserId.optional(),
  /** All who approved, where several had to. */
  approvedBy: z.array(UserId).optional(),
  /** Not kept: how many have to approve by the rules of now, and whose approval does not count any more. */
  needed: z.number().optional(),
  lost: z.array(UserId).optional(),
  /** What the person wrote with a denial. */
  reason: z.string().optional(),
  /** What runs instead of what the model asked for. */
  arguments: EventJson.optional(),
  hash: z.string().optional(),
  /** For how many calls like it; absent: this one. */
  width: z.enum(['once', 'thread', 'always']).optional(),
  /** What a rule made with it holds for. */
  reach: RuleReach.optional(),
  /** What `width: 'always'` was called before. */
  always: z.boolean().optional(),
  /** A rule that the person made on another card meanwhile covers it. */
  byRule: z.literal(true).optional(),
})
export type ApprovalWidth = NonNullable<z.infer<typeof Answered>['width']>
/** What the person who asked said while calls waited for an approval: these are not done, and the run goes on with the words. */
const Withdrawn = z.object({
  type: z.literal('withdrawn'),
  calls: z.array(z.string()),
  by: UserId,
  text: z.string(),
  messageTs: z.string(),
  /** Makes one event of all deliveries of the message. */
  key: z.string(),
  attached: z.array(AttachedFile).optional(),
  /** They are what a message was changed to. */
  edited: z.literal(true).optional(),
  /** The run that the message had begun, and which is no more. */
  queued: RunId.optional(),
})
const at = { at: z.iso.datetime() }
/** One thing that happened to a run; the rows of run_events. `at` is UTC. */
export const RunEvent = z.discriminatedUnion('type', [
  Started.extend(at),
  ThreadRead.extend(at),
  FilesAdded.extend(at),
  Summarised.extend(at),
  Resumed.extend(at),
  Replied.extend(at),
  Judged.extend(at),
  Answered.extend(at),
  Voted.extend(at),
  EditProposed.extend(at),
  DenialExplained.extend(at),
  Withdrawn.extend(at),
  Called.extend(at),
  Delegated.extend(at),
  Waiting.extend(at),
  StepEntered.extend(at),
  StepSkipped.extend(at),
  StepLeft.extend(at),
  StepParked.extend(at),
  StepResumed.extend(at),
  StepWaiting.extend(at),
  AskedInput.extend(at),
  GivenInput.extend(at),
  Returned.extend(at),
  Stopped.extend(at),
  Failed.extend(at),
  Finished.extend(at),
])
export type RunEvent = z.infer<typeof RunEvent>
export type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>
