import { truncate } from '../../text.ts'
import type { ShownResult } from '../state/shown-result.ts'

export type ResultTable = NonNullable<ShownResult['table']>

/** What Slack shows as one table; block-kit holds the same numbers. */
const SHOWN = { rows: 100, columns: 20, characters: 10_000 }
const CELL_CHARS = 300
/** Rows that share no columns would be a table of mostly empty cells. */
const MAX_CELLS = 2_000_000

/** The rows in a structured result, if that is what it is: a list of flat objects, by itself or as the only list in an object. */
export function resultTableIn(structured: unknown): ResultTable | undefined {
  const list = listIn(structured)
  // One row reads better in words.
  if (list === undefined || list.length < 2 || !list.every(isFlat)) return undefined
  const columns = [...new Set(list.flatMap((row) => Object.keys(row)))]
  if (columns.length === 0 || columns.length * list.length > MAX_CELLS) return undefined
  return { columns, rows: list.map((row) => columns.map((column) => cellOf(row[column]))) }
}

/** What Slack shows of a table: its first columns and rows, with long cells cut; undefined where not a single row fits. */
export function toSlackTable({ columns, rows }: ResultTable): ResultTable | undefined {
  const shorten = (row: string[]) => row.slice(0, SHOWN.columns).map((cell) => truncate(cell, CELL_CHARS))
  const head = shorten(columns)
  const shown: string[][] = []
  let room = SHOWN.characters - sizeOf(head)
  for (const row of rows.slice(0, SHOWN.rows - 1).map(shorten)) {
    room -= sizeOf(row)
    if (room < 0) break
    shown.push(row)
  }
  if (shown.length === 0) return undefined
  const isWhole = shown.length === rows.length && head.length === columns.length
  return { columns: head, rows: shown, ...(!isWhole && { of: { rows: rows.length, columns: columns.length } }) }
}

/** Slack takes no empty cell. */
const sizeOf = (row: string[]): number => row.reduce((sum, cell) => sum + Math.max(1, cell.length), 0)

/** Whether people need a file beside what Slack shows. */
export const isShownWhole = ({ columns, rows }: ResultTable, shown: ResultTable | undefined): boolean =>
  shown !== undefined && shown.of === undefined && [columns, ...rows].flat().every(({ length }) => length <= CELL_CHARS)

/** RFC 4180, and quoted where other lists are separated otherwise. What a spreadsheet would run as a formula is written as text. */
export const toCsv = ({ columns, rows }: ResultTable): string =>
  [columns, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('')

function csvCell(cell: string): string {
  const text = FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell
  return /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Signs of a formula, in East Asian width too, after whatever a spreadsheet passes over (owasp.org, CSV injection). */
const FORMULA = /^[\s\p{Cc}\p{Cf}"']*[=+\-@＝＋－＠]|^[\t\r\n]/u
const NUMBER = /^[+-]?\d[\d.,' ]*(?:e[+-]?\d+)?%?$|^[+-]?\.\d+$/i

function listIn(value: unknown): unknown[] | undefined {
  if (Array.isArray(value)) return value
  if (typeof value !== 'object' || value === null) return undefined
  const lists = Object.values(value).filter(Array.isArray)
  return lists.length === 1 ? lists[0] : undefined
}

type Flat = Record<string, string | number | boolean | null>

const isFlat = (row: unknown): row is Flat =>
  typeof row === 'object' &&
  row !== null &&
  !Array.isArray(row) &&
  Object.values(row).every((cell) => cell === null || typeof cell !== 'object')

const cellOf = (cell: Flat[string] | undefined): string => (cell === undefined || cell === null ? '' : String(cell))
