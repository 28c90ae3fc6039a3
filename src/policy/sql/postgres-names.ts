import { asRecord, field, listOf, textOf } from './syntax-tree.ts'

/** `schema.table`, as Postgres has folded it. */
export const rangeName = (range: unknown): string =>
  ['catalogname', 'schemaname', 'relname']
    .map((part) => textOf(field(range, part)))
    .filter((part) => part !== '')
    .join('.')

/** The parts of a name: `pg_catalog.count` are two. */
export const namesIn = (parts: unknown): string[] => listOf(parts).map((part) => textOf(field(part, 'String', 'sval')))

/** What a DROP, COMMENT or RENAME names, in whichever of Postgres' ways. */
export function objectName(object: unknown): string {
  const [kind = '', value] = Object.entries(asRecord(object))[0] ?? []
  switch (kind) {
    case 'String':
      return textOf(field(value, 'sval'))
    case 'List':
      return namesIn(field(value, 'items')).filter(Boolean).join('.')
    case 'ObjectWithArgs':
      return namesIn(field(value, 'objname')).join('.')
    case 'TypeName':
      return namesIn(field(value, 'names')).join('.')
    case 'RangeVar':
      return rangeName(value)
    case 'RoleSpec':
      return textOf(field(value, 'rolename'))
    default:
      return ''
  }
}

/** OBJECT_FOREIGN_TABLE → "foreign table". */
export const objectKind = (kind: unknown): string =>
  (
    textOf(kind)
      .replace(/^OBJECT_/, '')
      .replaceAll('_', ' ')
      .toLowerCase() || 'object'
  )
    .replace('matview', 'materialized view')
    .replace('tabconstraint', 'constraint')
