import type { AgentSnapshot } from '../agents/agent.ts'
import type { ApprovalId, ChannelId, InputId, Principal, RunId, UserId, WorkspaceId } from '../ids.ts'
import type { JsonObject } from '../json.ts'
import type { WorkflowSnapshot } from '../workflows/workflow-snapshot.ts'
import type {
  ApprovalWidth,
  AttachedFile,
  ChosenPrompt,
  ChosenSkill,
  FirstCall,
  Origin,
  ThreadRange,
} from './state/events.ts'
import type { ApprovalState, CallState, InputState, RunState } from './state/state.ts'

/** What doors may ask of run/. */
export type Runs = {
  /** `dedupeKey` (workspace:channel:ts) makes one run of however many deliveries of one message. */
  start(request: StartRequest): Promise<StartedRun>
  /**
   * The same for a message that was changed, where that still matters: its words withdraw what its run waits for, or begin anew where
   * nothing was done. `request` has a key of its own; `messageKey` is that of the message.
   */
  change(request: StartRequest, messageKey: string): Promise<'corrected' | 'begun_anew' | 'over'>
  /** Adds files to the request of a run: `late` once it has a reply, `none` where all are known or it was stopped. */
  addFiles(id: RunId, workspace: WorkspaceId, files: AttachedFile[]): Promise<'added' | 'late' | 'none'>
  knowsThread(workspace: WorkspaceId, channel: ChannelId, threadTs: string): Promise<boolean>
  /** The run at work (or at rest) in this thread. */
  activeIn(workspace: WorkspaceId, channel: ChannelId, threadTs: string): Promise<RunId | undefined>
  /** By id and workspace, as everything here: an id alone shows nothing. */
  state(id: RunId, workspace: WorkspaceId): Promise<RunState | undefined>
  approval(id: ApprovalId, workspace: WorkspaceId): Promise<{ state: RunState; call: CallState } | undefined>
  /** Who may decide an approval now, which may differ from those on its card. Of a large user group only some are named, and `presser` where they may. */
  approversOf(open: { state: RunState; approval: ApprovalState }, presser?: UserId): Promise<UserId[]>
  answer(answer: ApprovalAnswer): Promise<AnswerOutcome>
  /** The same for several of one run, at once: what came of each, in order. */
  answerAll(answer: ApprovalsAnswer): Promise<AnswerOutcome[]>
  /** Approvals this person may decide now, oldest first. */
  pendingFor(principal: Principal): Promise<{ state: RunState; call: CallState }[]>
  input(id: InputId, workspace: WorkspaceId): Promise<PendingInput | undefined>
  /** Settles once what a server or a sign-in asked of a person, and wakes the run. Only that person may. */
  answerInput(given: InputAnswerRequest): Promise<AnswerInputOutcome>
  /** What is asked of this person now, oldest first. */
  openInputs(principal: Principal): Promise<PendingInput[]>
  /** A person's last runs, newest first. */
  recentOf(principal: Principal, limit: number): Promise<RunState[]>
  stop(id: RunId, by: Principal): Promise<'stopped' | 'over' | 'not_yours'>
  /** The same for some runs at once because of a Slack event, which stops nothing when it comes again; none of them may be another's. */
  stopOnce(eventId: string, ids: RunId[], by: Principal): Promise<'stopped' | 'over' | 'not_yours' | 'again'>
  /** The message is gone: stops what it asked for, also where its request comes only later, or all that its thread asked for where it began one; how many runs that were. */
  withdraw(message: DeletedMessage): Promise<number>
  /** Stops all that is at work, waits or rests, in some teams of an organization or in all of the workspace; how many runs that were. */
  stopAll(by: Principal, teams?: string[]): Promise<number>
  /** What its owner decides of a step that waits for them. `with`: with other arguments, which are needed then. */
  resumeStep(id: RunId, decision: StepDecision, by: Principal): Promise<'resumed' | 'over' | 'not_yours' | 'gone'>
  /** Asks once more for a call whose outcome is unknown; a run of its own. */
  tryAgain(id: RunId, callId: string, by: Principal): Promise<StartedRun | 'not_yours' | 'gone'>
  /** Tools the model's API refuses, with the reason. */
  leftOut(tools: { connection: string; tool: { name: string; description: string; inputSchema: JsonObject } }[]): {
    tool: string
    why: string
  }[]
  shown: ShownMessages
  heard: HeardMessages
  /** True when this Slack event id was seen in the last 24 hours; remembers it. */
  seen(eventId: string): Promise<boolean>
  /** The same without remembering it. */
  wasSeen(eventId: string): Promise<boolean>
  /** Takes the mark back where what it stands for failed. */
  forgetSeen(eventId: string): Promise<void>
}

