import type { AgentSnapshot } from '../agents/agent.ts'
import type { Db } from '../db/call.ts'
import type { ConnectionId, Principal, RunId, UserId } from '../ids.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import type { Log } from '../log.ts'
import type { Mcp } from '../mcp/mcp.ts'
import type { Model, OfferedTool } from '../model/turn.ts'
import type { ReadIndex } from '../policy/flow/read-index.ts'
import type { Risk } from '../policy/risk.ts'
import type { Rules } from '../policy/rules.ts'
import type { SqlDialect, SqlReading } from '../policy/sql/sql-reading.ts'
import type { AttachedFile, EventOf, Origin, RunEvent, ThreadRange } from './state/events.ts'
import type { RunState } from './state/state.ts'
import type { LeasedRun } from './storage/leased-run.ts'
import type { CallRate, RateLimits } from './storage/rate-limits.ts'
import type { RunStore } from './storage/run-store.ts'

/** `host`: of a server elsewhere. `vouched`: its card answers for the server. `rate`: how often its vendor lets it be called. */
export type CallDestination = { host?: string | undefined; vouched: boolean; rate?: CallRate | undefined }

/** What a card says of one of its tools. */
export type ToolClassification = {
  class?: Risk | undefined
  vouched: boolean
  idempotent: boolean
  sql?: { argument: string; dialect: SqlDialect } | undefined
  /** It replaces the file that `argument` names, which is there where what `seenWith` answers has `sign` in it. */
  replaces?: { argument: string; seenWith: string; sign: string } | undefined
}

/** What createRuns needs from the app. */
export type RunOptions = {
  db: Db
  log: Log
  model: Model
  /** The person's servers. */
  mcp: {
    /** What a person may use at this moment. */
    connectionsOf(principal: Principal): Promise<Connection[]>
    call: Mcp['call']
    resources: Mcp['resources']
    readResource: Mcp['readResource']
    skills: Mcp['skills']
    readSkill: Mcp['readSkill']
    prompt: Mcp['prompt']
  }
  rules: { policyFor: Rules['policyFor']; approversOf: Rules['approversOf'] }
  ableApprovers: AbleApprovers
  groupApprovers: GroupApprovers
  readSql(sql: string, dialect: SqlDialect): SqlReading
  classificationOf(card: string, tool: string, classed?: Connection['classedTools']): ToolClassification
  cardTitle(connection: { card: string; entry?: Connection['entry'] }): string
  /** Where a connection's calls go. */
  destinationOf(connection: Connection): CallDestination
  /** An agent that the person may ask, by its name; undefined: there is none. */
  findAgent(by: Principal, name: string): Promise<CurrentAgent | undefined>
  listener: RunListener
  /** Reads what a person sent along, from where it was sent. */
  readFile: ReadFile
  /** Reads what was said in a thread before a request. */
  readThread: ReadThread
  now(): Date
}

/** An agent as it is now; a run takes a snapshot of it. */
export type CurrentAgent = Omit<AgentSnapshot, 'chosenBy'>

/**
 * Those of a workspace's approvers who can still decide; its owners where none of them can, or nobody where those are not known. `named`
 * is not empty; `atPress` holds the owners that a card asks already. Never throws.
 */
export type AbleApprovers = (
  place: Pick<Origin, 'workspace' | 'teamId'>,
  named: UserId[],
  atPress?: UserId[],
) => Promise<{ users: UserId[]; byOwners: boolean }>

/**
 * Who of these Slack user groups may approve at this moment, or the owners where that is nobody; users undefined where Slack does not
 * say. `pressers` are looked at in any case; `names` is for people. Never throws.
 */
export type GroupApprovers = (
  place: Pick<Origin, 'workspace' | 'teamId'>,
  groups: string[],
  pressers: UserId[],
) => Promise<{ users: UserId[] | undefined; byOwners: boolean; names: string }>

/** What the folders of run/ are given: the options, and what createRuns builds of them. */
export type RunDeps = RunOptions & {
  store: RunStore
  rateLimits: RateLimits
  argumentProblems: ArgumentCheck
  toolSchemas: ToolSchemaCache
  /** What a run has read so far, as far as its model was told. */
  readBy(state: RunState): Promise<ReadIndex>
  /** Works a run that this instance has claimed. */
  begin(run: RunId, fence: number): void
  /** Something was appended to it: if this instance works it, it looks now. */
  nudge(run: RunId): void
  /** Told of every event once it is in the run. */
  onEvent(leased: LeasedRun, event: RunEvent): void
  sleep(ms: number): Promise<void>
  /** Fires when the app stops: nothing new is begun. */
  closing: AbortSignal
}

