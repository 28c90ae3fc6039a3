import { numbersIn } from '../text/phrases.ts'
import { spokenFormOf, stemsOf } from '../text/words.ts'

export type Table = { name: string; schema: string | undefined }
export type Column = { name: string; table: string; type: string }
/** Either a statement for all that was asked, or why there is none. */
export type ComposedStatement = { sql: string; firstRowsOnly: boolean } | { unclear: string }

type Target = { table: Table; columns: Column[]; quote: (name: string) => string }

/** Rows shown when nobody says how many. */
const DEFAULT_ROWS = 10
const MAX_ROWS = 100

const NUMERIC = /int|num|dec|real|float|double|money/i
const KEY = /(?:^|_)(?:id|no|key|code)$/i
const DATE = /date|time|year|day/i
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
type Reader = { take(pattern: RegExp): RegExpExecArray | undefined; rest(): string }

function readerOf(text: string): Reader {
  let rest = text
  return {
    take(pattern) {
      const found = pattern.exec(rest)
      if (!found) return undefined
      rest = `${rest.slice(0, found.index)} ${rest.slice(found.index + found[0].length)}`
      return found
    },
    rest: () => rest,
  }
}

/** Words that change nothing about what is asked of a table. */
const FILLER = new Set(
  'a an the of are is was were be there in on from for me my all any please what which who can could you show list give find get display tell see print do does have has exist it its table view row record entry database and with where whose total'.split(
    ' ',
  ),
)

/** What a request says beyond the patterns given and words without weight. */
export function unreadWordsIn(request: string, ...known: RegExp[]): string[] {
  const rest = known.reduce((text, pattern) => text.replace(pattern, ' '), request)
  return stemsOf(rest).filter((word) => !FILLER.has(word))
}

/** The table a request names in full. Where names overlap the longest counts, then the exactest; of several the one named first. */
export function tableIn(request: string, tables: Table[]): Table | undefined {
  const named = tables.flatMap((table) => {
    const found = new RegExp(spokenFormOf(table.name), 'iu').exec(request)
    return found
      ? [{ table, at: found.index, end: found.index + found[0].length, weight: weightOf(found[0], table) }]
      : []
  })
  const whole = named.filter(
    (one) => !named.some((other) => other.at < one.end && one.at < other.end && other.weight > one.weight),
  )
  return whole.toSorted((left, right) => left.at - right.at)[0]?.table
}

