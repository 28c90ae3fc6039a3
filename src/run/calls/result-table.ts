import { truncate } from '../../text.ts'
import type { ShownResult } from '../state/shown-result.ts'

export type ResultTable = NonNullable<ShownResult['table']>

/** What Slack shows as one table beside its head (docs.slack.dev/reference/block-kit/blocks/data-table-block); block-kit holds the same numbers. */
const SHOWN = { rows: 100, columns: 20, characters: 10_000 }
/** Cells are cut to the first of these with which all rows have room. */
const CELL_CHARS = [300, 120, 60]
/** Some rows fit with this in any case. */
const LEAST_CELL_CHARS = 30

/** What Slack shows of a table: its first columns and rows, with long cells cut. */
export function toSlackTable(table: ResultTable): ResultTable {
  const most = Math.min(SHOWN.rows, table.rows.length)
  const wide = CELL_CHARS.map((cellChars) => shortenTable(table, cellChars))
  return wide.find(({ rows }) => rows.length === most) ?? shortenTable(table, LEAST_CELL_CHARS)
}

function shortenTable(table: ResultTable, cellChars: number): ResultTable {
  const shorten = (row: string[]) => row.slice(0, SHOWN.columns).map((cell) => truncate(onOneLine(cell), cellChars))
  const columns = shorten(table.columns)
  const rows: string[][] = []
  let room = SHOWN.characters - sizeOf(columns)
  for (const row of table.rows.slice(0, SHOWN.rows).map(shorten)) {
    room -= sizeOf(row)
    if (room < 0) break
    rows.push(row)
  }
  const isWhole = rows.length === table.rows.length && columns.length === table.columns.length
  return {
    ...table,
    columns,
    rows,
    ...(!isWhole && { of: { rows: table.rows.length, columns: table.columns.length } }),
  }
}

/** A cell of Slack's is one line. */
const onOneLine = (cell: string): string => cell.trim().replace(/[^\S\n]*\r?\n\s*/g, ' ↵ ')

/** Slack takes no empty cell. */
const sizeOf = (row: string[]): number => row.reduce((sum, cell) => sum + Math.max(1, cell.length), 0)

/** Whether people need a file beside what Slack shows. */
export const isShownWhole = (table: ResultTable, shown: ResultTable | undefined): boolean =>
  shown !== undefined &&
  shown.of === undefined &&
  [table.columns, ...table.rows].every((row, at) =>
    row.every((cell, column) => onOneLine(cell) === [shown.columns, ...shown.rows][at]?.[column]),
  )

/** RFC 4180, and quoted where other lists are separated otherwise. What a spreadsheet would run as a formula is written as text. */
export const toCsv = ({ columns, rows }: Pick<ResultTable, 'columns' | 'rows'>): string =>
  [columns, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('')

function csvCell(cell: string): string {
  const text = FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell
  return /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Signs of a formula, in East Asian width too, after whatever a spreadsheet passes over (owasp.org, CSV injection). */
const FORMULA = /^[\s\p{Cc}\p{Cf}"']*[=+\-@＝＋－＠]|^[\t\r\n]/u
const NUMBER = /^[+-]?\d[\d.,' ]*(?:e[+-]?\d+)?%?$|^[+-]?\.\d+$/i
