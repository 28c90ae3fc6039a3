import type { CallToolResult } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { DESTROYS, type ProjectToolDeps, Row, Rows, rowsResult, USUAL_ROWS, WRITES } from './project-tools.ts'
import { applyFilters, checkFiltered, Filter } from './row-filters.ts'

const MAX_INSERTED_ROWS = 1_000

/** Changes to rows of one table. */
export function registerChangeTools(deps: ProjectToolDeps): void {
  registerInsert(deps)
  registerUpdate(deps)
  registerDelete(deps)
}

function registerInsert({ server, client, tables }: ProjectToolDeps): void {
  server.registerTool(
    'insert_data',
    {
      title: 'Insert rows',
      description: 'Inserts rows into one table, all of them or none, and returns them as they are stored.',
      inputSchema: z.object({ table: z.string(), rows: z.array(Row).min(1).max(MAX_INSERTED_ROWS) }),
      annotations: WRITES,
    },
    async ({ table, rows }, { mcpReq: { signal } }) => {
      await tables.find(table, signal, [...new Set(rows.flatMap((row) => Object.keys(row)))])
      const stored = await client.ask(signal, (supabase) =>
        supabase.from(table).insert(rows).select().abortSignal(signal),
      )
      return changedResult('Inserted', stored)
    },
  )
}

function registerUpdate({ server, client, tables }: ProjectToolDeps): void {
  server.registerTool(
    'update_data',
    {
      title: 'Update rows',
      description: 'Sets columns of the rows that all filters hold for, and returns them. Needs at least one filter.',
      inputSchema: z.object({ table: z.string(), values: Row, filters: z.array(Filter) }),
      annotations: { ...WRITES, idempotentHint: true },
    },
    async ({ table, values, filters }, { mcpReq: { signal } }) => {
      checkFiltered(filters, 'An update')
      await tables.find(table, signal, [...Object.keys(values), ...filters.map((one) => one.column)])
      const changed = await client.ask(signal, (supabase) => {
        const query = supabase.from(table).update(values)
        applyFilters(query, filters)
        return query.select().abortSignal(signal)
      })
      return changedResult('Updated', changed)
    },
  )
}

function registerDelete({ server, client, tables }: ProjectToolDeps): void {
  server.registerTool(
    'delete_data',
    {
      title: 'Delete rows',
      description:
        'Deletes the rows that all filters hold for, and returns them as they were. Needs at least one filter.',
      inputSchema: z.object({ table: z.string(), filters: z.array(Filter) }),
      annotations: DESTROYS,
    },
    async ({ table, filters }, { mcpReq: { signal } }) => {
      checkFiltered(filters, 'A delete')
      await tables.find(
        table,
        signal,
        filters.map((one) => one.column),
      )
      const gone = await client.ask(signal, (supabase) => {
        const query = supabase.from(table).delete()
        applyFilters(query, filters)
        return query.select().abortSignal(signal)
      })
      return changedResult('Deleted', gone)
    },
  )
}

/** How many rows were changed, and the first of them. */
function changedResult(done: string, answer: unknown): CallToolResult {
  const rows = Rows.parse(answer)
  const count = rows.length === 1 ? '1 row' : `${rows.length.toLocaleString('en-US')} rows`
  const cut = rows.length > USUAL_ROWS ? ` The first ${USUAL_ROWS} of them are shown.` : ''
  return rowsResult(rows.slice(0, USUAL_ROWS), `${done} ${count}.${cut}`)
}
