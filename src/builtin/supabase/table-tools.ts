import { z } from 'zod'
import type { ApiTable } from './api-document.ts'
import { cutText, MAX_ROWS, type ProjectToolDeps, READS, Rows, rowsResult, USUAL_ROWS } from './project-tools.ts'
import { applyFilters, Filter } from './row-filters.ts'

/** What is in the database, and rows of it. */
export function registerTableTools(deps: ProjectToolDeps): void {
  registerListTables(deps)
  registerGetSchema(deps)
  registerSelectRows(deps)
}

function registerListTables({ server, tables }: ProjectToolDeps): void {
  server.registerTool(
    'list_tables',
    {
      title: 'List tables',
      description: 'The tables and views of the database that its API offers, with their columns.',
      inputSchema: z.object({}),
      annotations: READS,
    },
    async (_, { mcpReq }) => {
      const found = (await tables.now(mcpReq.signal)).tables
      const rows = found.map(({ name, kind, columns, description = null }) => ({
        name,
        object_type: kind,
        columns: columns.map((one) => one.name).join(', '),
        ...(found.some((one) => one.description !== undefined) && { description }),
      }))
      return rowsResult(rows, rows.length === 0 ? 'There are no tables yet.' : undefined)
    },
  )
}

function registerGetSchema({ server, tables }: ProjectToolDeps): void {
  server.registerTool(
    'get_schema',
    {
      title: 'Get the schema',
      description:
        'The columns of one table with type, key, references and default; without a table those of all, and the functions that call_function can call.',
      inputSchema: z.object({ table: z.string().optional().describe('One table or view; left out: all of them') }),
      annotations: READS,
    },
    async ({ table }, { mcpReq }) => {
      if (table !== undefined) return rowsResult(columnRowsOf(await tables.find(table, mcpReq.signal)))
      const { tables: all, functions } = await tables.now(mcpReq.signal)
      const taken = functions.map(
        ({ name, arguments: given }) =>
          `${name}(${given.map((one) => `${one.name} ${one.type}${one.required ? '' : ' (optional)'}`).join(', ')})`,
      )
      return rowsResult(
        all.flatMap(columnRowsOf),
        taken.length === 0 ? 'There are no functions to call.' : `Functions: ${taken.join('; ')}`,
      )
    },
  )
}

const columnRowsOf = ({ name: table, columns }: ApiTable) =>
  columns.map(({ name, type, required, key, references = null, default: given = null, description = null }) => ({
    table,
    name,
    type,
    required,
    key,
    references,
    default: given,
    description,
  }))

function registerSelectRows({ server, client, tables }: ProjectToolDeps): void {
  server.registerTool(
    'select_rows',
    {
      title: 'Select rows',
      description: `Rows of one table or view, filtered and ordered; at most ${MAX_ROWS}. For joins, groups and sums use execute_sql.`,
      inputSchema: z.object({
        table: z.string(),
        columns: z.array(z.string()).optional().describe('Left out: all'),
        filters: z.array(Filter).default([]).describe('All of them must hold'),
        order: z.array(z.object({ column: z.string(), descending: z.boolean().default(false) })).default([]),
        limit: z.number().int().min(1).max(MAX_ROWS).default(USUAL_ROWS),
        offset: z.number().int().min(0).default(0),
      }),
      annotations: READS,
    },
    async ({ table, columns = [], filters, order, limit, offset }, { mcpReq: { signal } }) => {
      const named = [...columns, ...filters.map((one) => one.column), ...order.map((one) => one.column)]
      await tables.find(table, signal, named)
      const found = await client.ask(signal, (supabase) => {
        const query = supabase.from(table).select(columns.length === 0 ? '*' : columns.map(quoteColumn).join(','))
        applyFilters(query, filters)
        for (const { column, descending } of order) query.order(quoteColumn(column), { ascending: !descending })
        // One more than is shown tells whether there are more.
        return query.range(offset, offset + limit).abortSignal(signal)
      })
      const rows = Rows.parse(found)
      const isCut = rows.length > limit
      return rowsResult(rows.slice(0, limit), isCut ? cutText(limit, 'Ask on with offset, or filter.') : noneNote(rows))
    },
  )
}

const noneNote = (rows: unknown[]): string | undefined => (rows.length === 0 ? 'No rows.' : undefined)

/** A name with other characters than these would be read as syntax of the API. */
const quoteColumn = (name: string): string => (/^\w+$/.test(name) ? name : `"${name.replaceAll('"', '\\"')}"`)
