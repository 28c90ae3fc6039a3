import type { ConnectionId, WorkspaceId } from '../ids.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import type { Log } from '../log.ts'
import type { Mcp } from '../mcp/mcp.ts'
import type { Model, OfferedTool } from '../model/turn.ts'
import type { Risk } from '../policy/risk.ts'
import type { Rules } from '../policy/rules.ts'
import type { SqlDialect, SqlReading } from '../policy/sql.ts'
import type { ShownMessages } from './runs.ts'
import type { ReadFile } from './state/attached-file.ts'
import type { RunListener } from './state/run-listener.ts'
import type { EventRecorder } from './storage/leased-run.ts'
import type { RunStore } from './storage/run-store.ts'

/** What a card says of one of its tools. */
export type ToolClassification = {
  class?: Risk | undefined
  vouched: boolean
  idempotent: boolean
  sql?: { argument: string; dialect: SqlDialect } | undefined
}

/** What the work on runs needs from elsewhere. */
export type RunDeps = EventRecorder & {
  store: RunStore
  shown: ShownMessages
  model: Model
  mcp: Pick<Mcp, 'connectionsOf' | 'call' | 'resources' | 'readResource' | 'skills' | 'readSkill' | 'prompt'>
  rules: Pick<Rules, 'policyFor' | 'approversOf'>
  readSql(sql: string, dialect: SqlDialect): SqlReading
  classificationOf(card: string, tool: string): ToolClassification
  cardTitle(connection: Pick<Source, 'card' | 'entry'>): string
  argumentProblems: ArgumentCheck
  budgetOf: BudgetOf
  fitting: ToolSchemaCache
  listener: RunListener
  /** Reads what a person sent along, at the door it came in by. */
  readFile: ReadFile
  log: Log
  now(): Date
  /** Fires when the app stops: nothing new is begun. */
  closing: AbortSignal
}

type Connection = Awaited<ReturnType<Mcp['connectionsOf']>>[number]

/** A tool of a connection's server, or one of ours that reads what the server offers beside tools. */
export type RunTool = Connection['tools'][number] & { builtin?: BuiltinTool }

export type BuiltinTool = 'list_resources' | 'read_resource' | 'list_skills' | 'read_skill' | 'get_prompt'

/** A connection as mcp/ hands it out, with what a run can do with it. */
export type Source = Omit<Connection, 'tools'> & { tools: RunTool[] }

export type ArgumentProblem = { field: string; message: string }

/** Checks arguments against a tool's input schema; problems name the top-level argument. */
export type ArgumentCheck = (schema: JsonObject, args: JsonValue) => ArgumentProblem[]

/** A workspace's monthly budget in US dollars and what is spent of it; undefined without a budget. */
export type BudgetOf = (workspace: WorkspaceId) => Promise<{ budgetUsd: number; spentUsd: number } | undefined>

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
