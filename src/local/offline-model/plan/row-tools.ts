import type { JsonMap } from '../api/stream.ts'
import { rowsText, sayFailure, unableText } from './answer.ts'
import type { RowRequest, Statement } from './compose-sql.ts'
import { inputNamedIn, type OfflineTool, type Plan, type PlanResult } from './plan-types.ts'
import { readRows } from './result-rows.ts'

/** Tools that read and delete rows of one table without SQL. */
export type RowTools = { select: OfflineTool; remove: OfflineTool | undefined }

/** Those of a connection; undefined where it has none that reads. */
export function rowToolsIn(tools: OfflineTool[]): RowTools | undefined {
  const named = (name: string) =>
    tools.find((tool) => tool.name === name && [/^table$/, /^filters$/].every((input) => inputNamedIn(tool, input)))
  const select = named('select_rows')
  return select && { select, remove: named('delete_data') }
}

/** As many as such a tool gives at once. */
const MAX_ROWS = 500

/** Does what a statement says, where that is no more than to read or delete rows. */
export function* askRows(request: string, statement: Statement, { select, remove }: RowTools): Plan {
  const { sql, rows, deletesFrom } = statement
  const tool = deletesFrom === undefined ? select : remove
  if (rows === undefined || tool === undefined) return explainNoSql(select)
  const limit = rows.limit === undefined ? undefined : Math.min(rows.limit, MAX_ROWS)
  const outcome = yield { tool, input: inputFor(rows, limit), say: "I'll ask the database." }
  if (outcome.isError) return { text: sayFailure(tool, outcome.text), halt: true }
  // "Deleted 1 row." stands before the rows that it was.
  if (deletesFrom !== undefined) return { text: outcome.text.split('\n', 1).join(), halt: false }
  const asked = { request, sql, most: limit === rows.limit ? statement.most : limit }
  const text = rowsText(outcome.text, asked)
  if (!readRows(outcome.text)?.shown) return { text, halt: false }
  return { text, halt: false, written: rowsText(outcome.text, { ...asked, isWritten: true }) }
}

const inputFor = ({ table, conditions, order }: RowRequest, limit: number | undefined): JsonMap => ({
  table,
  filters: conditions.map(({ column, value }) => ({ column, operator: 'eq', value })),
  ...(order && { order: [order] }),
  ...(limit && { limit }),
})

export const explainNoSql = ({ connection }: Pick<OfflineTool, 'connection'>): PlanResult =>
  unableText(
    `That takes SQL, and **${connection}** has no tool for SQL yet. Without it I can only show rows of one table.`,
    ['Which tables are there?'],
  )
