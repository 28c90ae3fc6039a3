import { namedIn, spokenFormOf, stemsOf } from './names.ts'

export type Table = { name: string; schema: string | undefined }
export type Column = { name: string; table: string; type: string }
/** Where as many rows come as `most`, there may be more than the statement asks for. */
export type Statement = { sql: string; most?: number; deletesFrom?: Table; rows?: RowRequest }
/** Whole rows of one table, for a database that takes no SQL; `limit` is for reading alone. */
export type RowRequest = { conditions: Condition[]; order?: { column: string; descending: boolean }; limit?: number }
type Condition = { column: string; value: string }
type Target = { table: Table; columns: Column[]; quote: (name: string) => string }

/** Rows shown when nobody says how many, and of all that there are. */
const DEFAULT_ROWS = 10
const MAX_ROWS = 2_000

const NUMERIC = /int|num|dec|real|float|double|money/i
const KEY = /(?:^|_)(?:id|no|key|code)$/i
const VALUE = String.raw`(?:"([^"]+)"|'([^']+)'|([\p{L}\d.-]*[\p{L}\d]))`

const STATEMENT =
  /\b(?:select|with\s+\w+\s+as|insert\s+into|update\s+\w+\s+set|delete\s+from|create\s+(?:table|index|view)|alter\s+table|drop\s+(?:table|index|view)|explain)\b[\s\S]*$/i

/** SQL that the person wrote out. */
export function sqlGivenIn(request: string): string | undefined {
  const code = /```(?:sql)?\s*([\s\S]+?)```|`([^`]+)`/i.exec(request)
  const found = STATEMENT.exec(code?.[1] ?? code?.[2] ?? request)?.[0]
  // "Select a file" and "update me" are English.
  if (found === undefined || !/\b(?:from|into|set|table|view|index|select\s+[\d*'(])/i.test(found)) return undefined
  return found.trim().replace(/[;\s]+$/, '')
}

/** Removes what it recognises from a text, so that what is left was not understood. */
type Reader = { take(pattern: string | RegExp): RegExpExecArray | undefined; rest(): string }

function readerOf(text: string): Reader {
  let rest = text
  return {
    take(pattern) {
      const found = new RegExp(pattern, 'iu').exec(rest)
      if (!found) return undefined
      rest = `${rest.slice(0, found.index)} ${rest.slice(found.index + found[0].length)}`
      return found
    },
    rest: () => rest,
  }
}

/** Words that change nothing about what is asked of a table. */
const FILLER = new Set(
  stemsOf(
    'a an the of are is was were be there in on from for me my we i our all any please what which who can could you show list give find get display tell see print do does have has exist it its table view row record entry database and with where whose total',
  ),
)

/** What a request says beyond the patterns given and words without weight. */
export function unreadWordsIn(request: string, ...known: RegExp[]): string[] {
  const rest = known.reduce((text, pattern) => text.replace(pattern, ' '), request)
  return stemsOf(rest).filter((word) => !FILLER.has(word))
}

/** One statement that answers the whole request, or why there is none; never one that answers only a part of it. */
export function composeSql(request: string, target: Target): Statement | { unclear: string } {
  const reader = readerOf(request)
  const isDelete = reader.take(DELETES) !== undefined
  const conditions = conditionsIn(reader, target)
  const composed = isDelete ? deleteRows(conditions, target) : selectRows(reader, conditions, target)
  const unread = unreadWordsIn(reader.rest())
  if (unread.length === 0 || 'unclear' in composed) return composed
  return { unclear: `I did not understand “${unread.join(' ')}” in that. I can only ask about one table at a time.` }
}

const DELETES = /^\W*(?:please\s+)?(?:delete|remove|erase)\b/i
const KEY_LIST = /(?<!\w)[a-z]?\d+(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+)[a-z]?\d+)+(?!\w)/i

/** "Delete employees 10001 and 10002" as one request for each, as each is a statement of its own; any other request as it is. */
export function deletionsIn(request: string): string[] {
  const list = DELETES.test(request) ? KEY_LIST.exec(request) : null
  const keys = list?.[0].match(/[a-z]?\d+/gi) ?? []
  return list === null ? [request] : keys.map((key) => request.replace(list[0], key))
}

function deleteRows(conditions: Condition[], { table, quote }: Target): Statement | { unclear: string } {
  if (conditions.length === 0)
    return { unclear: `I delete rows of \`${table.name}\` only by their key or a column’s value.` }
  const sql = `DELETE FROM ${quote(table.name)}${whereText(conditions, quote)}`
  return { sql, deletesFrom: table, rows: { conditions } }
}

const AGGREGATES: { words: RegExp; name: string; order?: string }[] = [
  { words: /\b(?:average|avg|mean)\b/, name: 'AVG' },
  { words: /\b(?:sum|total)\b/, name: 'SUM' },
  { words: /\b(?:highest|largest|biggest|max(?:imum)?|latest|newest|top)\b/, name: 'MAX', order: ' DESC' },
  { words: /\b(?:lowest|smallest|min(?:imum)?|earliest|oldest)\b/, name: 'MIN', order: '' },
]

