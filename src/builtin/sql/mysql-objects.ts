import type { ObjectQueries } from './sql-database.ts'

const SYSTEM = `('mysql', 'information_schema', 'performance_schema', 'sys')`
/** Where nobody names a schema, it is the one of the connection string. */
const own = (column: string) => `${column} = coalesce(?, database())`

const relations = (types: string) => `
  SELECT t.table_name AS name, t.table_schema AS \`schema\`, t.table_rows AS row_count, nullif(t.table_comment, '') AS comment,
    (SELECT count(*) FROM information_schema.columns c
     WHERE c.table_schema = t.table_schema AND c.table_name = t.table_name) AS column_count
  FROM information_schema.tables t WHERE t.table_type IN (${types}) AND ${own('t.table_schema')} ORDER BY t.table_name`

const routines = (type: string) => `
  SELECT r.routine_name AS name, r.routine_schema AS \`schema\`, lower(r.routine_type) AS type, 'sql' AS language,
    nullif(r.dtd_identifier, '') AS return_type, r.routine_definition AS definition
  FROM information_schema.routines r WHERE r.routine_type = '${type}' AND ${own('r.routine_schema')} ORDER BY r.routine_name`

/** https://dev.mysql.com/doc/refman/8.4/en/information-schema.html; a table's row count is the engine's estimate. */
export const MYSQL_OBJECTS: ObjectQueries = {
  schema: `
    SELECT s.schema_name AS name,
      (SELECT count(*) FROM information_schema.tables t
       WHERE t.table_schema = s.schema_name AND t.table_type = 'BASE TABLE') AS table_count
    FROM information_schema.schemata s WHERE s.schema_name NOT IN ${SYSTEM} ORDER BY s.schema_name`,
  table: relations(`'BASE TABLE'`),
  view: relations(`'VIEW'`),
  column: `
    SELECT c.column_name AS name, c.table_name AS \`table\`, c.table_schema AS \`schema\`, c.column_type AS type,
      c.is_nullable = 'YES' AS nullable, c.column_default AS \`default\`, nullif(c.column_comment, '') AS description
    FROM information_schema.columns c WHERE ${own('c.table_schema')} AND c.table_name = coalesce(?, c.table_name)
    ORDER BY c.table_name, c.ordinal_position`,
  procedure: routines('PROCEDURE'),
  function: routines('FUNCTION'),
  index: `
    SELECT s.index_name AS name, s.table_name AS \`table\`, s.table_schema AS \`schema\`, max(s.non_unique) = 0 AS \`unique\`,
      s.index_name = 'PRIMARY' AS \`primary\`,
      group_concat(s.column_name ORDER BY s.seq_in_index SEPARATOR '\u001f') AS columns
    FROM information_schema.statistics s WHERE ${own('s.table_schema')} AND s.table_name = coalesce(?, s.table_name)
    GROUP BY s.table_schema, s.table_name, s.index_name ORDER BY s.table_name, s.index_name`,
}
