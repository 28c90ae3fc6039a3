import { truncate } from '../../text.ts'
import type { ShownResult } from '../state/events.ts'

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

export function isSlackTableSize({ columns, rows }: ResultTable): boolean {
  const characters = [columns, ...rows]
    .flat()
    .reduce((sum, cell) => sum + Math.max(1, Math.min(cell.length, CELL_CHARS)), 0)
  return rows.length < SHOWN.rows && columns.length <= SHOWN.columns && characters <= SHOWN.characters
}

/** Cut where a cell is too long to be read in a table. */
export const toSlackTable = ({ columns, rows }: ResultTable): ResultTable => ({
  columns: columns.map(shortCell),
  rows: rows.map((row) => row.map(shortCell)),
})

const shortCell = (cell: string): string => truncate(cell, CELL_CHARS)

/** RFC 4180. What a spreadsheet would run as a formula is written as text. */
export const toCsv = ({ columns, rows }: ResultTable): string =>
  [columns, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('')

function csvCell(cell: string): string {
  const text = /^[=+\-@\t\r]/.test(cell) && !/^[+-]?[\d.]+(?:e[+-]?\d+)?$/i.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

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
