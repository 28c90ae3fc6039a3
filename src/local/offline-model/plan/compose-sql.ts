import { numbersIn, quotedIn } from '../text/phrases.ts'
import { stemOf, stemsOf } from '../text/words.ts'

export type Table = { name: string; schema: string | undefined }
export type Column = { name: string; table: string; type: string }

/** Rows shown when nobody says how many. */
const DEFAULT_ROWS = 10

const STATEMENT =
  /\b(?:select|with\s+\w+\s+as|insert\s+into|update\s+\w+\s+set|delete\s+from|create\s+(?:table|index|view)|alter\s+table|drop\s+(?:table|index|view)|explain)\b[\s\S]*$/i
const NUMERIC = /int|num|dec|real|float|double|money/i
const KEY = /(?:^|_)(?:id|no|key|code)$/i
const DATE = /date|time|year|day/i

const DATA_WORDS =
  /\b(?:how many|number of|count|average|mean|rows?|records?|tables?|columns?|sql|database|describe|group(?:ed)? by|highest|lowest)\b/i
const FILE_WORDS = /\b(?:files?|folders?|director(?:y|ies))\b|\w\.(?:txt|md|csv|json|log|ya?ml|html?)\b/i

/** True for a wish that a database should answer. */
export function asksForData(wish: string, known: Table[]): boolean {
  if (givenSql(wish) !== undefined) return true
  if (isAboutFiles(wish)) return false
  const words = stemsOf(wish)
  return (
    DATA_WORDS.test(wish) ||
    /\bwhere\s+\w+\s*(?:=|is\b)/i.test(wish) ||
    known.some(({ name }) => words.includes(stemOf(name)))
  )
}

export function isAboutFiles(wish: string): boolean {
  return FILE_WORDS.test(wish)
}

