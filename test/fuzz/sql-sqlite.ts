import { DatabaseSync } from 'node:sqlite'
import { loadSqlReader } from '../../src/policy/sql/read-sql.ts'
import { statementsLike, statementsOf } from './sql-statements.ts'
import { createTarget, type FuzzTarget } from './target.ts'

/** What is read as "only reads" changes nothing in a real SQLite. */
export async function sqlOnSqlite(): Promise<FuzzTarget> {
  const readSql = await loadSqlReader()
  const database = new DatabaseSync(':memory:')
  for (const name of ['t', 's', 'u', 'x', 'employee', 'dept_emp'])
    database.exec(`create table ${name} (a, b, c, id, name); insert into ${name} values (1, 2, 3, 4, 'x')`)
  database.exec('create view v as select * from t')
  const digest = () =>
    JSON.stringify([
      database.prepare('select * from sqlite_master').all(),
      ...['t', 's', 'u', 'x', 'employee', 'dept_emp'].map((name) => database.prepare(`select * from ${name}`).all()),
      // SQLite opens its own temporary database when it likes.
      database.prepare("select name, file from pragma_database_list where name <> 'temp'").all(),
      ...['user_version', 'writable_schema', 'foreign_keys', 'journal_mode', 'query_only'].map((name) =>
        database.prepare(`pragma ${name}`).all(),
      ),
      database.prepare('select total_changes()').all(),
    ])
  const before = digest()
  const check = (sql: string) => {
    if (readSql(sql, 'sqlite').risk !== 'read' || /recursive|generate_series|blob|replace|[%*]\s*\d|\d{6}/i.test(sql))
      return
    try {
      database.exec(sql)
    } catch (error) {
      if (!(error instanceof Error)) throw error
    }
    if (digest() !== before || database.isTransaction)
      throw new Error('it was read as reading, and it changed something')
  }
  return createTarget(statementsLike(statementsOf('sqlite')), check, async () => database.close())
}
