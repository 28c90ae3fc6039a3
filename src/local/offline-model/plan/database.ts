import { z } from 'zod'
import { readJsonMap } from '../api/json.ts'
import { inputNamedIn, type OfflineTool } from '../api/tools.ts'
import { rowsText, sayFailure, unableText } from './answer.ts'
import {
  type Column,
  composeSql,
  countEach,
  quoteFor,
  sqlGivenIn,
  type Table,
  tableIn,
  unreadWordsIn,
} from './compose-sql.ts'
import type { Plan, PlanResult, RequestState, StepsOf } from './step.ts'

type Database = { execute: OfflineTool; lister: OfflineTool | undefined; sqlInput: string }

const DATA_WORDS =
  /\b(?:how many|number of|count|average|mean|rows?|records?|tables?|views?|columns?|sql|database|describe|group(?:ed)? by|highest|lowest|largest|smallest|oldest|newest|latest|earliest)\b/i
const FILE_WORDS = /\b(?:files?|folders?|director(?:y|ies))\b|\w\.(?:txt|md|csv|json|log|ya?ml|html?)\b/i
const COLUMN_WORDS = /\b(?:columns?|fields?|structure|schema|describe)\b/i
const EACH_TABLE = /\b(?:each|every|per)\s+table\b/i
const TABLE_WORDS = /\b(?:tables|views)(?:\s+and\s+(?:tables|views))?\b/i

export function isAboutFiles(request: string): boolean {
  return FILE_WORDS.test(request)
}

/** A question to a database: look what tables there are, then run one statement. Undefined when the request is about something else; a guess looks at the tables first. */
export function* planDatabaseRequest(
  request: string,
  state: RequestState,
  guess: boolean,
): StepsOf<PlanResult | undefined> {
  const databases = databasesIn(state.tools)
  const [database] = databases
  if (!database) return undefined
  const sql = sqlGivenIn(request)
  if (sql === undefined && !guess && !asksForData(request, state.calls.flatMap(tablesIn))) return undefined
  if (databases.length > 1) return askWhich(request, databases)
  if (sql !== undefined) return yield* runSql(request, { sql, firstRowsOnly: false }, database)
  const tables = yield* findTables(request, database, state)
  if (!Array.isArray(tables)) return tables
  if (guess && !tableIn(request, tables)) return undefined
  return yield* answerFrom(request, tables, database)
}

function asksForData(request: string, known: Table[]): boolean {
  if (isAboutFiles(request)) return false
  return (
    DATA_WORDS.test(request) || /\bwhere\s+\w+\s*(?:=|is\b)/i.test(request) || tableIn(request, known) !== undefined
  )
}

function databasesIn(tools: OfflineTool[]): Database[] {
  return tools.filter(acceptsSql).map((execute) => ({
    execute,
    lister: tools.find((tool) => tool.connection === execute.connection && listsObjects(tool)),
    sqlInput: inputNamedIn(execute, /sql|statement|query/i)?.name ?? 'sql',
  }))
}

function askWhich(request: string, databases: Database[]): PlanResult {
  const names = databases.map(({ execute }) => execute.connection)
  const questions = names.map((name) => `${request.replace(/[\s?.!]+$/, '')} in ${name}?`)
  return unableText(
    `There are several databases: ${names.map((name) => `*${name}*`).join(', ')}. Which one do you mean?`,
    questions,
  )
}

export function acceptsSql(tool: OfflineTool): boolean {
  if (inputNamedIn(tool, /^(?:sql|sql_query|statement)$/i)) return true
  return tool.nameStems.includes('sql') && inputNamedIn(tool, /^query$/i) !== undefined
}

export function listsObjects(tool: OfflineTool): boolean {
  return inputNamedIn(tool, /^object_type$/) !== undefined
}

/** Tables from before in the conversation; the views only where no table is meant. */
function* findTables(request: string, database: Database, state: RequestState): StepsOf<Table[] | PlanResult> {
  const { lister } = database
  if (!lister)
    return unableText(`*${database.execute.connection}* does not say what tables it has. Write me the SQL.`, [])
  const known = state.calls.filter(({ name }) => name === lister.fullName).flatMap(tablesIn)
  const all = TABLE_WORDS.test(request)
  if (known.length > 0 && !all && tableIn(request, known)) return known
  const tables = yield* listObjects(lister, 'table')
  if (!Array.isArray(tables) || EACH_TABLE.test(request) || (!all && tableIn(request, tables))) return tables
  const hasViews = inputNamedIn(lister, /^object_type$/)?.choices.includes('view') ?? false
  const views = hasViews ? yield* listObjects(lister, 'view') : []
  return Array.isArray(views) ? [...tables, ...views] : views
}

