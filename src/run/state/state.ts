import type { AgentSnapshot } from '../../agents/agent.ts'
import type { ApprovalId, ConnectionId, InputId, RunId, UserId } from '../../ids.ts'
import type { JsonObject } from '../../json.ts'
import type { InputRequest, ResumeMethod } from '../../mcp/elicitation/input-request.ts'
import type { TokenUsage } from '../../model/turn.ts'
import type { RuleReach } from '../../policy/rule-reach.ts'
import type { ApprovalWidth, AttachedFile, ChosenPrompt, ChosenSkill, EventOf, Origin, ThreadRange } from './events.ts'
import type { ResultFile, ShownResult } from './shown-result.ts'
import type { WorkflowState } from './workflow-state.ts'

/** A run as its events make it; it is stored nowhere. Each turn has its text first, then its calls. */
export type RunState = {
  id: RunId
  origin: Origin
  text: string
  context: { author: string; text: string }[]
  /** A thread that has to be read yet. */
  earlier?: ThreadRange | undefined
  /** What of it could not be read, for the person. */
  threadGap?: string | undefined
  /** What the person sent along. */
  files: AttachedFile[]
  /** A server's prompt that is part of the request. */
  prompt?: ChosenPrompt | undefined
  /** A server's skill that is part of the request. */
  skill?: ChosenSkill | undefined
  /** The call the person chose to begin with. */
  first?: EventOf<'started'>['first']
  /** Connections whose resources or prompts the run has read. */
  untrusted: string[]
  /** Who does it; absent: the app itself. */
  agent?: AgentSnapshot | undefined
  /** The run that asked for it: that one speaks to the person. */
  parent?: EventOf<'started'>['parent']
  /** What it carries out, where it asks no model. */
  workflow?: WorkflowState | undefined
  status: 'working' | 'finished' | 'failed' | 'stopped'
  turns: TurnState[]
  calls: CallState[]
  /** When it went on much later, and before which turn. */
  resumed: { turn: number; at: Date }[]
  /** The text of the last turn. */
  answer: string
  /** Why it ended early although nothing failed. */
  note: EventOf<'finished'>['note']
  failure: { code: string; message: string } | undefined
  /** What the model was not offered in its last turn. */
  toolsLeftOut?: EventOf<'replied'>['toolsLeftOut']
  stoppedBy: UserId | undefined
  /** Why it was stopped, where nobody asked for that. */
  stoppedWhy?: EventOf<'stopped'>['why']
  /** It was stopped because the message that asked for it is gone. */
  withdrawn?: boolean | undefined
  /** What the person said since, in place of deciding, oldest first. */
  corrections: Correction[]
  usage: TokenUsage & { costUsd: number }
  /** What the runs it asked for cost. */
  childrenUsd: number
  /** The model that was asked last. */
  model: string | undefined
  /** The usual model, where it was not to be had and another one answered. */
  insteadOf?: string | undefined
  /** What the conversation before this run comes down to, if it had to be summarised. */
  summary: string | undefined
  startedAt: Date
  /** When the last event happened. */
  changedAt: Date
  /** This instance took the run over, or came back to it: what was painted is known only from records. */
  recovered: boolean
}

/** Words that withdrew what waited for an approval. */
export type Correction = Pick<EventOf<'withdrawn'>, 'text' | 'messageTs' | 'queued'> & {
  /** It is told before this turn. */
  turn: number
  at: Date
  files: AttachedFile[]
  /** A message was changed to this. */
  edited: boolean
}

export type TurnState = {
  text: string
  callIds: string[]
  content: EventOf<'replied'>['content']
  stop: EventOf<'replied'>['stop']
}

export type CallStage =
  | 'requested'
  | 'awaiting_approval'
  | 'approved'
  | 'calling'
  /** An agent that was asked is at work on it. */
  | 'delegated'
  | 'waiting_input'
  | 'done'
  | 'failed'
  | 'unknown'
  | 'denied'
  | 'cancelled'

