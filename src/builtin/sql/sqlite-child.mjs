import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { constants, DatabaseSync } from 'node:sqlite'

// Plain JavaScript: to strip the types of TypeScript would take longer than all the rest of the start.

/** The demo database in memory, in a process that can be killed. It takes `{ sql, values }` and answers with results or an error. */
const SCHEMA = `
  CREATE TABLE employee (
    emp_no INTEGER NOT NULL, birth_date DATE NOT NULL, first_name TEXT NOT NULL, last_name TEXT NOT NULL,
    gender TEXT NOT NULL CHECK (gender IN ('M','F')), hire_date DATE NOT NULL, PRIMARY KEY (emp_no));
  CREATE TABLE department (dept_no TEXT NOT NULL, dept_name TEXT NOT NULL, PRIMARY KEY (dept_no), UNIQUE (dept_name));
  CREATE TABLE dept_manager (
    emp_no INTEGER NOT NULL, dept_no TEXT NOT NULL, from_date DATE NOT NULL, to_date DATE NOT NULL,
    FOREIGN KEY (emp_no) REFERENCES employee (emp_no) ON DELETE CASCADE,
    FOREIGN KEY (dept_no) REFERENCES department (dept_no) ON DELETE CASCADE, PRIMARY KEY (emp_no, dept_no));
  CREATE TABLE dept_emp (
    emp_no INTEGER NOT NULL, dept_no TEXT NOT NULL, from_date DATE NOT NULL, to_date DATE NOT NULL,
    FOREIGN KEY (emp_no) REFERENCES employee (emp_no) ON DELETE CASCADE,
    FOREIGN KEY (dept_no) REFERENCES department (dept_no) ON DELETE CASCADE, PRIMARY KEY (emp_no, dept_no));
  CREATE TABLE title (
    emp_no INTEGER NOT NULL, title TEXT NOT NULL, from_date DATE NOT NULL, to_date DATE,
    FOREIGN KEY (emp_no) REFERENCES employee (emp_no) ON DELETE CASCADE, PRIMARY KEY (emp_no, title, from_date));
  CREATE TABLE salary (
    emp_no INTEGER NOT NULL, amount INTEGER NOT NULL, from_date DATE NOT NULL, to_date DATE NOT NULL,
    FOREIGN KEY (emp_no) REFERENCES employee (emp_no) ON DELETE CASCADE, PRIMARY KEY (emp_no, from_date));
  CREATE VIEW dept_emp_latest_date AS
    SELECT emp_no, MAX(from_date) AS from_date, MAX(to_date) AS to_date FROM dept_emp GROUP BY emp_no;
  CREATE VIEW current_dept_emp AS
    SELECT l.emp_no, dept_no, l.from_date, l.to_date
    FROM dept_emp d INNER JOIN dept_emp_latest_date l
    ON d.emp_no = l.emp_no AND d.from_date = l.from_date AND l.to_date = d.to_date;
`
// 50 times the sample, of SQLite's own memory and of the database's pages.
const HEAP_BYTES = 64 * 1024 * 1024
const MAX_PAGES = 10_000
const MAX_VALUE_BYTES = 8 * 1024 * 1024
const MAX_ROWS = 10_000
const MAX_CHARS = 4_000_000

const database = new DatabaseSync(':memory:', {
  enableForeignKeyConstraints: false,
  defensive: true,
  allowExtension: false,
  limits: { length: MAX_VALUE_BYTES, attach: 1 },
})
/** SQLite reads the rows itself, which is ten times as fast as inserting them from here. */
function loadSample() {
  database.exec(`BEGIN; ${SCHEMA}`)
  for (const table of ['department', 'employee', 'dept_emp', 'dept_manager', 'title']) {
    const { n } = database.prepare('SELECT count(*) AS n FROM pragma_table_info(?)').get(table)
    const columns = Array.from({ length: n }, (_, at) => `value->>${at}`)
    database.prepare(`INSERT INTO ${table} SELECT ${columns} FROM json_each(?)`).run(sampleOf(table))
  }
  // Each salary lasts 365 days, but for the last of a line where its end is given.
  database
    .prepare(
      `INSERT INTO salary
       SELECT line.value->>0, amount.value, date(line.value->>1, (365 * amount.key) || ' days'),
         CASE WHEN amount.key + 1 = json_array_length(line.value, '$[2]') AND line.value->>3 IS NOT NULL THEN line.value->>3
         ELSE date(line.value->>1, (365 * (amount.key + 1)) || ' days') END
       FROM json_each(?) line, json_each(line.value, '$[2]') amount`,
    )
    .run(sampleOf('salary'))
  database.exec('COMMIT')
}

