import type { ObjectQueries } from './sql-database.ts'

const NONE = 'SELECT NULL AS name WHERE 0 AND ?1 IS NOT NULL'
const OWN = `m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND coalesce(?1, 'main') = 'main'`

const relations = (type: string) => `
  SELECT m.name, 'main' AS schema, (SELECT count(*) FROM pragma_table_info(m.name)) AS column_count
  FROM sqlite_schema m WHERE m.type = '${type}' AND ${OWN} ORDER BY m.name`

/** https://www.sqlite.org/pragma.html#pragfunc */
export const SQLITE_OBJECTS: ObjectQueries = {
  schema: `SELECT 'main' AS name, (SELECT count(*) FROM sqlite_schema m WHERE m.type = 'table' AND ${OWN.replace('?1', 'NULL')}) AS table_count`,
  table: relations('table'),
  view: relations('view'),
  column: `
    SELECT c.name, m.name AS "table", 'main' AS schema, c.type, NOT (c."notnull" OR c.pk) AS nullable, c.dflt_value AS "default"
    FROM sqlite_schema m, pragma_table_info(m.name) c
    WHERE m.type IN ('table', 'view') AND ${OWN} AND coalesce(?2, m.name) = m.name ORDER BY m.type, m.name, c.cid`,
  procedure: NONE,
  function: NONE,
  index: `
    SELECT i.name, m.name AS "table", 'main' AS schema, i."unique", i.origin = 'pk' AS "primary",
      (SELECT group_concat(name, char(31)) FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) AS columns
    FROM sqlite_schema m, pragma_index_list(m.name) i
    WHERE m.type = 'table' AND ${OWN} AND coalesce(?2, m.name) = m.name ORDER BY m.name, i.name`,
}