/** SQL that the person wrote out. */
export function givenSql(wish: string): string | undefined {
  const code = /```(?:sql)?\s*([\s\S]+?)```|`([^`]+)`/i.exec(wish)
  const found = STATEMENT.exec(code?.[1] ?? code?.[2] ?? wish)?.[0]
  // "Select a file" and "update me" are English.
  if (found === undefined || !/\b(?:from|into|set|table|view|index|select\s+[\d*'(])/i.test(found)) return undefined
  return found.trim().replace(/[;\s]+$/, '')
}

export function asksForTables(wish: string): boolean {
  return (
    !asksForColumns(wish) &&
    /\b(?:which|what|list|show|name|see|all|how many)\b(?:(?!\brows?\b).)*\btables\b/i.test(wish)
  )
}

export function asksForColumns(wish: string): boolean {
  return /\b(?:columns?|fields?|structure|schema|describe)\b/i.test(wish)
}

/** Tables and columns by a listing's "name" (and "table") fields; the text may be cut off in the middle. */
export function tablesIn(text: string): Table[] {
  const found = [...text.matchAll(/"name":\s*"([^"]+)"(?:,\s*"schema":\s*"([^"]+)")?/g)]
  return found.map((match) => ({ name: match[1] ?? '', schema: match[2] }))
}

export function columnsIn(text: string): Column[] {
  const pattern = /"name":\s*"([^"]+)",\s*"table":\s*"([^"]+)"(?:,\s*"schema":\s*"[^"]*")?(?:,\s*"type":\s*"([^"]*)")?/g
  return [...text.matchAll(pattern)].map((match) => ({
    name: match[1] ?? '',
    table: match[2] ?? '',
    type: match[3] ?? '',
  }))
}

/** The table a wish speaks of: by its name, or by a part of it. */
export function tableFor(wish: string, tables: Table[]): Table | undefined {
  const words = stemsOf(wish)
  const whole = tables.filter(
    ({ name }) => words.includes(stemOf(name)) || wish.toLowerCase().includes(name.toLowerCase()),
  )
  // "the average salary of employees" is about salaries: the table named first.
  const first = whole.toSorted((left, right) => placeOf(left, words) - placeOf(right, words))[0]
  return first ?? tables.find(({ name }) => stemsOf(name).some((part) => part.length > 2 && words.includes(part)))
}

function placeOf(table: Table, words: string[]): number {
  const at = words.indexOf(stemOf(table.name))
  return at < 0 ? words.length : at
}

/** True for what the names of the tables alone do not answer. */
export function needsColumns(wish: string): boolean {
  return asksForColumns(wish) || COLUMN_WORDS.test(wish)
}

const COLUMN_WORDS =
  /=|\b(?:average|avg|mean|sum|total|highest|largest|biggest|most|latest|newest|max\w*|lowest|smallest|least|earliest|oldest|min\w*|by|per|each|sorted|ordered|named|called|where|whose|with|equals|since|after|before|until|in \d{4}|delete|remove|erase)\b/i

/** One SELECT for the wish, or a DELETE by key where that is asked for. */
export function composeSql(wish: string, table: Table, columns: Column[]): string {
  const from = `FROM ${identifier(table.name)}`
  const where = [...conditions(wish, columns), ...keyed(wish, table, columns)]
  const filter = where.length > 0 ? ` WHERE ${where.join(' AND ')}` : ''
  if (/^\W*(?:please\s+)?(?:delete|remove|erase)\b/i.test(wish) && where.length > 0) return `DELETE ${from}${filter}`
  const group = groupColumn(wish, columns)
  const what = aggregate(wish, columns)
  if (what !== undefined && group !== undefined)
    return `SELECT ${identifier(group)}, ${what} ${from}${filter} GROUP BY ${identifier(group)} ORDER BY 2 DESC`
  if (what !== undefined) return `SELECT ${what} ${from}${filter}`
  return `SELECT * ${from}${filter}${ordering(wish, columns)} LIMIT ${limitIn(wish)}`
}

/** The number of rows of every table. */
export function countEach(tables: Table[]): string {
  const counts = tables.map(
    ({ name }) => `SELECT ${literal(name)} AS name, COUNT(*) AS row_count FROM ${identifier(name)}`,
  )
  return counts.join(' UNION ALL ')
}

const identifier = (name: string): string => (/^[a-z_][\w]*$/i.test(name) ? name : `"${name.replaceAll('"', '""')}"`)
const literal = (value: string): string =>
  /^-?\d+(?:\.\d+)?$/.test(value) ? value : `'${value.replaceAll("'", "''")}'`

function aggregate(wish: string, columns: Column[]): string | undefined {
  if (/\b(?:how many|count|number of)\b/i.test(wish)) return 'COUNT(*) AS count'
  const rows = /\b(?:top|first|\d+)\b/i.test(wish)
  for (const [words, name] of AGGREGATES) {
    if (!words.test(wish) || (rows && (name === 'MAX' || name === 'MIN'))) continue
    const column = measured(wish, columns)
    if (column !== undefined)
      return `${name}(${identifier(column)}) AS ${name.toLowerCase()}_${column.replaceAll(/\W/g, '_')}`
  }
  return undefined
}

const AGGREGATES: [RegExp, string][] = [
  [/\b(?:average|avg|mean)\b/i, 'AVG'],
  [/\b(?:sum|total)\b/i, 'SUM'],
  [/\b(?:highest|largest|biggest|max(?:imum)?|most|latest|newest)\b/i, 'MAX'],
  [/\b(?:lowest|smallest|min(?:imum)?|least|earliest|oldest)\b/i, 'MIN'],
]

/** The column that is measured: one the wish names, else the only kind of number that is no key. */
function measured(wish: string, columns: Column[]): string | undefined {
  const words = stemsOf(wish)
  const named = columns.find(({ name }) => stemsOf(name).every((part) => words.includes(part)))
  if (named) return named.name
  return (
    columns.find(({ name, type }) => NUMERIC.test(type) && !KEY.test(name))?.name ??
    columns.find(({ name }) => DATE.test(name))?.name
  )
}

function groupColumn(wish: string, columns: Column[]): string | undefined {
  const by = /\b(?:by|per|for each|in each|grouped by)\s+([\w ]+)/i.exec(wish)?.[1]
  if (by === undefined) return undefined
  const words = stemsOf(by)
  return columns.find(({ name }) => stemsOf(name).some((part) => part === words[0]))?.name
}

