import { deedOf, nameInText, type SqlFinding, unknownFor } from './sql-reading.ts'

const words = (text: string): Set<string> => new Set(text.split(/\s+/))

/** https://sqlite.org/lang_corefunc.html, lang_datefunc, lang_aggfunc, windowfunctions, lang_mathfunc, json1, fts5 */
const PURE = words(
  `abs changes char coalesce concat concat_ws format glob hex if ifnull iif instr last_insert_rowid length like likelihood likely lower ltrim
  max min nullif octet_length printf quote random randomblob replace round rtrim sign soundex sqlite_compileoption_get sqlite_compileoption_used
  sqlite_source_id sqlite_version substr substring total_changes trim typeof unhex unicode unistr unistr_quote unlikely upper zeroblob
  date time datetime julianday unixepoch strftime timediff current_date current_time current_timestamp
  avg count group_concat string_agg sum total median percentile percentile_cont percentile_disc
  row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
  acos acosh asin asinh atan atan2 atanh ceil ceiling cos cosh degrees exp floor ln log log10 log2 mod pi pow power radians sin sinh sqrt
  tan tanh trunc regexp match bm25 highlight snippet matchinfo offsets
  json jsonb json_array jsonb_array json_array_length json_array_insert json_error_position json_extract jsonb_extract json_insert jsonb_insert
  json_object jsonb_object json_patch jsonb_patch json_pretty json_remove jsonb_remove json_replace jsonb_replace json_set jsonb_set json_type
  json_valid json_quote json_group_array jsonb_group_array json_group_object jsonb_group_object`,
)

/** Functions that stand for a table. */
const TABLE_FUNCTIONS = words('json_each json_tree jsonb_each jsonb_tree generate_series')

/** They only tell; each with an argument, too, as that names what is asked about. https://sqlite.org/pragma.html */
const TELLING_PRAGMAS = words(
  `collation_list compile_options database_list foreign_key_check foreign_key_list function_list index_info index_list index_xinfo
  integrity_check module_list pragma_list quick_check table_info table_list table_xinfo data_version freelist_count page_count stats`,
)

/** They tell without an argument, and set something with one. */
const SETTINGS = words(
  `application_id auto_vacuum automatic_index busy_timeout cache_size cell_size_check defer_foreign_keys encoding foreign_keys
  journal_mode journal_size_limit max_page_count mmap_size page_size query_only read_uncommitted recursive_triggers schema_version
  secure_delete synchronous temp_store threads user_version wal_autocheckpoint`,
)

export function readSqliteFunction(name: string): SqlFinding[] {
  if (PURE.has(name.toLowerCase())) return []
  return [unknownFor(`it calls ${nameInText(name)}, which I do not know`)]
}

export function readTableFunction(name: string): SqlFinding[] {
  const lower = name.toLowerCase()
  if (TABLE_FUNCTIONS.has(lower) || TELLING_PRAGMAS.has(lower.replace(/^pragma_/, ''))) return []
  return [unknownFor(`it calls ${nameInText(name)}, which I do not know`)]
}

/** A pragma as a table: what it says without an argument. */
export function readPragmaTable(name: string): SqlFinding[] {
  const pragma = /^pragma_(.*)$/i.exec(name)?.[1]?.toLowerCase()
  if (pragma === undefined || TELLING_PRAGMAS.has(pragma) || SETTINGS.has(pragma)) return []
  return [unknownFor(`it reads ${nameInText(name)}, which I do not know`)]
}

export function readPragma(name: string, hasArgument: boolean): SqlFinding {
  const lower = name.toLowerCase()
  if (TELLING_PRAGMAS.has(lower) || (SETTINGS.has(lower) && !hasArgument)) return { risk: 'read', effects: [] }
  // What is set can switch off what guards the file, and lasts longer than the statement.
  return deedOf('destructive', 'pragma', `change the setting ${nameInText(lower)} of the database`, [lower])
}