export type CallState = {
  id: string
  turn: number
  /** The name the model used. */
  offeredAs: string
  /** It is one of our tools that belong to no connection. */
  own?: true
  connection: ConnectionId | undefined
  connectionName: string
  /** Who shared it with the workspace; absent: it is the requester's own. */
  sharedBy?: UserId | undefined
  card: string
  cardTitle: string
  tool: string
  /** The tool in plain words. */
  title: string
  /** What runs. */
  arguments: JsonObject
  /** What the model asked for, where a person changed it. */
  asked?: JsonObject | undefined
  schema: JsonObject
  stage: CallStage
  risk?: 'read' | 'write' | 'destructive' | undefined
  /** The grounds of the verdict. */
  why: string[]
  approval: ApprovalState | undefined
  /** What the server asked of a person on the way, oldest first. */
  inputs: InputState[]
  /** How often it went out: once, and once more for each round of answers. */
  rounds: number
  result: ResultState | undefined
  /** Why it failed, was denied or is unknown, in words. */
  cause: string | undefined
  /** A person may ask for it again: its outcome is unknown, or what it failed for may pass. */
  retryable: boolean
  /** Hash of arguments and tool definition that was judged or approved. */
  hash: string | undefined
  /** Hash of the tool definition alone. */
  definition: string | undefined
  /** A repeat does no harm. */
  repeatable: boolean
  /** Its server asks to be left alone until then, and how often it has asked so. */
  waits?: { until: Date; why: string; times: number } | undefined
  /** The run that does it, and its agent. */
  child?: { run: RunId; agent: string; task: string } | undefined
  /** What it returns marks the run as having read what nobody has checked. */
  untrusted?: boolean | undefined
  /** When it was asked about, there was a file of the name that it writes to. */
  replaces?: boolean | undefined
  /** It was not used because its server changed it. */
  changed?: boolean | undefined
}

export type ResultState = {
  /** One line for people. */
  summary: string
  /** What the model reads. */
  text: string
  images: { mimeType: string; data: string }[]
  isError: boolean
  files: ResultFile[]
  /** What matters to steps of workflows. */
  left?: Pick<EventOf<'returned'>, 'outcome' | 'sent' | 'output' | 'cut'>
  shown?: ShownResult | undefined
  log?: NonNullable<EventOf<'returned'>['log']> | undefined
  ms: number
}

export type ApprovalState = {
  id: ApprovalId
  why: string[]
  risk: 'write' | 'destructive'
  /** Who is asked to decide. */
  approvers: UserId[]
  /** Those who were asked first; absent: they still are. */
  askedFirst?: UserId[] | undefined
  fourEyes: boolean
  /** How many people have to approve; absent: one. */
  needed?: number | undefined
  /** The Slack user groups whose members alone may approve, and what they were called. */
  groups?: string[] | undefined
  groupNames?: string | undefined
  /** Who has approved so far, where several have to. */
  votes?: UserId[] | undefined
  /** What its SQL does: "delete rows of employee". */
  does?: string | undefined
  /** A rule may be made on the card, and it says what for. */
  mayAlways: boolean
  reach?: RuleReach | undefined
  expiresAt: Date
  /** The owners decide, as none of the approvers can. */
  byOwners?: boolean | undefined
  /** A change by an approver, which the requester confirms or denies. */
  proposal?: EditProposal | undefined
  /** The approval whose cards this one takes over: the same call was withdrawn, and asked for again. */
  shownAs?: ApprovalId | undefined
  /** Another approval has taken over its cards. */
  isReplaced?: boolean | undefined
  decided:
    | {
        decision: 'approved' | 'denied' | 'expired' | 'stopped' | 'withdrawn'
        by: UserId | undefined
        /** All who approved, where several had to. */
        approvedBy?: UserId[] | undefined
        /** What they wrote with a denial, or why it was stopped. */
        reason: string | undefined
        /** What the requester said in place of a decision. */
        words?: string | undefined
        at: Date
        /** Other arguments were approved than the model asked for. */
        edited: boolean
        /** Absent: this call alone. */
        width?: ApprovalWidth | undefined
        /** A rule made on another card covers it. */
        byRule?: boolean | undefined
      }
    | undefined
}

export type EditProposal = {
  by: UserId
  arguments: JsonObject
  risk: 'read' | 'write' | 'destructive'
  at: Date
  /** Who was asked to decide before. */
  askedBefore: UserId[]
}

export type InputState = {
  id: InputId
  /** Who may answer; nobody else. */
  person: UserId
  request: InputRequest
  resume: ResumeMethod
  /** Asked in this round of the call. */
  round: number
  askedAt: Date
  expiresAt: Date
  /** `over`: the call or the run ended before an answer came. */
  given:
    | {
        action: 'accept' | 'decline' | 'cancel' | 'expired' | 'over'
        content: JsonObject | undefined
        by: UserId | undefined
        at: Date
      }
    | undefined
}