function* listObjects(lister: OfflineTool, kind: 'table' | 'view'): StepsOf<Table[] | PlanResult> {
  const outcome = yield {
    tool: lister,
    input: { object_type: kind, pattern: '%', detail_level: 'names' },
    say: `I'll look what ${kind}s there are.`,
  }
  return outcome.isError ? { text: sayFailure(lister, outcome.text), halt: true } : tablesIn(outcome)
}

const Listed = z.object({
  name: z.string(),
  schema: z.string().optional(),
  table: z.string().default(''),
  type: z.string().catch(''),
})

/** The entries of a listing, each read by itself, as a long listing is cut on its way here. */
function listedIn(text: string): z.infer<typeof Listed>[] {
  const entries = text.match(/\{[^{}]*\}/g) ?? []
  return entries.flatMap((entry) => Listed.safeParse(readJsonMap(entry)).data ?? [])
}

/** Only listings of tables and views count: rows of data may have a "name" too. */
function tablesIn({ text }: { text: string }): Table[] {
  if (!/"object_type":\s*"(?:table|view)"/.test(text)) return []
  return listedIn(text).map(({ name, schema }) => ({ name, schema }))
}

function* answerFrom(request: string, tables: Table[], database: Database): Plan {
  const { execute } = database
  if (tables.length === 0) return { text: `*${execute.connection}* has no tables yet.`, halt: true }
  if (EACH_TABLE.test(request)) {
    const sql = countEach(tables, quoteFor(execute.description))
    return yield* runSql(request, { sql, firstRowsOnly: false }, database)
  }
  const table = tableIn(request, tables)
  if (!table && TABLE_WORDS.test(request) && unreadWordsIn(request, TABLE_WORDS, /\bhow many\b/i).length === 0)
    return { text: sayTables(tables), halt: false }
  if (!table) return unableText(`I do not see which table you mean. ${sayTables(tables)}`, questionsOn(tables))
  return yield* askTable(request, table, database)
}

function* askTable(request: string, table: Table, database: Database): Plan {
  const quote = quoteFor(database.execute.description)
  const asksColumns = COLUMN_WORDS.test(request)
  const simple = composeSql(request, { table, columns: [], quote })
  if (!asksColumns && 'sql' in simple) return yield* runSql(request, simple, database)
  const columns = yield* listColumns(database, table)
  if (asksColumns) return { text: sayColumns(table, columns), halt: false }
  const composed = composeSql(request, { table, columns, quote })
  return 'sql' in composed
    ? yield* runSql(request, composed, database)
    : unableText(composed.unclear, questionsOn([table]))
}

/** Questions about these tables that are sure to be understood. */
function questionsOn(tables: Table[]): string[] {
  const name = tables[0]?.name ?? ''
  return [`How many rows are in "${name}"?`, `Show the first 3 rows of "${name}"`, `Which columns does "${name}" have?`]
}

function* listColumns({ lister }: Database, table: Table): StepsOf<Column[]> {
  if (!lister) return []
  const place = table.schema === undefined ? {} : { schema: table.schema, table: table.name }
  const input = { object_type: 'column', pattern: '%', detail_level: 'summary', ...place }
  const outcome = yield { tool: lister, input, say: `I'll look what columns ${table.name} has.` }
  return listedIn(outcome.text).filter((column) => column.table === table.name)
}

type Statement = { sql: string; firstRowsOnly: boolean }

function* runSql(request: string, { sql, firstRowsOnly }: Statement, { execute, sqlInput }: Database): Plan {
  const outcome = yield { tool: execute, input: { [sqlInput]: sql }, say: "I'll ask the database." }
  if (outcome.isError) return { text: sayFailure(execute, outcome.text), halt: true }
  const said = rowsText(request, outcome.text, firstRowsOnly)
  return { text: `${said}\n\`${String(outcome.input[sqlInput]).replaceAll('`', "'")}\``, halt: false }
}

function sayTables(tables: Table[]): string {
  const names = tables.map(({ name }) => `\`${name}\``)
  return `There ${names.length === 1 ? 'is one table' : `are ${names.length} tables`}: ${names.join(', ')}.`
}

function sayColumns(table: Table, columns: Column[]): string {
  if (columns.length === 0) return `I could not see the columns of \`${table.name}\`.`
  return `\`${table.name}\` has ${columns.length} columns: ${columns.map(({ name, type }) => `\`${name}\`${type === '' ? '' : ` (${type.toLowerCase()})`}`).join(', ')}.`
}