type Connection = Parameters<Mcp['resources']>[0]

/** A tool of a connection's server, or one of ours that reads what the server offers beside tools. */
export type RunTool = Connection['tools'][number] & { builtin?: BuiltinTool }

export type BuiltinTool = 'list_resources' | 'read_resource' | 'list_skills' | 'read_skill' | 'get_prompt'

/** A connection as mcp/ hands it out, with what a run can do with it. */
export type Source = Omit<Connection, 'tools'> & { tools: RunTool[] }

export type ArgumentProblem = { field: string; message: string }

/** Checks arguments against a tool's input schema; problems name the top-level argument. */
export type ArgumentCheck = (schema: JsonObject, args: JsonValue) => ArgumentProblem[]

/** A person's connection as far as a run needs it. */
export type ToolSource = { id: ConnectionId; name: string; card: string; tools: SourceTool[] }

export type SourceTool = {
  name: string
  title?: string | undefined
  description: string
  inputSchema: JsonObject
  outputSchema?: JsonObject | undefined
}

export type ResolvedTool<S extends ToolSource> = { source: S; tool: S['tools'][number] }

/** Which tools the model's API takes, and why not the others. */
export type ToolSchemaCache = {
  /** Those the API takes: a refused one is left out and does not take the others with it. */
  offered(tools: Map<string, ResolvedTool<ToolSource>>): OfferedTool[]
  leftOut(tools: ToolInQuestion[]): { tool: string; why: string }[]
}

export type ToolInQuestion = {
  connection: string
  tool: { name: string; description: string; inputSchema: JsonObject }
}

/** What a file holds, as the model can take it; `unread` says in a sentence why it cannot. */
export type FileContent = (
  | { kind: 'text'; text: string }
  | { kind: 'image'; mimeType: string /** base64 */; data: string }
  | { kind: 'pdf' /** base64 */; data: string }
  | { kind: 'unread'; why: string }
) & {
  /** What it is called, where the message did not say. */
  name?: string
  /** What people say of it, or that it is only a part. */
  note?: string
}

/** Never throws: what cannot be read is said. */
export type ReadFile = (origin: Origin, file: AttachedFile, signal: AbortSignal) => Promise<FileContent>

export type ThreadReading = Pick<EventOf<'thread_read'>, 'messages' | 'hasAbout' | 'gap'>

/** What Slack does not hand over, or not in time, is its `gap`; other errors are thrown. */
export type ReadThread = (origin: Origin, thread: ThreadRange, signal: AbortSignal) => Promise<ThreadReading>

/** What happened to a run just now. Only events are kept; the rest is for whoever is watching. */
export type RunProgress =
  | { kind: 'event'; type: string }
  /** New words of the turn the model is saying. */
  | { kind: 'words'; text: string }
  /** The turn starts over: its words so far are void. */
  | { kind: 'restart' }
  | { kind: 'progress'; call: string; message?: string; progress?: number; total?: number }
  /** The model cannot be had for the moment. */
  | { kind: 'waiting'; seconds: number; why: string }

/** The way news goes up: a room where the outside comes in paints a run for the people who watch it. */
export type RunListener = {
  /** Live painting; never throws and is never awaited. */
  onProgress(state: RunState, news: RunProgress): void
  /**
   * When it resolves, everything the state shows stands where people see it, and is recorded. Trouble that will never
   * pass is logged and resolves. Throws AppError `slack_failed` or `database_unavailable` on trouble worth another try;
   * any other error is a defect.
   */
  publish(state: RunState, signal: AbortSignal): Promise<void>
  /** Says in a short plain message that the run cannot be shown, in place of `publish`. Throws as that does. */
  publishPlain(state: RunState): Promise<void>
  /** This instance has nothing more to do with the run: whatever is still being painted of it ends. */
  release(run: RunId): void
  /** A request waits behind another run of its conversation. */
  onQueued(queued: { run: RunId; origin: Origin }, ahead: RunState | undefined): void
}
