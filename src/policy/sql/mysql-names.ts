import { field, listOf, textOf } from './syntax-tree.ts'

/** `db.table`, as it is written: whether case matters is the server's own setting. */
export const mysqlName = (parts: unknown): string =>
  listOf(parts)
    .map((part) => textOf(field(part, 'Identifier', 'value')))
    .filter(Boolean)
    .join('.')
