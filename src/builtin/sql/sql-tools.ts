import type { CallToolResult, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { searchObjects } from './search-objects.ts'
import { OBJECT_TYPES, type SqlDatabase } from './sql-database.ts'

const TITLES = { sqlite: 'SQLite', postgres: 'Postgres', mysql: 'MySQL' } as const
const MAX_RESULTS = 1_000
const MAX_SQL_CHARS = 1_000_000

/** The tools of every database. `about`: what the model should know of this one. */
export function registerSqlTools(server: McpServer, database: SqlDatabase, about: string): void {
  registerExecute(server, database, about)
  registerSearch(server, database)
}

function registerExecute(server: McpServer, database: SqlDatabase, about: string): void {
  const title = TITLES[database.dialect]
  server.registerTool(
    'execute_sql',
    {
      title: 'Execute SQL',
      description: `Runs SQL on the ${title} database and returns the rows of each statement. At most 10,000 rows are returned: "count" is how many there were, "truncated" says that some are missing. ${about}`,
      inputSchema: z.object({
        sql: z.string().max(MAX_SQL_CHARS).describe('One statement, or several separated by semicolons'),
      }),
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
    },
    async ({ sql }, { mcpReq: { signal } }) => {
      return jsonResult(await database.execute(sql, signal))
    },
  )
}

function registerSearch(server: McpServer, database: SqlDatabase): void {
  server.registerTool(
    'search_objects',
    {
      title: 'Search database objects',
      description: `Lists what the ${TITLES[database.dialect]} database has: tables, views, columns, indexes, functions. Look here before you write SQL; detail_level "full" gives a table's columns and indexes too.`,
      inputSchema: z.object({
        object_type: z.enum(OBJECT_TYPES).describe('What to list'),
        pattern: z.string().default('%').describe('Only names like this: % is any text, _ any one character'),
        schema: z.string().optional().describe('Only in this schema'),
        table: z.string().optional().describe('Only of this table; for columns and indexes'),
        detail_level: z
          .enum(['names', 'summary', 'full'])
          .default('names')
          .describe('names; summary: types and sizes too; full: all there is'),
        limit: z.number().int().positive().max(MAX_RESULTS).default(100).describe('How many at most'),
      }),
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    },
    async (search, { mcpReq: { signal } }) => jsonResult(await searchObjects(database, search, signal)),
  )
}

const jsonResult = (value: unknown): CallToolResult => ({
  content: [{ type: 'text', text: JSON.stringify(value, exactly) }],
})

/** JSON has no big numbers, so those become texts. */
const exactly = (_name: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
