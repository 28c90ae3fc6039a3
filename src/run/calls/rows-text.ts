import { headOf, truncate } from '../../text.ts'
import type { RowSet } from './find-rows.ts'
import type { ResultPart } from './result-texts.ts'

/** Rows and the JSON they were found in. */
type RowsSource = { sets: RowSet[]; value?: unknown; json?: string; part?: ResultPart }

/** What is beside the rows, if it is longer than this, is the answer itself. */
const MOST_AROUND = 3_000
/** A longer cell is cut, unless there are few of them. */
const LEAST_CELL_CHARS = 300
/** Of the characters there are, what lines and marks of cuts take. */
const MARGIN = 400

/**
 * The text of an answer with its rows in a form that is short: the columns once, then a list a row, as many as there is room for. Undefined
 * where what is around the rows is too long itself.
 */
export function rowsTextOf(source: RowsSource, words: Map<unknown, string>, most: number): string | undefined {
  const { sets, value, json = '', part } = source
  const text = part?.type === 'text' ? part.text : json
  const plain = JSON.stringify(value, (_key, inner) => words.get(inner) ?? inner) ?? ''
  const whole = text.replace(json, () => plain)
  if (whole.length <= most) return whole
  const counts = new Map(sets.map((set) => [set.source, `(${set.rows.length} rows, see below)`] as const))
  const around = JSON.stringify(value, (_key, inner) => counts.get(inner) ?? words.get(inner) ?? inner) ?? ''
  const start = text.replace(json, () => (around.startsWith('"') ? '' : around))
  if (start.length > MOST_AROUND) return undefined
  return [start.trim(), ...listsOf(sets, most - start.length - MARGIN)].filter(Boolean).join('\n')
}

function listsOf(sets: RowSet[], chars: number): string[] {
  let room = chars
  return sets.map((set, at) => {
    const text = listOf(set, Math.floor(room / (sets.length - at)))
    room -= text.length
    return text
  })
}

function listOf({ columns, rows }: RowSet, room: number): string {
  const cells = Math.max(1, columns.length * rows.length)
  const cellChars = Math.max(LEAST_CELL_CHARS, Math.floor(room / cells) - 4)
  const lineOf = (row: unknown[]) =>
    JSON.stringify(row.map((cell) => (typeof cell === 'string' ? truncate(cell, cellChars) : (cell ?? null))))
  const lines = [headOf(JSON.stringify(columns), room)]
  let left = room - (lines[0]?.length ?? 0)
  for (const row of rows) {
    const line = lineOf(row)
    left -= line.length + 1
    if (left < 0) break
    lines.push(line)
  }
  const shown = lines.length - 1
  const head = shown === rows.length ? `${shown} rows` : `The first ${shown} of ${rows.length} rows`
  return [`${head}; the first line names the columns:`, ...lines].join('\n')
}
