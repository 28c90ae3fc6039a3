import { z } from 'zod'
import { readJsonMap } from '../api/json.ts'
import { askWhich, rowsText, sayFailure, unableText } from './answer.ts'
import {
  type Column,
  composeSql,
  countEach,
  quoteFor,
  type Statement,
  sqlGivenIn,
  type Table,
  unreadWordsIn,
} from './compose-sql.ts'
import { namedIn } from './names.ts'
import {
  inputNamedIn,
  type OfflineTool,
  type Plan,
  type PlanResult,
  type RequestState,
  type StepsOf,
} from './plan-types.ts'

type Database = { execute: OfflineTool; lister: OfflineTool | undefined; sqlInput: string }

/** Words that only a question about data has; after the others the names of the tables have to tell. */
const DATA_WORDS =
  /\b(?:how many|number of|count|average|mean|rows?|records?|tables?|views?|columns?|sql|database|describe|highest|lowest|largest|smallest|oldest|newest|latest|earliest)\b|\bwhere\s+\w+\s*(?:=|is\b)/i
const MAY_BE_DATA = /^\W*(?:show|list|give|find|get|who|which|delete|remove)\b/i
const FILE_WORDS = /\b(?:files?|folders?|director(?:y|ies))\b|\w\.(?:txt|md|csv|json|log|ya?ml|html?)\b/i
const COLUMN_WORDS = /\b(?:columns?|fields?|structure|schema|describe)\b/i
const EACH_TABLE = /\b(?:each|every|per)\s+table\b/i
const TABLE_WORDS = /\b(?:tables|views)(?:\s+and\s+(?:tables|views))?\b/i

/** A question to a database: look what tables there are, then run one statement. Undefined when the request is about something else. */
export function* planDatabaseRequest(request: string, state: RequestState): StepsOf<PlanResult | undefined> {
  const databases = databasesIn(state.tools)
  const [database] = databases
  const sql = sqlGivenIn(request)
  if (!database || (sql === undefined && !mayBeData(request, state))) return undefined
  if (databases.length > 1)
    return askWhich(
      request,
      databases.map(({ execute }) => execute),
    )
  if (sql !== undefined) return yield* runSql(request, { sql, firstRowsOnly: false }, database)
  const tables = yield* findTables(request, database, state)
  if (!Array.isArray(tables)) return tables
  const table = namedIn(request, tables)
  if (!table && !DATA_WORDS.test(request)) return undefined
  return table && !EACH_TABLE.test(request)
    ? yield* askTable(request, table, database)
    : yield* askAllTables(request, tables, database)
}

function mayBeData(request: string, { calls }: RequestState): boolean {
  if (FILE_WORDS.test(request)) return false
  return [DATA_WORDS, MAY_BE_DATA].some((words) => words.test(request)) || !!namedIn(request, calls.flatMap(tablesIn))
}

function databasesIn(tools: OfflineTool[]): Database[] {
  const sqlInputOf = (tool: OfflineTool) =>
    inputNamedIn(tool, /^(?:sql|sql_query|statement)$/i) ??
    (/(?:^|_)sql(?:_|$)/i.test(tool.name) ? inputNamedIn(tool, /^query$/i) : undefined)
  return tools.flatMap((execute) => {
    const input = sqlInputOf(execute)
    const lister = tools.find(
      (tool) => tool.connection === execute.connection && inputNamedIn(tool, /^object_type$/) !== undefined,
    )
    return input ? [{ execute, lister, sqlInput: input.name }] : []
  })
}

/** Tables from before in the conversation; the views only where no table is meant. */
function* findTables(
  request: string,
  { execute, lister }: Database,
  state: RequestState,
): StepsOf<Table[] | PlanResult> {
  if (!lister) return unableText(`*${execute.connection}* does not say what tables it has. Write me the SQL.`, [])
  const known = state.calls.filter(({ name }) => name === lister.fullName).flatMap(tablesIn)
  const all = TABLE_WORDS.test(request)
  if (known.length > 0 && !all && namedIn(request, known)) return known
  const tables = yield* listObjects(lister, 'table')
  if (!Array.isArray(tables) || EACH_TABLE.test(request) || (!all && namedIn(request, tables))) return tables
  const hasViews = inputNamedIn(lister, /^object_type$/)?.choices.includes('view') ?? false
  const views = hasViews ? yield* listObjects(lister, 'view') : []
  return Array.isArray(views) ? [...tables, ...views] : views
}

function* listObjects(lister: OfflineTool, kind: 'table' | 'view'): StepsOf<Table[] | PlanResult> {
  const input = { object_type: kind, pattern: '%', detail_level: 'names' }
  const outcome = yield { tool: lister, input, say: `I'll look what ${kind}s there are.` }
  return outcome.isError ? { text: sayFailure(lister, outcome.text), halt: true } : tablesIn(outcome)
}

function* listColumns({ lister }: Database, table: Table): StepsOf<Column[]> {
  if (!lister) return []
  const place = table.schema === undefined ? {} : { schema: table.schema, table: table.name }
  const input = { object_type: 'column', pattern: '%', detail_level: 'summary', ...place }
  const outcome = yield { tool: lister, input, say: `I'll look what columns ${table.name} has.` }
  return listedIn(outcome.text).filter((column) => column.table === table.name)
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

function* askAllTables(request: string, tables: Table[], database: Database): Plan {
  const { execute } = database
  if (tables.length === 0) return { text: `*${execute.connection}* has no tables yet.`, halt: true }
  const unread = unreadWordsIn(request, EACH_TABLE, TABLE_WORDS, /\bhow many\b/i)
  if (EACH_TABLE.test(request) && unread.length === 0) {
    const sql = countEach(tables, quoteFor(execute.description))
    return yield* runSql(request, { sql, firstRowsOnly: false }, database)
  }
  const listed = sayTables(tables)
  if (TABLE_WORDS.test(request) && unread.length === 0) return { text: listed, halt: false }
  return unableText(`I do not see which table you mean. ${listed}`, questionsOn(tables))
}

function* askTable(request: string, table: Table, database: Database): Plan {
  const quote = quoteFor(database.execute.description)
  const asksColumns = COLUMN_WORDS.test(request)
  // Most questions need no columns; one that does is unclear without them.
  const simple = composeSql(request, { table, columns: [], quote })
  if (!asksColumns && 'sql' in simple) return yield* runSql(request, simple, database)
  const columns = yield* listColumns(database, table)
  if (asksColumns) return { text: sayColumns(table, columns), halt: false }
  const composed = composeSql(request, { table, columns, quote })
  if ('unclear' in composed) return unableText(composed.unclear, questionsOn([table]))
  return yield* runSql(request, composed, database)
}

/** Questions about these tables that are sure to be understood. */
function questionsOn(tables: Table[]): string[] {
  const name = tables[0]?.name ?? ''
  return [`How many rows are in "${name}"?`, `Show the first 3 rows of "${name}"`, `Which columns does "${name}" have?`]
}

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
