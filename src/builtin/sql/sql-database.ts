/** A row as JSON has it, by the names of its columns. */
export type SqlRow = { [column: string]: unknown }

/** What one statement gave. `count`: how many rows it read or changed, also where fewer are given. */
export type StatementResult = { sql: string; rows: SqlRow[]; count: number; truncated?: boolean | undefined }

/** `note`: what somebody should know beside the results. */
export type SqlAnswer = { statements: StatementResult[]; note?: string | undefined }

/** Where a database has what it lists: SQL for each type of object. Texts for tables and views take a schema, those for columns and indexes also a table; null is all. */
export type ObjectQueries = Record<ObjectType, string>

export const OBJECT_TYPES = ['schema', 'table', 'view', 'column', 'procedure', 'function', 'index'] as const
export type ObjectType = (typeof OBJECT_TYPES)[number]

/** One database of a connection. All throw AppErrors with a sentence for a person, or the signal's reason. */
export type SqlDatabase = {
  /** Begins the description of its tools, which says how it writes names. */
  dialect: 'sqlite' | 'postgres' | 'mysql'
  objects: ObjectQueries
  /** Runs one or several statements, as the database itself parts them. */
  execute(sql: string, signal: AbortSignal): Promise<SqlAnswer>
  /** The rows of one statement of our own. */
  select(sql: string, values: (string | null)[], signal: AbortSignal): Promise<SqlRow[]>
  /** How many rows a table has, where its listing does not say. */
  countRows?(table: string, signal: AbortSignal): Promise<number>
  close(): Promise<void>
}

// Enough for a file of rows; more would only fill our memory and no one reads it.
const MAX_ROWS = 10_000
const MAX_CHARS = 4_000_000

/** Keeps the rows of one call while there is room for them, and counts all. */
export function createRowLimit() {
  let rows = 0
  let room = MAX_CHARS
  return {
    /** Whether this row is kept. */
    accepts(row: SqlRow): boolean {
      if (rows >= MAX_ROWS || room <= 0) return false
      rows++
      room -= JSON.stringify(row).length
      return room > 0
    },
  }
}

export type RowLimit = ReturnType<typeof createRowLimit>

/** A session may be anybody's next, so nothing stays open in it. */
export const OPEN_NOTE =
  'The transaction was left open, so it was rolled back and nothing was changed. Write BEGIN, the changes and COMMIT in one call.'
