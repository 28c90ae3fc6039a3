import { rowsText, sayFailure, unableText, wasDenied } from './answer.ts'
import { quoteFor, type Statement, type Table } from './compose-sql.ts'
import type { ListTools } from './list-tools.ts'
import type { OfflineTool, Outcome, Plan, PlanResult, StepsOf } from './plan-types.ts'
import { readRows } from './result-rows.ts'
import { type RowTools, rowCallFor } from './row-tools.ts'
import { countedIn, describeDeletion } from './say-rows.ts'

/** One that takes SQL, or at least gives rows of one table. */
export type Database = { connection: string; lister: ListTools | undefined; sql?: SqlTool; rows?: RowTools }
type SqlTool = { tool: OfflineTool; input: string }
type Place = { table: Table; database: Database }

/** Questions about these tables that are sure to be understood. */
export function tableQuestionsFor(tables: Table[], { sql }: Database): string[] {
  const name = tables[0]?.name ?? ''
  const known = [`Show the first 3 rows of "${name}"`, `Which columns does "${name}" have?`]
  return sql === undefined ? [...known, 'Which tables are there?'] : [`How many rows are in "${name}"?`, ...known]
}

const sayFor = ({ deletesFrom }: Statement): string =>
  deletesFrom === undefined ? "I'll ask the database." : "I'll delete that."

/** After a denial there is something else to ask; what the words of it want, no rule here could do. */
const failedResult = (tool: OfflineTool, { text }: Outcome, questions: string[]): PlanResult =>
  unableText(sayFailure(tool, text), wasDenied(text) ? questions : [])

/** By SQL where the database takes it, else by a tool that needs none. */
export function* runStatement(request: string, statement: Statement, { table, database }: Place): Plan {
  const call = database.rows && rowCallFor(database.rows, table, statement)
  if (call === undefined && database.sql === undefined) return sayNoSql(database, tableQuestionsFor([table], database))
  if (call === undefined) return yield* runSql(request, statement, database)
  const outcome = yield { ...call, say: sayFor(statement) }
  if (outcome.isError) return failedResult(call.tool, outcome, tableQuestionsFor([table], database))
  const { sql, most, deletesFrom } = statement
  if (deletesFrom !== undefined) return { text: firstLineOf(outcome), halt: false }
  return rowsResult(outcome.text, { request, sql, most }, '')
}

/** "Deleted 1 row.", before the rows that it was. */
const firstLineOf = ({ text }: Outcome): string => text.split('\n', 1).join()

function rowsResult(text: string, asked: Parameters<typeof rowsText>[1], end: string): PlanResult {
  const result = { text: rowsText(text, asked) + end, halt: false }
  if (!readRows(text)?.shown) return result
  return { ...result, written: rowsText(text, { ...asked, isWritten: true }) + end }
}

export function* runSql(request: string, statement: Statement, database: Database): Plan {
  const { sql, most, deletesFrom } = statement
  if (database.sql === undefined) return sayNoSql(database, ['Which tables are there?'])
  const { tool, input } = database.sql
  const outcome = yield { tool, input: { [input]: sql }, say: sayFor(statement) }
  if (outcome.isError) return failedResult(tool, outcome, deletesFrom ? tableQuestionsFor([deletesFrom], database) : [])
  const ran = String(outcome.input[input])
  // Somebody may have changed the statement before approving it.
  const deleted =
    deletesFrom === undefined || ran !== sql ? undefined : yield* countLeft(deletesFrom, [outcome], database.sql)
  const end = `\n\n${codeOf(ran)}`
  return deleted === undefined
    ? rowsResult(outcome.text, { request, sql: ran, most }, end)
    : { text: deleted + end, halt: false }
}

const codeOf = (sql: unknown): string => `\`${String(sql).replaceAll('`', "'")}\``

/** Several statements that delete, made at once: they wait for one decision together. */
export function* deleteEach(statements: Statement[], { table, database }: Place): Plan {
  const { rows, sql } = database
  const calls = statements.flatMap((one) => {
    const call = sql ? { tool: sql.tool, input: { [sql.input]: one.sql } } : rows && rowCallFor(rows, table, one)
    return call === undefined ? [] : [call]
  })
  const [first, ...together] = calls
  if (first === undefined) return sayNoSql(database, tableQuestionsFor([table], database))
  const { others = [], ...outcome } = yield {
    ...first,
    together: together.map(({ input }) => input),
    say: "I'll delete them.",
  }
  const outcomes = [outcome, ...others]
  const done = outcomes.filter(({ isError }) => !isError)
  if (done.length === 0) return failedResult(first.tool, outcome, tableQuestionsFor([table], database))
  const missed = outcomes.filter(({ isError }) => isError)
  if (sql === undefined) {
    const said = [...done.map(firstLineOf), ...missed.map(({ text }) => sayFailure(first.tool, text))]
    return { text: said.join('\n'), halt: false }
  }
  const isChanged = outcomes.some((one, at) => one.input[sql.input] !== statements[at]?.sql)
  const counted = isChanged ? undefined : yield* countLeft(table, done, sql)
  const listed = (some: Outcome[]) => some.map(({ input }) => codeOf(input[sql.input])).join('\n')
  const parts = [counted ?? 'Done.', listed(done), ...(missed.length > 0 ? [`Not done:\n${listed(missed)}`] : [])]
  return { text: parts.join('\n\n'), halt: false }
}

/** How many rows are left after some were deleted; undefined where that cannot be told. */
function* countLeft(table: Table, done: Outcome[], { tool, input }: SqlTool): StepsOf<string | undefined> {
  const sql = `SELECT COUNT(*) AS count FROM ${quoteFor(tool.description)(table.name)}`
  const outcome = yield { tool, input: { [input]: sql }, say: "I'll count what is left." }
  const left = outcome.isError ? undefined : countedIn(outcome.text)
  const changes = done.map(({ text }) => readRows(text)?.changed)
  const changed = changes.reduce((sum, one) => (sum === undefined || one === undefined ? undefined : sum + one), 0)
  return left === undefined ? undefined : describeDeletion(changed, left, table.name)
}

const sayNoSql = ({ connection }: Database, questions: string[]): PlanResult =>
  unableText(
    `That takes SQL, and **${connection}** has no tool for SQL yet. Without it I can only show rows of one table.`,
    questions,
  )
