import { loadModule, parseSync } from 'libpg-query'

/** What one SQL text does, and the reason in words. */
export type SqlReading = { risk: 'read' | 'write' | 'destructive'; why: string }

export type SqlDialect = 'postgres' | 'sqlite'

/** Longer texts are not read but asked about: very deep nesting exhausts the parser's memory. */
const MAX_SQL_CHARS = 20_000

/**
 * What other parsers end elsewhere than Postgres' does: comments (nested there), dollar quotes, backslashes, backticks, brackets,
 * and anything after a semicolon. A text with none of these means the same to both.
 */
const AMBIGUOUS = /\/\*|--|#|\$|\\|`|\[|;\s*\S/

/** Nodes that change something, wherever they stand: an INSERT hides well in a WITH. */
const CHANGES: Record<string, SqlReading> = {
  InsertStmt: { risk: 'write', why: 'This SQL inserts rows.' },
  UpdateStmt: { risk: 'write', why: 'This SQL changes rows.' },
  MergeStmt: { risk: 'write', why: 'This SQL merges rows.' },
  DeleteStmt: { risk: 'destructive', why: 'This SQL deletes rows.' },
  IntoClause: { risk: 'write', why: 'This SQL creates a table.' },
  LockingClause: { risk: 'write', why: 'This SQL locks rows.' },
}

const DESTRUCTIVE_STATEMENTS = new Set([
  'DropStmt',
  'TruncateStmt',
  'AlterTableStmt',
  'DropdbStmt',
  'DropRoleStmt',
  'DropOwnedStmt',
  'GrantStmt',
  'GrantRoleStmt',
  'CopyStmt',
  'DoStmt',
  'CallStmt',
])

/** Functions known to change nothing; any other may do anything, so a statement that calls one asks. */
const PURE_FUNCTIONS = new Set(
  `abs age array_agg array_length array_to_string avg bool_and bool_or btrim cardinality ceil ceiling char_length coalesce concat concat_ws
  count current_database current_schema date date_part date_trunc datetime dense_rank exp extract first_value floor format format_type
  generate_series greatest group_concat ifnull initcap iif instr json_agg json_build_object json_extract json_object_agg jsonb_agg
  jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_object jsonb_each jsonb_object_agg jsonb_object_keys jsonb_typeof
  julianday lag last_value lead least left length ln log lower lpad ltrim make_date max md5 min mod now ntile nullif obj_description
  pg_database_size pg_get_constraintdef pg_get_expr pg_get_indexdef pg_get_viewdef pg_relation_size pg_size_pretty pg_table_size
  pg_total_relation_size position power printf random rank regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table
  repeat replace reverse right round row_number row_to_json rpad rtrim sign split_part sqrt starts_with strftime string_agg string_to_array strpos
  substr substring sum time to_char to_date to_json to_jsonb to_number to_timestamp total translate trim trunc typeof unixepoch unnest upper version
  width_bucket`.split(/\s+/),
)

/** Reads SQL with Postgres' own parser. Loads it once (some 20 ms). */
export async function loadSqlReader(): Promise<(sql: string, dialect: SqlDialect) => SqlReading> {
  await loadModule()
  return readSql
}

/** The harm one SQL text can do. What cannot be read for sure counts as a write. */
function readSql(sql: string, dialect: SqlDialect): SqlReading {
  if (dialect !== 'postgres' && AMBIGUOUS.test(sql))
    return { risk: riskOfWords(sql), why: 'This SQL has comments or quotes that could hide something.' }
  if (sql.length > MAX_SQL_CHARS) return { risk: 'write', why: 'This SQL is too long to check.' }
  let statements: unknown[]
  try {
    statements = parseSync(sql).stmts ?? []
  } catch (error) {
    // The parser speaks Postgres; another dialect's statement is no error of ours, it only has to be asked about.
    if (error instanceof Error)
      return { risk: riskOfWords(sql), why: 'This SQL could not be checked, so it counts as a change.' }
    throw error
  }
  const readings = statements.map((statement) => readStatement(field(statement, 'stmt')))
  if (readings.length > 1) readings.push({ risk: 'write', why: 'This is more than one SQL statement.' })
  return readings.reduce(stricter, { risk: 'read', why: 'This SQL only reads.' })
}

function readStatement(statement: unknown): SqlReading {
  const kind = Object.keys(asRecord(statement))[0] ?? ''
  const inner = field(statement, kind)
  if (kind === 'VariableShowStmt') return { risk: 'read', why: 'This SQL only reads.' }
  if (kind === 'ExplainStmt') return readExplain(inner)
  if (DESTRUCTIVE_STATEMENTS.has(kind)) return { risk: 'destructive', why: `This SQL is a ${wordsOf(kind)} statement.` }
  if (kind !== 'SelectStmt' && !(kind in CHANGES))
    return { risk: 'write', why: `This SQL is a ${wordsOf(kind)} statement.` }
  return walk(statement)
}

/** EXPLAIN reads; EXPLAIN ANALYZE runs what it explains. */
function readExplain(explain: unknown): SqlReading {
  const options = JSON.stringify(field(explain, 'options') ?? '')
  const inner = readStatement(field(explain, 'query'))
  return options.includes('analyze') ? inner : { risk: 'read', why: 'This SQL only reads.' }
}

/** The strictest reading of a node and all below it. */
function walk(node: unknown): SqlReading {
  let found: SqlReading = { risk: 'read', why: 'This SQL only reads.' }
  const queue: unknown[] = [node]
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    const entries = Object.entries(asRecord(at))
    found = entries.reduce((so, [key, value]) => stricter(so, readNode(key, value)), found)
    queue.push(...entries.map(([, value]) => value).filter((value) => typeof value === 'object' && value !== null))
  }
  return found
}

function readNode(key: string, value: unknown): SqlReading {
  const change = CHANGES[key] ?? (key === 'intoClause' ? CHANGES.IntoClause : undefined)
  if (change)
    return everyRow(key, value) ? { risk: 'destructive', why: 'This SQL changes every row of a table.' } : change
  if (key !== 'FuncCall') return { risk: 'read', why: '' }
  const name = nameOf(field(value, 'funcname'))
  return PURE_FUNCTIONS.has(name)
    ? { risk: 'read', why: '' }
    : { risk: 'write', why: `This SQL calls ${name}, which may change something.` }
}

const everyRow = (key: string, value: unknown): boolean =>
  key === 'UpdateStmt' && field(value, 'whereClause') === undefined

/** The last part of a function's name: `pg_catalog.count` is `count`. */
function nameOf(parts: unknown): string {
  const last = Array.isArray(parts) ? parts.at(-1) : undefined
  return String(field(field(last, 'String'), 'sval') ?? '').toLowerCase()
}

const ORDER = ['read', 'write', 'destructive']
const stricter = (a: SqlReading, b: SqlReading): SqlReading => (ORDER.indexOf(b.risk) > ORDER.indexOf(a.risk) ? b : a)

const riskOfWords = (sql: string): SqlReading['risk'] =>
  /\b(drop|truncate|delete|alter)\b/i.test(sql) ? 'destructive' : 'write'
const wordsOf = (kind: string): string =>
  kind
    .replace(/Stmt$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toUpperCase()

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
const field = (value: unknown, name: string): unknown => asRecord(value)[name]
