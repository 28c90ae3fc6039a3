import { sayFailure, sayRows, showText } from '../text/answer.ts'
import { stemsOf } from '../text/words.ts'
import { inputNamedIn, type OfflineTool } from '../tools.ts'
import {
  asksForColumns,
  asksForData,
  asksForTables,
  type Column,
  columnsIn,
  composeSql,
  countEach,
  givenSql,
  needsColumns,
  type Table,
  tableFor,
  tablesIn,
} from './compose-sql.ts'
import type { Context, Plan, PlanResult, StepsOf } from './step.ts'

type Database = { execute: OfflineTool; lister: OfflineTool | undefined; sqlInput: string }

/** A question to a database: look what tables there are, then ask one SELECT. Undefined when the wish is about something else; a guess looks at the tables first. */
export function* planDatabaseRequest(wish: string, context: Context, guess: boolean): StepsOf<PlanResult | undefined> {
  const known = context.results.flatMap(tablesOf)
  const database = databaseFor(wish, context.tools)
  if (!database || !(guess || asksForData(wish, known))) return undefined
  const sql = givenSql(wish)
  if (sql !== undefined) return yield* runSql(wish, sql, database, context)
  const tables = tableFor(wish, known) && !asksForTables(wish) ? known : yield* listTables(database)
  if (!Array.isArray(tables)) return tables
  if (guess && !tableFor(wish, tables)) return undefined
  return asksForTables(wish)
    ? { text: sayTables(tables), halt: false }
    : yield* queryWork(wish, tables, database, context)
}

/** The database that the wish names, else the first. */
function databaseFor(wish: string, tools: OfflineTool[]): Database | undefined {
  const takers = tools.filter(takesSql)
  const words = stemsOf(wish)
  const execute = takers.find((tool) => tool.connectionStems.some((part) => words.includes(part))) ?? takers[0]
  if (!execute) return undefined
  const siblings = tools.filter((tool) => tool.connection === execute.connection)
  const lister = siblings.find(listsObjects)
  return { execute, lister, sqlInput: inputNamedIn(execute, /sql|statement|query/i)?.name ?? 'sql' }
}

export function takesSql(tool: OfflineTool): boolean {
  if (inputNamedIn(tool, /^(?:sql|sql_query|statement)$/i)) return true
  return tool.nameStems.includes('sql') && inputNamedIn(tool, /^query$/i) !== undefined
}

export function listsObjects(tool: OfflineTool): boolean {
  return inputNamedIn(tool, /^object_type$/) !== undefined
}

/** Only listings of tables count: rows of data may have a "name" too. */
function tablesOf(text: string): Table[] {
  return /"object_type":\s*"table"/.test(text) ? tablesIn(text) : []
}

function* queryWork(wish: string, tables: Table[], database: Database, context: Context): Plan {
  if (/\b(?:each|every|per)\s+table\b/i.test(wish)) return yield* runSql(wish, countEach(tables), database, context)
  const table = tableFor(wish, tables)
  if (!table) return { text: `I do not see which table you mean. ${sayTables(tables)}`, halt: true }
  const columns = needsColumns(wish) ? yield* listColumns(database, table) : []
  if (asksForColumns(wish) && columns.length > 0) return { text: sayColumns(table, columns), halt: false }
  return yield* runSql(wish, composeSql(wish, table, columns), database, context)
}

function* listTables({ lister, execute }: Database): StepsOf<Table[] | PlanResult> {
  if (!lister) return [{ name: 'sqlite_master', schema: undefined }]
  const outcome = yield {
    tool: lister,
    input: { object_type: 'table', pattern: '%', detail_level: 'names' },
    say: "I'll look what tables there are.",
  }
  if (outcome.isError) return { text: sayFailure(lister, outcome.text), halt: true }
  const tables = tablesIn(outcome.text)
  return tables.length > 0
    ? tables
    : { text: `\`${execute.connection}\` shows no tables:\n${showText(outcome.text)}`, halt: true }
}

function* listColumns({ lister }: Database, table: Table): StepsOf<Column[]> {
  if (!lister) return []
  const schema = table.schema === undefined ? {} : { schema: table.schema, table: table.name }
  const input = { object_type: 'column', pattern: '%', detail_level: 'summary', ...schema }
  const outcome = yield { tool: lister, input, say: `I'll look what columns ${table.name} has.` }
  return columnsIn(outcome.text).filter((column) => column.table === table.name)
}

function* runSql(wish: string, sql: string, { execute, sqlInput }: Database, context: Context): Plan {
  const outcome = yield { tool: execute, input: { [sqlInput]: sql }, say: "I'll ask the database." }
  if (outcome.isError) return { text: sayFailure(execute, outcome.text), halt: true }
  const said = sayRows(wish, outcome.text)
  context.recall.text = said
  return { text: `${said}\n\`${String(outcome.input[sqlInput]).replaceAll('`', "'")}\``, halt: false }
}

function sayTables(tables: Table[]): string {
  const names = tables.map(({ name }) => `\`${name}\``)
  return `There ${names.length === 1 ? 'is one table' : `are ${names.length} tables`}: ${names.join(', ')}.`
}

function sayColumns(table: Table, columns: Column[]): string {
  return `\`${table.name}\` has ${columns.length} columns: ${columns.map(({ name, type }) => `\`${name}\`${type === '' ? '' : ` (${type.toLowerCase()})`}`).join(', ')}.`
}
