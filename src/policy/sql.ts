import { loadModule, parseSync } from 'libpg-query'
import { type Risk, strictestOf } from './risk.ts'

/** What one SQL text does, and the reason in words. */
export type SqlReading = { risk: Risk; why: string }

export type SqlDialect = 'postgres' | 'sqlite'

/** Longer texts are not read: very deep nesting exhausts the parser's memory. */
const MAX_SQL_CHARS = 20_000

/**
 * What other parsers end elsewhere than Postgres' does: comments (nested there), dollar quotes, backslashes, backticks, brackets,
 * and anything after a semicolon. A text with none of these means the same to both.
 */
const AMBIGUOUS = /\/\*|--|#|\$|\\|`|\[|;\s*\S/

/** Statements that add, rename or set something for a while: whoever sees what happened can undo it. Kinds not named here may destroy. */
const MILD_STATEMENTS = new Set(
  `CheckPointStmt ClosePortalStmt ClusterStmt CommentStmt CompositeTypeStmt CreateDomainStmt CreateEnumStmt CreateRangeStmt CreateSchemaStmt
  CreateSeqStmt CreateStatsStmt CreateStmt CreateTableAsStmt DeallocateStmt DeclareCursorStmt DiscardStmt FetchStmt IndexStmt ListenStmt LockStmt
  NotifyStmt PrepareStmt RefreshMatViewStmt ReindexStmt RenameStmt AlterEnumStmt AlterObjectSchemaStmt TransactionStmt UnlistenStmt
  VacuumStmt`.split(/\s+/),
)

/** Functions of Postgres known to change nothing. */
const PURE_FUNCTIONS = new Set(
  `abs age array_agg array_length array_to_string avg bool_and bool_or btrim cardinality ceil ceiling char_length coalesce concat concat_ws
  count current_database current_schema date date_part date_trunc dense_rank exp extract first_value floor format format_type gen_random_uuid
  generate_series greatest initcap json_agg json_build_object json_object_agg jsonb_agg jsonb_array_elements jsonb_array_elements_text
  jsonb_array_length jsonb_build_object jsonb_each jsonb_object_agg jsonb_object_keys jsonb_typeof lag last_value lead least left length
  like_escape ln log lower lpad ltrim make_date max md5 min mod now ntile nullif obj_description overlay pg_database_size pg_get_constraintdef
  pg_get_expr pg_get_indexdef pg_get_viewdef pg_relation_size pg_size_pretty pg_table_size pg_total_relation_size position power random rank
  regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table repeat replace reverse right round row_number
  row_to_json rpad rtrim sign similar_to_escape split_part sqrt starts_with string_agg string_to_array strpos substr substring sum timezone
  to_char to_date to_json to_jsonb to_number to_timestamp translate trim trunc unnest upper version width_bucket`.split(
    /\s+/,
  ),
)

/** What SQLite has besides: in Postgres a function of such a name is somebody's own. */
const PURE_IN_SQLITE = new Set(
  `char datetime group_concat hex ifnull iif instr json_extract julianday printf strftime time total typeof unixepoch`.split(
    ' ',
  ),
)

/** Functions that change a session or a counter, or tell of the machine; any other function may do anything. */
const MILD_FUNCTIONS = new Set(
  `current_setting currval inet_client_addr inet_server_addr lastval nextval pg_advisory_lock pg_advisory_unlock pg_advisory_xact_lock
  pg_backend_pid pg_notify pg_sleep pg_try_advisory_lock txid_current randomblob zeroblob`.split(/\s+/),
)

const READS: SqlReading = { risk: 'read', why: 'This SQL only reads.' }

/** Reads SQL with Postgres' own parser. Loads it once (some 20 ms). */
export async function loadSqlReader(): Promise<(sql: string, dialect: SqlDialect) => SqlReading> {
  await loadModule()
  return readSql
}

/** The harm one SQL text can do. What cannot be read for sure may do anything. */
function readSql(sql: string, dialect: SqlDialect): SqlReading {
  if (dialect !== 'postgres' && AMBIGUOUS.test(sql)) return unread('has comments or quotes that could hide something')
  if (sql.length > MAX_SQL_CHARS) return unread('is too long to check')
  let statements: unknown[]
  try {
    statements = parseSync(sql).stmts ?? []
  } catch (error) {
    // The parser reads Postgres; a statement of another dialect is not an error, it only has to be asked about.
    if (error instanceof Error) return unread('could not be checked, so it may do anything')
    throw error
  }
  const readings = statements.map((statement) => readStatement(field(statement, 'stmt'), dialect))
  if (readings.length > 1) readings.push({ risk: 'write', why: 'This is more than one SQL statement.' })
  return readings.reduce(strictestOf, READS)
}

const unread = (why: string): SqlReading => ({ risk: 'destructive', why: `This SQL ${why}.` })

