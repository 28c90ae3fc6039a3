import { arrayIn, recordOf, stringIn, valueIn } from './syntax-tree.ts'

/** `schema.table`, as Postgres has folded it. */
export const rangeNameOf = (range: unknown): string =>
  ['catalogname', 'schemaname', 'relname']
    .map((part) => stringIn(valueIn(range, part)))
    .filter((part) => part !== '')
    .join('.')

/** The parts of a name: `pg_catalog.count` are two. */
export const namesIn = (parts: unknown): string[] =>
  arrayIn(parts).map((part) => stringIn(valueIn(part, 'String', 'sval')))

/** What a DROP, COMMENT or RENAME names, in whichever of Postgres' ways. */
export function objectNameOf(object: unknown): string {
  const [kind = '', value] = Object.entries(recordOf(object))[0] ?? []
  switch (kind) {
    case 'String':
      return stringIn(valueIn(value, 'sval'))
    case 'List':
      return namesIn(valueIn(value, 'items')).filter(Boolean).join('.')
    case 'ObjectWithArgs':
      return namesIn(valueIn(value, 'objname')).join('.')
    case 'TypeName':
      return namesIn(valueIn(value, 'names')).join('.')
    case 'RangeVar':
      return rangeNameOf(value)
    case 'RoleSpec':
      return stringIn(valueIn(value, 'rolename'))
    default:
      return ''
  }
}

/** OBJECT_FOREIGN_TABLE → "foreign table". */
export const objectKindOf = (kind: unknown): string =>
  (
    stringIn(kind)
      .replace(/^OBJECT_/, '')
      .replaceAll('_', ' ')
      .toLowerCase() || 'object'
  )
    .replace('matview', 'materialized view')
    .replace('tabconstraint', 'constraint')
