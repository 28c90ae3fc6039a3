import { z } from 'zod'
import { AppError } from '../../errors.ts'
import type { ObjectType, SqlDatabase, SqlRow } from './sql-database.ts'

export type ObjectRequest = {
  object_type: ObjectType
  pattern: string
  schema?: string | undefined
  table?: string | undefined
  detail_level: 'names' | 'summary' | 'full'
  limit: number
}

const Named = z.looseObject({ name: z.string(), schema: z.string().optional(), table: z.string().optional() })
type Named = z.infer<typeof Named>

/** Tables, views, columns and so on by the pattern of their names. Throws `not_found` for a schema that is not there. */
export async function searchObjects(database: SqlDatabase, search: ObjectRequest, signal: AbortSignal) {
  const { object_type, pattern, schema, table, detail_level, limit } = search
  if (schema !== undefined) await findSchema(database, schema, signal)
  const listed = await list(database, object_type, { schema, table }, signal)
  const matched = listed.filter(({ name }) => isLike(name, pattern))
  const shown = matched.slice(0, limit)
  const results = await Promise.all(shown.map((one) => describe(database, object_type, one, { detail_level, signal })))
  return {
    object_type,
    pattern,
    ...(schema !== undefined && { schema }),
    ...(table !== undefined && { table }),
    detail_level,
    count: results.length,
    results,
    ...(matched.length > shown.length && { truncated: true, total: matched.length }),
  }
}

type Place = { schema?: string | undefined; table?: string | undefined }

async function list(
  { objects, select }: SqlDatabase,
  type: ObjectType,
  { schema = null, table = null }: { schema?: string | null | undefined; table?: string | null | undefined },
  signal: AbortSignal,
): Promise<Named[]> {
  const rows = await select(objects[type], [schema ?? null, table ?? null], signal)
  return rows.map((row) => Named.parse(entryOf(row)))
}

async function findSchema(database: SqlDatabase, schema: string, signal: AbortSignal): Promise<void> {
  const schemas = (await list(database, 'schema', {}, signal)).map(({ name }) => name)
  if (schemas.includes(schema)) return
  throw new AppError('not_found', `There is no schema "${schema}". There are ${schemas.slice(0, 40).join(', ')}.`)
}

const FLAGS = new Set(['nullable', 'unique', 'primary'])

/** What a database does not say is left out, and what it says in its own way is made alike. */
function entryOf(row: SqlRow): SqlRow {
  const fields = Object.entries(row).map(([name, value]): [string, unknown] => {
    if (FLAGS.has(name)) return [name, Boolean(Number(value))]
    return [name, name === 'columns' ? String(value ?? '').split(SEPARATOR) : value]
  })
  return Object.fromEntries(fields.filter(([name, value]) => value !== null || name === 'row_count'))
}

/** Between the columns of an index: a sign that no name has. */
const SEPARATOR = '\u001f'

const NAMES = ['name', 'table', 'schema']
/** Only for those who ask for all. */
const LONG = new Set(['definition', 'parameters'])

async function describe(
  database: SqlDatabase,
  type: ObjectType,
  entry: Named,
  { detail_level, signal }: { detail_level: ObjectRequest['detail_level']; signal: AbortSignal },
): Promise<SqlRow> {
  if (detail_level === 'names') return pick(entry, (name) => NAMES.includes(name))
  const counted = type === 'table' && database.countRows && { row_count: await database.countRows(entry.name, signal) }
  if (detail_level === 'summary') return { ...pick(entry, (name) => !LONG.has(name)), ...counted }
  if (type !== 'table' && type !== 'view') return entry
  const place: Place = { schema: entry.schema, table: entry.name }
  const columns = await list(database, 'column', place, signal)
  const indexes = type === 'view' ? [] : await list(database, 'index', place, signal)
  const own = (one: Named) => pick(one, (name) => name !== 'table' && name !== 'schema')
  return { ...entry, ...counted, columns: columns.map(own), indexes: indexes.map(own) }
}

const pick = (entry: SqlRow, isWanted: (name: string) => boolean): SqlRow =>
  Object.fromEntries(Object.entries(entry).filter(([name]) => isWanted(name)))

/** LIKE without regard to case, in time that grows with the length alone. */
function isLike(text: string, pattern: string): boolean {
  const [letters, signs] = [text.toLowerCase(), pattern.toLowerCase()]
  let [at, sign, star, marked] = [0, 0, -1, 0]
  while (at < letters.length) {
    if (signs[sign] === '%') {
      star = sign++
      marked = at
    } else if (signs[sign] === '_' || signs[sign] === letters[at]) {
      at++
      sign++
    } else if (star >= 0) {
      sign = star + 1
      at = ++marked
    } else return false
  }
  return /^%*$/.test(signs.slice(sign))
}
