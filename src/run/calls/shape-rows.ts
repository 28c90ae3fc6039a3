import { parseJson } from '../../json.ts'
import { truncate } from '../../text.ts'
import type { ResultFile } from '../state/shown-result.ts'
import { findFlatRows, findRowSets, jsonTextIn, parseRows, type RowSet } from './find-rows.ts'
import { isListingCall, isQueryCall, rowDeedOf, sqlIn, tableNameOf } from './query-calls.ts'
import { isShownWhole, type ResultTable, toCsv, toSlackTable } from './result-table.ts'
import type { ResultPart } from './result-texts.ts'
import { cellTextOf, describeBytesIn, withBytesDescribed } from './row-cells.ts'
import { rowsTextOf } from './rows-text.ts'

type Call = Parameters<typeof isQueryCall>[0]

export type ShapedRows = {
  /** What Slack shows of each result set. */
  tables: ResultTable[]
  files: ResultFile[]
  /** The parts, with the rows in a short form where they are too long for the model or hold bytes. */
  parts: ResultPart[]
  /** One line for people; undefined where the answer's own first words say more. */
  summary: string | undefined
}

/** A call that gives more result sets has only these as tables. */
const MOST_TABLES = 5
/** One row reads better in words. */
const FEWEST_ROWS = 2

type Found = { sets: RowSet[]; value?: unknown; json?: string; part?: ResultPart }

/** The rows in a call's answer, for people and for the model. `most`: of text for the model, in characters. */
export async function shapeRows(
  call: Call,
  parts: ResultPart[],
  structured: unknown,
  most: number,
): Promise<ShapedRows> {
  const isLong = parts.reduce((sum, part) => sum + (part.type === 'text' ? part.text.length : 0), 0) > most
  const found = findRows(call, parts, structured, isLong)
  const words = await describeBytesIn(found.sets)
  const sets = found.sets.map((set) => withBytesDescribed(set, words))
  const text =
    found.json !== undefined && (isLong || words.size > 0) ? rowsTextOf({ ...found, sets }, words, most) : undefined
  const shownRows = isListingCall(call) ? [] : sets.filter(({ rows }) => rows.length >= FEWEST_ROWS)
  const nameFor = createFileNames()
  const shown = shownRows.slice(0, MOST_TABLES).map((set) => tableOf(call, set, nameFor))
  const cut = text === undefined || !isLong ? [] : sets.filter((set) => !shownRows.slice(0, MOST_TABLES).includes(set))
  return {
    tables: shown.flatMap(({ table }) => table ?? []),
    files: [
      ...shown.flatMap(({ file }) => file ?? []),
      ...cut.flatMap((set) => tableOf(call, set, nameFor).file ?? []),
    ],
    parts: text === undefined ? parts : parts.map((part) => (part === found.part ? { type: 'text', text } : part)),
    summary: isQueryCall(call) ? summaryOf(call, sets) : undefined,
  }
}

/** Rows of a query lie anywhere in what is structured or in a text; of any other tool only what is structured is read. */
function findRows(call: Call, parts: ResultPart[], structured: unknown, isLong: boolean): Found {
  const isListing = isListingCall(call)
  const findSets = isQueryCall(call) || isListing ? findRowSets : findFlatRows
  const fixed = structured === undefined ? [] : findSets(structured)
  const isText = isQueryCall(call) || (isLong && (isListing || fixed.length > 0))
  return (
    (isText ? parts : []).map((part) => findRowsOf(part, findSets)).find((one) => one !== undefined) ?? { sets: fixed }
  )
}

function findRowsOf(part: ResultPart, findSets: (value: unknown) => RowSet[]): Found | undefined {
  const json = part.type === 'text' ? jsonTextIn(part.text) : undefined
  const value = json === undefined ? undefined : parseRows(json)
  const sets = value === undefined ? [] : findSets(value)
  return json === undefined || sets.length === 0 ? undefined : { sets, value, json, part }
}

/** Some servers send each row as a text of its own: those are one list. */
export function joinRowParts(call: Call, parts: ResultPart[]): ResultPart[] {
  const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text.trim()] : []))
  if (!isQueryCall(call) || texts.length < FEWEST_ROWS || texts.length < parts.length) return parts
  if (!texts.every((text) => text.startsWith('{') && parseJson(text) !== undefined)) return parts
  const text = `[${texts.join(',\n')}]`
  const [set] = findRowSets(parseRows(text))
  return set?.rows.length === texts.length ? [{ type: 'text', text }] : parts
}

/** Two files of one call do not share a name, as their tables name them. */
function createFileNames(): (name: string) => string {
  const taken = new Map<string, number>()
  return (name) => {
    const count = (taken.get(name) ?? 0) + 1
    taken.set(name, count)
    return count === 1 ? name : `${name}-${count}`
  }
}

type Table = { table: ResultTable | undefined; file: ResultFile | undefined }

function tableOf(call: Call, set: RowSet, nameFor: (name: string) => string): Table {
  const name = tableNameOf(call, set.sql)
  const isData = isQueryCall(call)
  const textsOf = (nullText: string) => set.rows.map((row) => row.map((cell) => cellTextOf(cell, nullText)))
  const whole = { ...(name !== undefined && { name }), columns: set.columns, rows: textsOf(isData ? 'NULL' : '') }
  const table = set.rows.length < FEWEST_ROWS ? undefined : toSlackTable(whole)
  if (isShownWhole(whole, table)) return { table, file: undefined }
  const fileName = nameFor(name ?? call.tool.replace(/[^\w-]+/g, '-'))
  const file = csvFile(fileName, toCsv({ columns: set.columns, rows: textsOf('') }))
  return { table: table && { ...table, file: file.name }, file }
}

const csvFile = (name: string, csv: string): ResultFile => ({
  name: `${name}.csv`,
  mimeType: 'text/csv',
  data: Buffer.from(csv, 'utf8').toString('base64'),
})

const SUMMARY_CHARS = 140

function summaryOf(call: Call, sets: RowSet[]): string | undefined {
  const said = sets.map((set) => truncate(setSummaryOf(call, set), SUMMARY_CHARS))
  if (said.length === 0) return undefined
  return said.length === 1 ? said[0] : truncate(`${said.length} results: ${said.join(', ')}`, SUMMARY_CHARS)
}

/** "12 rows", "1 row deleted", the only value there is, or that there are no rows. */
function setSummaryOf(call: Call, { columns, rows, sql, count }: RowSet): string {
  const deed = rowDeedOf(sql ?? sqlIn(call) ?? '')
  if (deed !== undefined && rows.length === 0) return count === undefined ? 'Done' : `${countRows(count)} ${deed}`
  const [row, ...others] = rows
  if (row?.length === 1 && others.length === 0) return `${columns[0]}: ${cellTextOf(row[0], 'NULL')}`
  return rows.length === 0 ? 'No rows' : countRows(rows.length)
}

const countRows = (count: number): string => `${count.toLocaleString('en')} ${count === 1 ? 'row' : 'rows'}`