const sampleOf = (table) => readFileSync(join(import.meta.dirname, 'demo', `${table}.json`), 'utf8')

/** What only tells something. */
const PRAGMAS = new Set(
  `table_info table_xinfo table_list index_list index_info index_xinfo foreign_key_list foreign_key_check integrity_check quick_check
  database_list collation_list function_list module_list pragma_list compile_options`.split(/\s+/),
)
/** What tells something where it is given no value. */
const BARE_PRAGMAS = new Set(
  `foreign_keys user_version application_id schema_version data_version encoding page_count page_size freelist_count journal_mode`.split(
    /\s+/,
  ),
)
const FILE_FUNCTIONS = new Set(['load_extension', 'readfile', 'writefile', 'edit', 'fts3_tokenizer'])
const MODULES = new Set(['fts4', 'fts5', 'rtree'])

/** Refuses what could reach beyond this database, whatever the SQL looks like. */
function authorize(action, first, second) {
  switch (action) {
    // VACUUM attaches a database without a name, which is in memory; an expression has no name here.
    case constants.SQLITE_ATTACH:
      return first === '' ? constants.SQLITE_OK : constants.SQLITE_DENY
    case constants.SQLITE_DETACH:
      return constants.SQLITE_DENY
    case constants.SQLITE_PRAGMA:
      return mayPragma(first?.toLowerCase(), second) ? constants.SQLITE_OK : constants.SQLITE_DENY
    case constants.SQLITE_FUNCTION:
      return FILE_FUNCTIONS.has(second?.toLowerCase()) ? constants.SQLITE_DENY : constants.SQLITE_OK
    case constants.SQLITE_CREATE_VTABLE:
      return MODULES.has(second?.toLowerCase()) ? constants.SQLITE_OK : constants.SQLITE_DENY
    default:
      return constants.SQLITE_OK
  }
}

function mayPragma(name, value) {
  if (PRAGMAS.has(name)) return true
  return name === 'foreign_keys' || (BARE_PRAGMAS.has(name) && value === null)
}

function answerTo(sql, values) {
  const results = []
  try {
    for (let rest = sql; hasStatement(rest); ) {
      const statement = database.prepare(rest)
      const text = statement.sourceSQL
      rest = rest.slice(text.length)
      results.push({ sql: text.replace(/^[\s;]+|[\s;]+$/g, ''), ...run(statement, values) })
    }
    return { results, ...(rollBack() && { open: true }) }
  } catch (error) {
    rollBack()
    return { error: error.message, done: results.length }
  }
}

/** What is left may be comments alone. */
function hasStatement(sql) {
  try {
    return sql.trim() !== '' && database.prepare(sql) !== undefined
  } catch (error) {
    if (error.code === 'ERR_INVALID_ARG_VALUE') return false
    throw error
  }
}

/** True where a transaction was left open: the next call could be anybody's. */
function rollBack() {
  if (!database.isTransaction) return false
  database.exec('ROLLBACK')
  return true
}

function run(statement, values = []) {
  statement.setReadBigInts(true)
  if (statement.columns().length === 0) {
    const before = totalChanges.get().n
    const { changes } = statement.run(...values)
    return { rows: [], count: totalChanges.get().n === before ? 0 : Number(changes) }
  }
  const rows = []
  let count = 0
  let room = MAX_CHARS
  for (const row of statement.iterate(...values)) {
    count++
    if (rows.length >= MAX_ROWS || room <= 0) continue
    const shown = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toJsonValue(value)]))
    room -= JSON.stringify(shown).length
    if (room > 0) rows.push(shown)
  }
  return { rows, count, ...(rows.length < count && { truncated: true }) }
}

/** A whole number that JavaScript would round becomes a text. */
function toJsonValue(value) {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toJSON()
  return value
}

loadSample()
database.exec(
  `PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA max_page_count = ${MAX_PAGES}; PRAGMA hard_heap_limit = ${HEAP_BYTES}`,
)
const totalChanges = database.prepare('SELECT total_changes() AS n')
database.setAuthorizer(authorize)
process.on('disconnect', () => process.exit())
process.on('message', ({ sql, values }) => process.send(answerTo(sql, values)))