/** The strictest reading of a statement and all below it: a DELETE hides well in a WITH. */
function readStatement(statement: unknown, dialect: SqlDialect): SqlReading {
  if (onlyExplains(field(statement, 'ExplainStmt'))) return READS
  let found = READS
  const queue: unknown[] = [statement]
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    const entries = Object.entries(asRecord(at))
    found = entries.reduce((so, [key, value]) => strictestOf(so, readNode(key, value, dialect)), found)
    queue.push(...entries.map(([, value]) => value).filter((value) => typeof value === 'object' && value !== null))
  }
  return found
}

/** EXPLAIN reads; EXPLAIN ANALYZE runs what it explains. */
const onlyExplains = (explain: unknown): boolean =>
  explain !== undefined && !JSON.stringify(field(explain, 'options') ?? '').includes('analyze')

function readNode(key: string, value: unknown, dialect: SqlDialect): SqlReading {
  if (/^[A-Z]\w*Stmt$/.test(key)) return readStatementKind(key, value)
  switch (key) {
    case 'intoClause':
    case 'IntoClause':
      return { risk: 'write', why: 'This SQL creates a table.' }
    case 'LockingClause':
      return { risk: 'write', why: 'This SQL locks rows.' }
    case 'FuncCall':
      return readFunction(namesIn(field(value, 'funcname')), dialect)
    case 'A_Expr':
      return readOperator(namesIn(field(value, 'name')))
    default:
      return READS
  }
}

/** By the kind of statement. */
function readStatementKind(kind: string, value: unknown): SqlReading {
  switch (kind) {
    case 'SelectStmt':
    case 'VariableShowStmt':
    case 'ExplainStmt':
      return READS
    case 'InsertStmt':
      return { risk: 'write', why: 'This SQL inserts rows.' }
    case 'UpdateStmt':
      return isConstant(field(value, 'whereClause')) ? EVERY_ROW : { risk: 'write', why: 'This SQL changes rows.' }
    case 'DeleteStmt':
      return { risk: 'destructive', why: 'This SQL deletes rows.' }
    case 'MergeStmt':
      return readMerge(value)
    default:
      return isMild(kind, value)
        ? { risk: 'write', why: `This SQL is ${withArticle(wordsOf(kind))} statement.` }
        : { risk: 'destructive', why: `This SQL is ${withArticle(wordsOf(kind))} statement.` }
  }
}

function isMild(kind: string, value: unknown): boolean {
  // SET ROLE and SET SESSION AUTHORIZATION give other rights to all that follows on the same session.
  if (kind === 'VariableSetStmt') return !['role', 'session_authorization'].includes(String(field(value, 'name')))
  // CREATE OR REPLACE VIEW overwrites the view that was there.
  if (kind === 'ViewStmt') return field(value, 'replace') !== true
  return MILD_STATEMENTS.has(kind)
}

const EVERY_ROW: SqlReading = { risk: 'destructive', why: 'This SQL changes every row of a table.' }

function readMerge(merge: unknown): SqlReading {
  const clauses = Object.values(asRecord(field(merge, 'mergeWhenClauses'))).map((one) => field(one, 'MergeWhenClause'))
  const does = (command: string) => clauses.filter((clause) => field(clause, 'commandType') === command)
  if (does('CMD_DELETE').length > 0) return { risk: 'destructive', why: 'This SQL deletes rows.' }
  const updates = does('CMD_UPDATE')
  const reachesAll = updates.some((clause) => field(clause, 'matchKind') === 'MERGE_WHEN_NOT_MATCHED_BY_SOURCE')
  if (reachesAll || (updates.length > 0 && isConstant(field(merge, 'joinCondition')))) return EVERY_ROW
  return { risk: 'write', why: 'This SQL merges rows.' }
}

/** A condition that names no column holds for every row or for none. */
const isConstant = (condition: unknown): boolean => !(JSON.stringify(condition) ?? '').includes('"ColumnRef"')

function readFunction(names: string[], dialect: SqlDialect): SqlReading {
  const name = names.at(-1) ?? ''
  const pure = PURE_FUNCTIONS.has(name) || (dialect === 'sqlite' && PURE_IN_SQLITE.has(name))
  if (isBuiltIn(names) && pure) return READS
  const why = `This SQL calls ${names.join('.')}, which may change something.`
  return { risk: isBuiltIn(names) && MILD_FUNCTIONS.has(name) ? 'write' : 'destructive', why }
}

/** An operator of another schema calls a function of somebody's own. */
function readOperator(names: string[]): SqlReading {
  if (isBuiltIn(names)) return READS
  return { risk: 'destructive', why: `This SQL uses the operator ${names.join('.')}, which may change something.` }
}

const isBuiltIn = (names: string[]): boolean => names.length === 1 || (names.length === 2 && names[0] === 'pg_catalog')

/** The parts of a name: `pg_catalog.count` are two. */
const namesIn = (parts: unknown): string[] =>
  Object.values(asRecord(parts)).map((part) => String(field(field(part, 'String'), 'sval') ?? '').toLowerCase())

const wordsOf = (kind: string): string =>
  kind
    .replace(/Stmt$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toUpperCase()
const withArticle = (words: string): string => `${/^[AEIOU]/.test(words) ? 'an' : 'a'} ${words}`

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
const field = (value: unknown, name: string): unknown => asRecord(value)[name]
