import { init } from '@guanmingchiu/sqlparser-ts'
import { loadModule } from 'libpg-query'
import { readMysql } from './mysql.ts'
import { readPostgres } from './read-postgres.ts'
import { readingOf, type SqlDialect, type SqlReading, type StatementFindings, unknownFor } from './sql-reading.ts'
import { readSqlite } from './sqlite.ts'

/** Longer and deeper texts are not read: they exhaust a parser's memory. */
const MAX_SQL_CHARS = 20_000
const MAX_DEPTH = 200

/** One call is judged several times: when asked, shown and decided. */
const READINGS_KEPT = 100

/** Reads SQL by the grammar of the database that will run it. Loads the parsers once. */
export async function loadSqlReader(): Promise<(sql: string, dialect: SqlDialect) => SqlReading> {
  await Promise.all([loadModule(), init()])
  const kept = new Map<string, SqlReading>()
  return (sql, dialect) => {
    const key = `${dialect} ${sql}`
    const reading = kept.get(key) ?? readSql(sql, dialect)
    kept.delete(key)
    kept.set(key, reading)
    for (const oldest of kept.keys()) {
      if (kept.size <= READINGS_KEPT) break
      kept.delete(oldest)
    }
    return reading
  }
}

/** The harm one SQL text can do. What cannot be read for sure may do anything. */
function readSql(sql: string, dialect: SqlDialect): SqlReading {
  if (sql.length > MAX_SQL_CHARS) return unread('it is too long to check')
  if (depthOf(sql) > MAX_DEPTH) return unread('it is nested too deeply to check')
  // Databases end a text there, parsers do not.
  if (sql.includes('\0')) return unread('it has a character that no SQL has')
  let statements: StatementFindings[]
  try {
    statements = READERS[dialect](sql)
  } catch (error) {
    // A parser's word on a text of another dialect, or its own limits: nothing is broken, it only has to be asked about.
    if (error instanceof Error) return unread('I do not understand it')
    throw error
  }
  return readingOf(statements)
}

const READERS: Record<SqlDialect, (sql: string) => StatementFindings[]> = {
  postgres: readPostgres,
  sqlite: readSqlite,
  mysql: readMysql,
}

const unread = (why: string): SqlReading => readingOf([[unknownFor(why)]])

/** How deep brackets are nested; those inside strings count as well, which only makes it stricter. */
function depthOf(sql: string): number {
  let depth = 0
  let deepest = 0
  for (const [bracket] of sql.matchAll(/[()[\]]/g)) {
    depth = bracket === '(' || bracket === '[' ? depth + 1 : Math.max(0, depth - 1)
    deepest = Math.max(deepest, depth)
  }
  return deepest
}