/** "How many" is a number, "the highest" one value, "the 3 highest" are rows in order, and all else is rows. */
function selectRows(reader: Reader, conditions: Condition[], target: Target): Statement | { unclear: string } {
  const from = `FROM ${target.quote(target.table.name)}${whereText(conditions, target.quote)}`
  if (reader.take(/\b(?:how many|count|number of)\b/)) return { sql: `SELECT COUNT(*) AS count ${from}` }
  const aggregate = AGGREGATES.find(({ words }) => reader.take(words))
  const measure = aggregate && measureIn(reader, target)
  if (aggregate && measure === undefined) return { unclear: whichColumn(target) }
  const { asked, limit, most } = limitIn(reader)
  if (!aggregate || measure === undefined)
    return { sql: `SELECT * ${from} LIMIT ${limit}`, ...most, rows: { conditions, limit } }
  const column = target.quote(measure)
  if (asked === undefined || aggregate.order === undefined)
    return { sql: `SELECT ${aggregate.name}(${column}) AS answer ${from}` }
  const order = { column: measure, descending: aggregate.order !== '' }
  const sql = `SELECT * ${from} ORDER BY ${column}${aggregate.order} LIMIT ${limit}`
  return { sql, ...most, rows: { conditions, order, limit } }
}

/** The column that is measured: one the request names, else the only number that is no key. */
function measureIn(reader: Reader, { columns }: Target): string | undefined {
  const named = namedIn(reader.rest(), columns)
  if (named) reader.take(spokenFormOf(named.name))
  const numbers = columns.filter(({ name, type }) => NUMERIC.test(type) && !KEY.test(name))
  return named?.name ?? (numbers.length === 1 ? numbers[0]?.name : undefined)
}

function whichColumn({ table, columns }: Target): string {
  return `I do not know which column of \`${table.name}\` you mean. It has ${columns.map(({ name }) => `\`${name}\``).join(', ')}.`
}

function limitIn(reader: Reader): { asked: number | undefined; limit: number; most: Pick<Statement, 'most'> } {
  const usual = reader.take(/\b(?:all|every)\b/) ? MAX_ROWS : DEFAULT_ROWS
  const count = Number(reader.take(/\b(?:first\s+)?(\d+)\b/)?.[1])
  const asked = count > 0 ? count : undefined
  const limit = Math.min(asked ?? usual, MAX_ROWS)
  return { asked, limit, most: limit === asked ? {} : { most: limit } }
}

/** The conditions a request names; the table's own name is read with them. */
function conditionsIn(reader: Reader, target: Target): Condition[] {
  const keyed = keyIn(reader, target)
  reader.take(spokenFormOf(target.table.name))
  return [...keyed, ...equalitiesIn(reader, target)]
}

function whereText(conditions: Condition[], quote: Target['quote']): string {
  const equalities = conditions.map(({ column, value }) => `${quote(column)} = ${literalOf(value)}`)
  return equalities.length > 0 ? ` WHERE ${equalities.join(' AND ')}` : ''
}

/** `employee 10001`, `department d005`: a key right after the table's name, where the table has one key only. */
function keyIn(reader: Reader, { table, columns }: Target): Condition[] {
  const keys = columns.filter(({ name }) => KEY.test(name))
  const key = keys.find(({ name }) => /^id$/i.test(name)) ?? (keys.length === 1 ? keys[0] : undefined)
  if (!key) return []
  const value = reader.take(String.raw`${spokenFormOf(table.name)}\s+(?:number\s+|no\.?\s+|#)?([a-z]?\d+)\b`)?.[1]
  return value === undefined ? [] : [{ column: key.name, value }]
}

/** `gender is F`, `dept_no = d005`, and `called Sales` where one column only can hold a name. */
function equalitiesIn(reader: Reader, { columns }: Target): Condition[] {
  const spoken = columns.map(({ name }) => ({ name, before: String.raw`${spokenFormOf(name)}\s*(?:=|is|equals|:)` }))
  const [called, ...more] = columns.filter(({ name }) => /name|title/i.test(name))
  if (called && more.length === 0) spoken.push({ name: called.name, before: String.raw`\b(?:called|named)` })
  return spoken.flatMap(({ name, before }) => {
    const found = reader.take(String.raw`${before}\s*${VALUE}`)
    const value = found?.[1] ?? found?.[2] ?? found?.[3]
    return value === undefined ? [] : [{ column: name, value }]
  })
}

/** The number of rows of every table. */
export function countEach(tables: Table[], quote: Target['quote']): string {
  const counts = tables.map(
    ({ name }) => `SELECT ${literalOf(name)} AS name, COUNT(*) AS row_count FROM ${quote(name)}`,
  )
  return counts.join(' UNION ALL ')
}

/** Words that SQL takes for itself; quoting one too many does no harm. */
const RESERVED = new Set(
  'all alter and any as asc between by case cast check collate column constraint create cross current_date current_time default delete desc distinct drop else end except exists false for foreign from full grant group groups having in index inner insert intersect into is join key left like limit natural not null offset on or order outer over primary range rank references right row rows select set table then to trigger true union unique update user using values view when where window with year'.split(
    ' ',
  ),
)

/** Quotes the names that need it, as the database does: MySQL in backticks, all others in double quotes. */
export function quoteFor(description: string): (name: string) => string {
  const mark = /\b(?:mysql|mariadb)\b/i.test(description) ? '`' : '"'
  return (name) =>
    /^[a-z_][a-z\d_]*$/.test(name) && !RESERVED.has(name) ? name : mark + name.replaceAll(mark, mark + mark) + mark
}

const literalOf = (value: string): string =>
  /^-?\d+(?:\.\d+)?$/.test(value) ? value : `'${value.replaceAll("'", "''")}'`
