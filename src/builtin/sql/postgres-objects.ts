import type { ObjectQueries } from './sql-database.ts'

const OWN = `($1::text IS NULL AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' OR n.nspname = $1)`
/** The schema that names without one mean comes first. */
const ORDER = 'n.nspname IS DISTINCT FROM current_schema(), n.nspname'
const TABLE = `($2::text IS NULL OR c.relname = $2)`

const relations = (kinds: string) => `
  SELECT c.relname AS name, n.nspname AS schema,
    (SELECT count(*)::int FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS column_count,
    CASE WHEN c.reltuples >= 0 AND c.relkind NOT IN ('v') THEN c.reltuples::float8 END AS row_count,
    obj_description(c.oid, 'pg_class') AS comment
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN (${kinds}) AND ${OWN} ORDER BY ${ORDER}, c.relname`

const routines = (kinds: string) => `
  SELECT p.proname AS name, n.nspname AS schema, CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END AS type,
    l.lanname AS language, pg_get_function_arguments(p.oid) AS parameters, pg_get_function_result(p.oid) AS return_type,
    CASE WHEN p.prokind IN ('f', 'p') THEN pg_get_functiondef(p.oid) END AS definition
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
  WHERE p.prokind IN (${kinds}) AND ${OWN}
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  ORDER BY ${ORDER}, p.proname`

/** https://www.postgresql.org/docs/current/catalogs.html; a table's row count is the planner's estimate. */
export const POSTGRES_OBJECTS: ObjectQueries = {
  schema: `
    SELECT n.nspname AS name,
      (SELECT count(*)::int FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'f')) AS table_count
    FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY ${ORDER}`,
  table: relations(`'r', 'p', 'f'`),
  view: relations(`'v', 'm'`),
  column: `
    SELECT a.attname AS name, c.relname AS "table", n.nspname AS schema, format_type(a.atttypid, a.atttypmod) AS type,
      NOT a.attnotnull AS nullable, pg_get_expr(d.adbin, d.adrelid) AS "default", col_description(c.oid, a.attnum) AS description
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND ${OWN} AND ${TABLE}
    ORDER BY ${ORDER}, c.relname, a.attnum`,
  procedure: routines(`'p'`),
  function: routines(`'f', 'w', 'a'`),
  index: `
    SELECT i.relname AS name, c.relname AS "table", n.nspname AS schema, x.indisunique AS "unique", x.indisprimary AS "primary",
      (SELECT string_agg(pg_get_indexdef(x.indexrelid, at, true), chr(31) ORDER BY at)
       FROM generate_series(1, x.indnkeyatts::int) at) AS columns
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE ${OWN} AND ${TABLE} ORDER BY ${ORDER}, c.relname, i.relname`,
}
