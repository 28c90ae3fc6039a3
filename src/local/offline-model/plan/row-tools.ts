import type { JsonMap } from '../api/stream.ts'
import type { Statement, Table } from './compose-sql.ts'
import { inputNamedIn, type OfflineTool } from './plan-types.ts'

/** Tools that read and delete rows of one table without SQL. */
export type RowTools = { select: OfflineTool; remove: OfflineTool | undefined }

/** As many as the tool gives at once. */
const MOST_ROWS = 500

/** Those of a connection; undefined where it has none that reads. */
export function rowToolsIn(tools: OfflineTool[]): RowTools | undefined {
  const named = (name: string) =>
    tools.find((tool) => tool.name === name && [/^table$/, /^filters$/].every((input) => inputNamedIn(tool, input)))
  const select = named('select_rows')
  return select && { select, remove: named('delete_data') }
}

/** The call that does what a statement says; undefined where that takes SQL. */
export function rowCallFor(
  { select, remove }: RowTools,
  table: Table,
  { rows, deletesFrom }: Statement,
): { tool: OfflineTool; input: JsonMap } | undefined {
  if (rows === undefined) return undefined
  const filters = rows.conditions.map(({ column, value }) => ({ column, operator: 'eq', value }))
  const about = { table: table.name, filters }
  if (deletesFrom !== undefined) return remove && { tool: remove, input: about }
  const { order, limit } = rows
  return {
    tool: select,
    input: { ...about, ...(order && { order: [order] }), ...(limit && { limit: Math.min(limit, MOST_ROWS) }) },
  }
}