export type StartRequest = {
  origin: Origin
  text: string
  /** What was said in the thread before the app was asked. */
  context?: { author: string; text: string }[]
  /** A thread that the run reads before its first turn. */
  earlier?: ThreadRange
  /** What the person sent along. */
  files?: AttachedFile[]
  /** A server's prompt the person chose. */
  prompt?: ChosenPrompt
  /** A server's skill the person chose. */
  skill?: ChosenSkill
  /** What is done before the model is asked, as the person chose it: its server's questions become the run's. */
  first?: FirstCall
  /** Agents that answer it first, each on its own; who is asked then compares what they say. */
  panel?: string[]
  /** Names of connections whose servers' words are part of the request. */
  untrusted?: string[]
  /** Who does it; absent: the app itself. */
  agent?: AgentSnapshot
  /** What is carried out instead of asking a model. */
  workflow?: WorkflowSnapshot
  dedupeKey: string
}

/** Of a step that failed: do it again, with other arguments, go on without it, or end, with or without undoing what was done. */
export type StepDecision = { step: string; how: 'retry' | 'with' | 'skip' | 'undo' | 'stop'; arguments?: JsonObject }

/** A message that is gone, with the thread it was in or began. */
export type DeletedMessage = { workspace: WorkspaceId; channel: string; ts: string; threadTs: string }

export type StartedRun = {
  run: RunId
  /** False when this message was taken before. */
  fresh: boolean
  /** It waits behind another run of its conversation. */
  waiting: boolean
  /** The message is no run of its own: it withdrew what the person's own run waited for, and that goes on with its words. */
  corrected: boolean
}

export type ApprovalAnswer = {
  approval: ApprovalId
  by: Principal
  decision: 'approved' | 'denied'
  arguments?: JsonObject
  /** What to do instead, with a denial. */
  reason?: string | undefined
  /** It is about the change that somebody else proposed, as the person saw it. */
  confirms?: boolean
  /** Approves calls like it in advance: in its thread, or everywhere; absent: this one alone. */
  width?: ApprovalWidth
}

/** One decision on several approvals of one run, as they stand on one card. */
export type ApprovalsAnswer = Pick<ApprovalAnswer, 'by' | 'decision' | 'reason'> & { approvals: ApprovalId[] }

export type AnswerOutcome =
  | { kind: 'settled' }
  | {
      kind: 'already'
      decision: 'approved' | 'denied' | 'expired' | 'stopped' | 'withdrawn'
      by: UserId | undefined
      at: Date
    }
  | { kind: 'not_yours'; approvers: UserId[] }
  /** It counts, and more people have to approve; not new where this person had approved before. */
  | { kind: 'voted'; votes: UserId[]; needed: number; isNew: boolean }
  /** The edit is stored, and the requester is asked to confirm it. */
  | { kind: 'proposed'; requester: UserId }
  /** Somebody changed it before, and only the requester decides on that, on its own card. */
  | { kind: 'changed'; by: UserId; requester: UserId }
  | { kind: 'invalid'; problems: { field: string; message: string }[] }
  | { kind: 'gone' }

/** A question to a person, and the call it holds up. */
export type PendingInput = { state: RunState; call: CallState; input: InputState }

export type InputAnswerRequest = {
  run: RunId
  input: InputId
  by: Principal
  action: 'accept' | 'decline' | 'cancel'
  /** For an accepted form: its fields by name; checked here. */
  content?: JsonObject | undefined
}

export type AnswerInputOutcome =
  | { kind: 'settled' }
  | { kind: 'already'; action: NonNullable<InputState['given']>['action']; by: UserId | undefined; at: Date }
  | { kind: 'not_yours'; person: UserId }
  | { kind: 'invalid'; problems: { field: string; message: string }[] }
  | { kind: 'gone' }

/** Which message shows which part of a run. */
export type ShownMessages = {
  of(run: RunId): Promise<ShownMessage[]>
  record(run: RunId, shown: ShownMessage): Promise<void>
  forget(run: RunId, key: string): Promise<void>
}

export type ShownMessage = {
  /** `answer:0`, `approval:<id>:<channel>`, `file:<call>:0`, `note:…` */
  key: string
  channel: string
  ts: string
  /** Hash of what is painted there. */
  contentHash: string
  /** A stream is open on it. */
  live: boolean
}

/** What people and other apps say in conversations that have a run; the next request there is told of it. */
export type HeardMessages = {
  /** Keeps a message, or with `editedTs` what it was edited to; false where its conversation has no run, it asked for one, or it is known. */
  keep(message: HeardMessage): Promise<boolean>
  /** Forgets what a deleted message said. */
  remove(message: Omit<HeardPlace, 'threadTs'> & { threadTs?: string | undefined }): Promise<boolean>
  /** Forgets the whole workspace, or only what `user` said, which nobody can ask for yet; how many messages. */
  forget(workspace: WorkspaceId, user?: UserId): Promise<number>
}

type HeardPlace = { workspace: WorkspaceId; channel: ChannelId; threadTs: string; ts: string }

export type HeardMessage = HeardPlace & {
  /** Undefined for another app. */
  user: string | undefined
  author: string
  text: string
  editedTs?: string | undefined
}