function ordering(wish: string, columns: Column[]): string {
  if (
    !/\b(?:highest|largest|top|most|lowest|smallest|least|latest|newest|oldest|earliest|sorted|ordered)\b/i.test(wish)
  )
    return ''
  const column = measured(wish, columns)
  if (column === undefined) return ''
  return ` ORDER BY ${identifier(column)}${/\b(?:lowest|smallest|least|oldest|earliest)\b/i.test(wish) ? '' : ' DESC'}`
}

function limitIn(wish: string): number {
  const said =
    /\b(?:show|list|give|first|top|last|limit)\b(?:\s+(?:me|the|first|top|last))*\s+(\w+)/i.exec(wish)?.[1] ?? ''
  const [count] = numbersIn(said)
  return count !== undefined && count > 0 && count <= 100 ? count : DEFAULT_ROWS
}

function conditions(wish: string, columns: Column[]): string[] {
  return [...equalities(wish, columns), ...namesakes(wish, columns), ...periods(wish, columns)]
}

/** `employee 10001`, `department d005`: a key right after the table's name. */
function keyed(wish: string, table: Table, columns: Column[]): string[] {
  const key = columns.find(({ name }) => KEY.test(name))
  const named = [...wish.matchAll(/(\w+)\s+(?:number\s+|no\.?\s+|#)?([a-z]?\d{3,})\b/gi)]
  const value = named.find(([, word = '']) => stemOf(word.toLowerCase()) === stemOf(table.name.toLowerCase()))?.[2]
  return key === undefined || value === undefined ? [] : [`${identifier(key.name)} = ${literal(value)}`]
}

/** `gender is F`, `dept_no = d005`. */
function equalities(wish: string, columns: Column[]): string[] {
  return columns.flatMap(({ name }) => {
    const spoken = name.replaceAll('_', '[_ ]').replaceAll(/[^\w[\] ]/g, '.')
    const found = new RegExp(
      String.raw`\b${spoken}\s*(?:=|is|equals|:)\s*(?:"([^"]+)"|'([^']+)'|([\w.-]*\w))`,
      'i',
    ).exec(wish)
    const value = found?.[1] ?? found?.[2] ?? found?.[3]
    return value === undefined ? [] : [`${identifier(name)} = ${literal(value)}`]
  })
}

function namesakes(wish: string, columns: Column[]): string[] {
  const value = /\b(?:named|called)\s+(?:"([^"]+)"|'([^']+)'|([\p{L}-]+))/iu.exec(wish)
  const name = value?.[1] ?? value?.[2] ?? value?.[3]
  const textual = columns.filter((column) => /name|title/i.test(column.name))
  if (name === undefined || textual.length === 0 || quotedIn(wish).length > 1) return []
  return [`(${textual.map((column) => `${identifier(column.name)} = ${literal(name)}`).join(' OR ')})`]
}

function periods(wish: string, columns: Column[]): string[] {
  const found = /\b(since|after|before|in|until|from)\s+((?:1[89]|20)\d\d)\b/i.exec(wish)
  const dates = columns.filter(({ name, type }) => DATE.test(type) || DATE.test(name))
  const words = stemsOf(wish)
  const column =
    dates.find(({ name }) =>
      stemsOf(name).some((part) => words.some((word) => word.startsWith(part) && part.length > 3)),
    ) ?? dates[0]
  if (!found || !column) return []
  const year = Number(found[2])
  const from = `${identifier(column.name)} >= '${year}-01-01'`
  const to = `${identifier(column.name)} < '${year + 1}-01-01'`
  switch (found[1]?.toLowerCase()) {
    case 'in':
      return [from, to]
    case 'before':
    case 'until':
      return [`${identifier(column.name)} < '${year}-01-01'`]
    case 'after':
      return [`${identifier(column.name)} >= '${year + 1}-01-01'`]
    default:
      return [from]
  }
}
