import { z } from 'zod'
import { AppError } from '../../errors.ts'
import type { JsonValue } from '../../json.ts'
import { cutText, DESTROYS, MAX_ROWS, type ProjectToolDeps, Row, Rows, rowsResult, WRITES } from './project-tools.ts'
import { SQL_FUNCTION, SQL_FUNCTION_NEED } from './sql-function.ts'

const MAX_SQL_CHARS = 50_000

const SqlResult = z.union([
  z.object({ rows: Rows, cut: z.boolean() }),
  z.object({ affected: z.union([z.number(), z.string()]) }),
])

/** SQL through the one function that the project's owner has put there. */
export function registerSqlTool({ server, client }: ProjectToolDeps, isReady: boolean): void {
  server.registerTool(
    'execute_sql',
    {
      title: 'Execute SQL',
      description: `Runs SQL on the project's Postgres with the rights of the service key. Returns at most ${MAX_ROWS} rows.`,
      inputSchema: z.object({ query: z.string().min(1).max(MAX_SQL_CHARS).describe('One SQL statement') }),
      annotations: DESTROYS,
      // The mark by which mcp/ leaves a tool out and says why.
      ...(!isReady && { _meta: { 'io.patchbay/unusable': SQL_FUNCTION_NEED } }),
    },
    async ({ query }, { mcpReq: { signal } }) => {
      const answer = await client.ask(signal, (supabase) =>
        supabase.rpc(SQL_FUNCTION, { query, max_rows: MAX_ROWS }).abortSignal(signal),
      )
      const result = SqlResult.parse(answer)
      if ('affected' in result) return { content: [{ type: 'text', text: affectedText(Number(result.affected)) }] }
      const { rows, cut } = result
      if (cut) return rowsResult(rows, cutText(rows.length, 'Use LIMIT and OFFSET, or sum them up.'))
      return rowsResult(rows, rows.length === 0 ? 'No rows.' : undefined)
    },
  )
}

const affectedText = (count: number): string =>
  `Done: ${count === 1 ? '1 row' : `${count.toLocaleString('en-US')} rows`} changed.`

/** The functions that the project's own developers wrote. */
export function registerCallFunction({ server, client, tables }: ProjectToolDeps): void {
  server.registerTool(
    'call_function',
    {
      title: 'Call a function',
      description: 'Calls a function of the database by its name. get_schema without a table lists them.',
      inputSchema: z.object({ function: z.string().min(1), arguments: Row.default({}) }),
      annotations: WRITES,
    },
    async ({ function: name, arguments: given }, { mcpReq: { signal } }) => {
      // By this way round the SQL would be approved unread.
      if (name === SQL_FUNCTION) throw new AppError('input_invalid', 'For SQL call execute_sql. Nothing was done.')
      await tables.findFunction(name, signal)
      const answer = await client.ask(signal, (supabase) => supabase.rpc(name, given).abortSignal(signal))
      return functionResult(z.json().parse(answer ?? null))
    },
  )
}

function functionResult(value: JsonValue) {
  const rows = Rows.safeParse(value)
  if (rows.success && rows.data.length > 0) {
    const cut = rows.data.length > MAX_ROWS ? cutText(MAX_ROWS, 'Ask the function for fewer.') : undefined
    return rowsResult(rows.data.slice(0, MAX_ROWS), cut)
  }
  const text = value === null ? 'Done. It gave nothing back.' : JSON.stringify(value)
  return { content: [{ type: 'text' as const, text: typeof value === 'string' ? value : text }] }
}
