import { truncate } from '../../../text.ts'
import { type ResultRow, type ResultRows, readRows } from './result-rows.ts'

const SHOWN_MAX_ROWS = 20
const CELL_MAX_CHARACTERS = 40

type Asked = {
  request: string
  sql: string
  /** Where as many rows come, there may be more. */
  most?: number | undefined
  /** The rows stand in the words although the app has a table of them. */
  isWritten?: boolean
}

/** "There are 1,000 employees." where one number answers the question, else a table and a sentence; undefined where no rows can be read. */
export function sayRows(text: string, asked: Asked): string | undefined {
  const read = readRows(text)
  if (read === undefined) return undefined
  const { rows, changed } = read
  if (rows.length === 0) return sayDeed(asked.sql, changed)
  const values = Object.values(rows[0] ?? {})
  if (rows.length === 1 && values.length === 1) return sayValue(asked.request, values[0])
  return sayTable(read, CUT.test(text) ? { ...asked, most: read.total } : asked)
}

/** What a server of ours says where it gave fewer rows than there are. */
const CUT = /^Only the first \d+ rows; there are more\./m

function sayTable({ rows, total, shown }: ResultRows, { sql, most = Number.POSITIVE_INFINITY, isWritten }: Asked) {
  const head = total >= most ? `The first ${total.toLocaleString('en-US')} rows (there may be more)` : countRows(total)
  // What is true of the first rows is not true of all.
  const range = rows.length === total ? sayRange(rows, sql) : ''
  if (shown && isWritten !== true) return `${head}, as a table below.${range}`
  const written = rows.slice(0, SHOWN_MAX_ROWS)
  const left = total - written.length
  const more = left > 0 ? `\n\nand ${left.toLocaleString('en-US')} more rows.` : ''
  const said = range === '' ? `${head}:` : `${head}.${range}`
  return `${said}\n\n${tableOf(written)}${more}`
}

const countRows = (count: number): string => (count === 1 ? 'One row' : `${count.toLocaleString('en-US')} rows`)

const DEEDS: [RegExp, string][] = [
  [/^\s*delete\b/i, 'deleted'],
  [/^\s*update\b/i, 'changed'],
  [/^\s*insert\b/i, 'added'],
]

/** What a statement without rows to show did. */
function sayDeed(sql: string, changed: number | undefined): string {
  const deed = DEEDS.find(([statement]) => statement.test(sql))?.[1]
  if (deed === undefined) return /^\s*(?:select|with)\b/i.test(sql) ? 'There are no such rows.' : 'Done.'
  if (changed === undefined) return 'Done.'
  return changed === 0 ? `Nothing was ${deed}: there is no such row.` : `${countRows(changed)} ${deed}.`
}

/** "Deleted 1 row; 999 employees are left." */
export function describeDeletion(deleted: number | undefined, left: number, table: string): string {
  const things = left === 1 ? spokenTable(table) : pluralOf(spokenTable(table))
  const rest = `${left.toLocaleString('en-US')} ${things} ${left === 1 ? 'is' : 'are'} left`
  if (deleted === undefined) return `Done; ${rest}.`
  return deleted === 0
    ? `Nothing was deleted: there is no such row; ${rest}.`
    : `Deleted ${deleted.toLocaleString('en-US')} ${deleted === 1 ? 'row' : 'rows'}; ${rest}.`
}

const spokenTable = (name: string): string =>
  name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll(/[^\p{L}\d]+/gu, ' ')
    .toLowerCase()
    .trim()

function pluralOf(words: string): string {
  if (/s$/.test(words)) return words
  return /[^aeiou]y$/.test(words) ? `${words.slice(0, -1)}ies` : `${words}s`
}

/** How many rows a result counts; undefined where it says no number. */
export function countedIn(text: string): number | undefined {
  const [value] = Object.values(readRows(text)?.rows[0] ?? {})
  const count = Number(value)
  return value === undefined || value === null || !Number.isInteger(count) ? undefined : count
}

function sayValue(request: string, value: unknown): string {
  if (value === null) return 'There is no value to show.'
  const shown = typeof value === 'number' ? value.toLocaleString('en-US', { maximumFractionDigits: 2 }) : String(value)
  const counted = /\bhow many\s+(.+?)(?:\s+(?:are|is|do|does|did|have|has|were|was|exist|in|per|by)\b|[?.!]|$)/i.exec(
    request,
  )?.[1]
  if (counted === undefined) return `The answer is **${shown}**.`
  return value === 1 ? `There is **1** ${firstSingular(counted)}.` : `There are **${shown}** ${counted}.`
}

const firstSingular = (words: string): string => words.replace(/^(\w+)ies\b/, '$1y').replace(/^(\w+[^s\W])s\b/, '$1')

const DATE = /^\d{4}-\d\d-\d\d/

/** Of the column they are sorted by, or the first with dates, from what to what: true of the rows there are, and of no others. */
function sayRange(rows: ResultRow[], sql: string): string {
  const names = Object.keys(rows[0] ?? {})
  const sorted = names.find((name) => name === /\border\s+by\s+"?(\w+)/i.exec(sql)?.[1])
  const values = rows.map((row) => Number(sorted === undefined ? Number.NaN : row[sorted]))
  if (rows.length > 1 && values.every(Number.isFinite)) {
    const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => value.toLocaleString('en-US'))
    return ` In them \`${sorted}\` runs from ${least} to ${most}.`
  }
  const dated = names.find((name) => rows.every((row) => DATE.test(String(row[name]))))
  if (dated === undefined || rows.length < 2) return ''
  const days = rows.map((row) => String(row[dated]).slice(0, 10)).toSorted()
  const [first = '', last = ''] = [days[0], days.at(-1)]
  return first === last
    ? ` In all of them \`${dated}\` is ${first}.`
    : ` In them \`${dated}\` runs from ${first} to ${last}.`
}

function tableOf(rows: ResultRow[]): string {
  const names = Object.keys(rows[0] ?? {})
  const lineOf = (cells: string[]) => `| ${cells.join(' | ')} |`
  return [
    lineOf(names.map(cellOf)),
    lineOf(names.map(() => '---')),
    ...rows.map((row) => lineOf(names.map((name) => cellOf(row[name])))),
  ].join('\n')
}

function cellOf(value: unknown): string {
  const text = value === null || value === undefined ? 'NULL' : textOf(value)
  return truncate(text.replaceAll(/\s+/g, ' ').trim(), CELL_MAX_CHARACTERS).replaceAll('|', String.raw`\|`) || ' '
}

const textOf = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value))
