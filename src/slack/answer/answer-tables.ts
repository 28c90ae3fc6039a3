import { lexer, type Token } from 'marked'
import { LIMITS } from '../../block-kit/limits.ts'
import type { ResultTable } from '../../run/calls/result-table.ts'
import type { RunState } from '../../run/state/state.ts'
import { joinWords } from '../blocks/text.ts'
import {
  cellEndsOf,
  MARKDOWN_START,
  type MarkdownPart,
  readContainers,
  readMarkdownLine,
  signsOf,
} from './scan-markdown.ts'

/** Without its head. */
const MOST_ROWS = LIMITS.table.rows - 1
const MOST_COLUMNS = LIMITS.table.columns

/** A table in Markdown; its lines stand without the signs of what it is in. */
type MarkdownTable = { from: number; containers: MarkdownPart[]; lines: string[] }

/** The tables of an answer that Slack shows in part, and the files that have them whole. */
export function largeTablesOf({ turns }: RunState): { fileName: string; table: ResultTable }[] {
  const tables = turns.flatMap(({ text }) => largeTablesIn(text.split('\n')))
  return tables.map(({ lines }, at) => ({ fileName: fileNameOf(at), table: toResultTable(lines) }))
}

/**
 * An answer's text with each table that is too large for Slack in part, and below it which file has the whole; `before` is how many
 * there were in earlier turns. While the text grows, a table at its end may go on.
 */
export function shortenTables(text: string, before: number, isGrowing = false): { text: string; count: number } {
  const lines = text.split('\n')
  const tables = largeTablesIn(lines)
  const shown: string[] = []
  let at = 0
  tables.forEach((table, index) => {
    const end = table.from + table.lines.length
    const part = lines.slice(table.from, Math.min(end, table.from + MOST_ROWS + 2))
    shown.push(...lines.slice(at, table.from), ...part.map((line) => firstColumns(table, line)))
    at = end
    if (!(isGrowing && isAtEnd(lines, end))) {
      shown.push('', `${signsOf(table.containers)}${noteOf(table, fileNameOf(before + index))}`)
      if (lines[end]?.trim()) shown.push('')
    } else if (rowsOf(table) > MOST_ROWS) {
      // Rows that are not shown must not move the end of what is.
      shown.push('')
      at = lines.length
    }
  })
  return { text: [...shown, ...lines.slice(at)].join('\n'), count: tables.length }
}

const isAtEnd = (lines: string[], end: number): boolean =>
  end === lines.length || (end === lines.length - 1 && lines[end] === '')

const fileNameOf = (at: number): string => `table-${at + 1}.csv`

function largeTablesIn(lines: string[]): MarkdownTable[] {
  const tables: MarkdownTable[] = []
  let place = MARKDOWN_START
  lines.forEach((line, at) => {
    place = readMarkdownLine(place, line)
    if (place.table === undefined) return
    const { content } = readContainers(place.containers, line)
    if (!place.table.isEmpty) tables.at(-1)?.lines.push(content)
    else tables.push({ from: at - 1, containers: place.containers, lines: [place.table.head, content] })
  })
  return tables.filter((table) => rowsOf(table) > MOST_ROWS || columnsOf(table) > MOST_COLUMNS)
}

const rowsOf = ({ lines }: MarkdownTable): number => lines.length - 2
const columnsOf = ({ lines }: MarkdownTable): number => cellEndsOf(lines[0] ?? '').length

function firstColumns(table: MarkdownTable, line: string): string {
  const { content } = readContainers(table.containers, line)
  return line.slice(0, line.length - content.length) + content.slice(0, cellEndsOf(content)[MOST_COLUMNS - 1])
}

function noteOf(table: MarkdownTable, fileName: string): string {
  const [rows, columns] = [rowsOf(table), columnsOf(table)]
  const parts = [
    ...(rows > MOST_ROWS ? [`the first ${MOST_ROWS} of ${rows} rows`] : []),
    ...(columns > MOST_COLUMNS ? [`the first ${MOST_COLUMNS} of ${columns} columns`] : []),
  ]
  return `_These are ${joinWords(parts)}; the whole table is in ${fileName}._`
}

function toResultTable(lines: string[]): ResultTable {
  const [table] = lexer(widened(lines).join('\n'))
  if (table?.type !== 'table') return { columns: [], rows: lines.map((line) => [line]) }
  const textsOf = (cells: { tokens: Token[] }[]) => cells.map(({ tokens }) => plainText(tokens))
  return { columns: textsOf(table.header), rows: table.rows.map(textsOf) }
}

/** A row may have more cells than the head, as where code holds the sign that parts them; a reader of Markdown drops those. */
function widened([head = '', delimiter = '', ...rows]: string[]): string[] {
  const surplus = rows.reduce((most, row) => Math.max(most, cellEndsOf(row).length), 0) - cellEndsOf(head).length
  if (surplus <= 0) return [head, delimiter, ...rows]
  return [`${closed(head)}${' |'.repeat(surplus)}`, `${closed(delimiter)}${'-|'.repeat(surplus)}`, ...rows]
}

const closed = (row: string): string => (/(?<!\\)\|\s*$/.test(row) ? row.trimEnd() : `${row.trimEnd()} |`)

const plainText = (tokens: Token[]): string => tokens.map(plainTextOfToken).join('')

function plainTextOfToken(token: Token): string {
  if (token.type === 'br' || /^<br\s*\/?>$/i.test(token.raw)) return '\n'
  const inner = 'tokens' in token && token.tokens ? plainText(token.tokens) : undefined
  const text = inner ?? ('text' in token ? String(token.text) : token.raw)
  // An address that was written as such is its own label.
  const isLabelled = token.type === 'link' && token.raw.startsWith('[') && token.href !== text
  return isLabelled ? `${text} (${token.href})` : text
}
