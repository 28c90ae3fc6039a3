import { arrayIn, stringIn, valueIn } from './syntax-tree.ts'

/** `db.table`, as it is written: whether case matters is the server's own setting. */
export const mysqlNameOf = (parts: unknown): string =>
  arrayIn(parts)
    .map((part) => stringIn(valueIn(part, 'Identifier', 'value')))
    .filter(Boolean)
    .join('.')
