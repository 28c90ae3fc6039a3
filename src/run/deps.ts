import type { Log } from '../log.ts'
import type { Mcp } from '../mcp/mcp.ts'
import type { Model } from '../model/turn.ts'
import type { Risk } from '../policy/decide.ts'
import type { Rules } from '../policy/rules.ts'
import type { SqlDialect, SqlReading } from '../policy/sql.ts'
import type { ArgumentCheck } from './calls/validate-arguments.ts'
import type { BudgetOf } from './model-turn/budget.ts'
import type { ShownMessages } from './runs.ts'
import type { ReadFile } from './state/attached-file.ts'
import type { RunListener } from './state/run-listener.ts'
import type { EventRecorder } from './storage/leased-run.ts'
import type { RunStore } from './storage/run-store.ts'
import type { ToolSchemaCache } from './tools/offered-tools.ts'

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
  rules: Rules
  readSql(sql: string, dialect: SqlDialect): SqlReading
  classificationOf(card: string, tool: string): ToolClassification
  cardTitle(connection: Pick<Source, 'card' | 'entry'>): string
  argumentProblems: ArgumentCheck
  budgetOf: BudgetOf
  fitting: ToolSchemaCache
  door: RunListener
  /** Reads what a person sent along, at the door it came in by. */
  readFile: ReadFile
  log: Log
  now(): Date
  /** Fires when the app stops: nothing new is begun. */
  closing: AbortSignal
}

type Connection = Awaited<ReturnType<Mcp['connectionsOf']>>[number]

/** A tool of a connection's server, or one of ours that reads what the server offers beside tools. */
export type RunTool = Connection['tools'][number] & { own?: BuiltinTool }

export type BuiltinTool = 'list_resources' | 'read_resource' | 'list_skills' | 'read_skill' | 'get_prompt'

/** A connection as mcp/ hands it out, with what a run can do with it. */
export type Source = Omit<Connection, 'tools'> & { tools: RunTool[] }