function weightOf(said: string, { name }: Table): number {
  const bare = said.replaceAll(/^["'“`]|["'”`]$/g, '')
  const exactness = bare.toLowerCase() === name.toLowerCase() ? 0.25 : 0
  return said.length + exactness + (bare === name ? 0.25 : 0)
}

/** One statement that answers the whole request; never one that answers only a part of it. */
export function composeSql(request: string, target: Target): ComposedStatement {
  const reader = readerOf(request)
  const isDelete = reader.take(/^\W*(?:please\s+)?(?:delete|remove|erase)\b/i) !== undefined
  const filter = filterIn(reader, target)
  const counts = reader.take(/\b(?:how many|count|number of)\b/i) !== undefined
  const composed = isDelete ? deletion(filter, target) : selection({ reader, counts, filter }, target)
  const unread = unreadWordsIn(reader.rest())
  if (unread.length === 0 || 'unclear' in composed) return composed
  return { unclear: `I did not understand “${unread.join(' ')}” in that. I can only ask about one table at a time.` }
}

function deletion(filter: string, { table, quote }: Target): ComposedStatement {
  if (filter === '') return { unclear: `I delete rows of \`${table.name}\` only by their key or a column’s value.` }
  return { sql: `DELETE FROM ${quote(table.name)}${filter}`, firstRowsOnly: false }
}

type Selection = { reader: Reader; counts: boolean; filter: string }

function selection({ reader, counts, filter }: Selection, target: Target): ComposedStatement {
  const from = `FROM ${target.quote(target.table.name)}${filter}`
  const group = takeColumn(reader, target, String.raw`\b(?:grouped by|for each|in each|by|per)\s+(?:the\s+)?`)
  if (counts) return grouped('COUNT(*) AS count', from, group, target)
  const aggregate = AGGREGATES.find(({ words }) => reader.take(words))
  const measure = aggregate && measureIn(reader, target)
  if (aggregate && measure === undefined) return { unclear: whichColumn(target) }
  const limit = limitIn(reader)
  if (aggregate && measure !== undefined) return measured({ ...aggregate, from, group, measure, limit }, target)
  if (group !== undefined) return { unclear: `I can only count \`${target.table.name}\` by \`${group}\`.` }
  return { sql: `SELECT * ${from} LIMIT ${limit ?? DEFAULT_ROWS}`, firstRowsOnly: limit === undefined }
}

type Measured = {
  name: string
  order?: string
  from: string
  group: string | undefined
  measure: string
  limit: number | undefined
}

/** "The 3 highest" are rows in order; "the highest" is one value. */
function measured({ name, order, from, group, measure, limit }: Measured, target: Target): ComposedStatement {
  const column = target.quote(measure)
  if (limit !== undefined && order !== undefined)
    return { sql: `SELECT * ${from} ORDER BY ${column}${order} LIMIT ${limit}`, firstRowsOnly: false }
  return grouped(`${name}(${column}) AS answer`, from, group, target)
}

function grouped(value: string, from: string, group: string | undefined, { quote }: Target): ComposedStatement {
  if (group === undefined) return { sql: `SELECT ${value} ${from}`, firstRowsOnly: false }
  const column = quote(group)
  return { sql: `SELECT ${column}, ${value} ${from} GROUP BY ${column} ORDER BY 2 DESC`, firstRowsOnly: false }
}

const AGGREGATES: { words: RegExp; name: string; order?: string }[] = [
  { words: /\b(?:average|avg|mean)\b/i, name: 'AVG' },
  { words: /\b(?:sum|total)\b/i, name: 'SUM' },
  { words: /\b(?:highest|largest|biggest|max(?:imum)?|latest|newest|top)\b/i, name: 'MAX', order: ' DESC' },
  { words: /\b(?:lowest|smallest|min(?:imum)?|earliest|oldest)\b/i, name: 'MIN', order: '' },
]

/** The column that is measured: one the request names, else the only number that is no key. */
function measureIn(reader: Reader, target: Target): string | undefined {
  const named = takeColumn(reader, target, '')
  const numbers = target.columns.filter(({ name, type }) => NUMERIC.test(type) && !KEY.test(name))
  return named ?? (numbers.length === 1 ? numbers[0]?.name : undefined)
}

function whichColumn({ table, columns }: Target): string {
  return `I do not know which column of \`${table.name}\` you mean. It has ${columns.map(({ name }) => `\`${name}\``).join(', ')}.`
}

function takeColumn(reader: Reader, { columns }: Target, before: string): string | undefined {
  const longestFirst = columns.toSorted((left, right) => right.name.length - left.name.length)
  return longestFirst.find(({ name }) => reader.take(new RegExp(before + spokenFormOf(name), 'iu')))?.name
}

function limitIn(reader: Reader): number | undefined {
  const said = reader.take(/\b(?:first\s+)?(\d+|one|two|three|four|five|six|seven|eight|nine|ten)\b/i)?.[1]
  const [count] = numbersIn(said ?? '')
  return count !== undefined && count > 0 ? Math.min(count, MAX_ROWS) : undefined
}

/** The conditions a request names, as a WHERE clause; the table's own name is read with them. */
function filterIn(reader: Reader, target: Target): string {
  const keyed = keyIn(reader, target)
  reader.take(new RegExp(spokenFormOf(target.table.name), 'iu'))
  const conditions = [...keyed, ...equalitiesIn(reader, target), ...periodIn(reader, target)]
  return conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : ''
}

/** `employee 10001`, `department d005`: a key right after the table's name, where the table has one key only. */
function keyIn(reader: Reader, { table, columns, quote }: Target): string[] {
  const keys = columns.filter(({ name }) => KEY.test(name))
  const key = keys.find(({ name }) => /^id$/i.test(name)) ?? (keys.length === 1 ? keys[0] : undefined)
  if (!key) return []
  const pattern = String.raw`${spokenFormOf(table.name)}\s+(?:number\s+|no\.?\s+|#)?([a-z]?\d+)\b`
  const value = reader.take(new RegExp(pattern, 'iu'))?.[1]
  return value === undefined ? [] : [`${quote(key.name)} = ${literalOf(value)}`]
}

/** `gender is F`, `dept_no = d005`, and `called Sales` where one column only can hold a name. */
function equalitiesIn(reader: Reader, { columns, quote }: Target): string[] {
  const names = columns.filter(({ name }) => /name|title/i.test(name))
  const spoken = columns.map((column) => ({
    column,
    before: String.raw`${spokenFormOf(column.name)}\s*(?:=|is|equals|:)`,
  }))
  const called = names.length === 1 && names[0] ? [{ column: names[0], before: String.raw`\b(?:called|named)` }] : []
  return [...spoken, ...called].flatMap(({ column, before }) => {
    const found = reader.take(new RegExp(String.raw`${before}\s*${VALUE}`, 'iu'))
    const value = found?.[1] ?? found?.[2] ?? found?.[3]
    return value === undefined ? [] : [`${quote(column.name)} = ${literalOf(value)}`]
  })
}

/** `hired after 1990`: the verb has to name a date column. */
function periodIn(reader: Reader, { columns, quote }: Target): string[] {
  const dates = columns.filter(({ name, type }) => DATE.test(type) || DATE.test(name))
  for (const { name } of dates) {
    const verb = stemsOf(name)[0] ?? ''
    const found = reader.take(new RegExp(String.raw`\b${verb}\w{0,2}\s+(since|after|before|in)\s+(\d{4})\b`, 'iu'))
    if (!found) continue
    const column = quote(name)
    const year = Number(found[2])
    const conditions = {
      since: [`${column} >= '${year}-01-01'`],
      after: [`${column} >= '${year + 1}-01-01'`],
      before: [`${column} < '${year}-01-01'`],
      in: [`${column} >= '${year}-01-01'`, `${column} < '${year + 1}-01-01'`],
    }
    return new Map(Object.entries(conditions)).get(found[1]?.toLowerCase() ?? '') ?? []
  }
  return []
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
