import { z } from 'zod'

const Row = z.record(z.string(), z.json())
export type ResultRow = z.infer<typeof Row>

/** What a database gave back: rows, or how many it changed. Of many rows only the first may be here. `shown`: the app has a table of them. */
export type ResultRows = { rows: ResultRow[]; total: number; changed: number | undefined; shown: boolean }

/** What the app says below a result of what it shows and posts. */
const NOTE = /^\[(?:Shown|Posted|The file|The picture)\b.*\]$/
const SHOWN = /^\[Shown below your answer as a table\b/
/** How the app writes rows for a model where there are many. */
const LISTED = /^(?:The first [\d,]+ of )?([\d,]+) rows; the first line names the columns:\n((?:\[.*\]\n?)+)/m
const CHANGED = /^Done: ([\d,]+) rows? changed\.$/

/** The rows in a result; undefined when the text holds none that can be read. */
export function readRows(text: string): ResultRows | undefined {
  const lines = text.trim().split('\n')
  const shown = lines.some((line) => SHOWN.test(line))
  const body = lines.filter((line) => !NOTE.test(line)).join('\n')
  const changed = CHANGED.exec(body)?.[1]
  if (changed !== undefined) return { rows: [], total: 0, changed: readCount(changed), shown }
  if (body === 'No rows.') return { rows: [], total: 0, changed: undefined, shown }
  const [, total = '', listed] = LISTED.exec(body) ?? []
  if (listed !== undefined)
    return { rows: rowsOfLines(listed.trim().split('\n')), total: readCount(total), changed: undefined, shown }
  const value = jsonIn(body)
  const sets = setsIn(value)
  if (sets.length === 0) return undefined
  const [first] = sets
  const rows = sets.flatMap((set) => set.rows)
  return { rows, total: rows.length, changed: sets.length === 1 ? first?.count : undefined, shown }
}

const readCount = (digits: string): number => Number(digits.replaceAll(',', ''))

function rowsOfLines(lines: string[]): ResultRow[] {
  const [names = [], ...rows] = lines.map((line) => z.array(z.json()).safeParse(jsonIn(line)).data ?? [])
  return rows.map((row) => Object.fromEntries(names.map((name, at) => [String(name), row[at] ?? null])))
}

/** The JSON in a text with words around it. Cut off on its way here, it is none. */
function jsonIn(text: string): unknown {
  const start = text.search(/[[{]/)
  const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'))
  if (start < 0 || end < start) return undefined
  try {
    return JSON.parse(text.slice(start, end + 1))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return undefined
  }
}

type RowSet = { rows: ResultRow[]; count: number | undefined }

const Rows = z.array(Row)
const Counted = z.looseObject({ rows: Rows, count: z.number().optional() })
const Holder = z.record(z.string(), z.unknown())

/** Lists of rows, wherever they lie in a value, each with the count beside it. */
function setsIn(value: unknown, depth = 0): RowSet[] {
  if (depth > MAX_DEPTH) return []
  const counted = Counted.safeParse(value)
  if (counted.success) return [{ rows: counted.data.rows, count: counted.data.count }]
  if (!Array.isArray(value))
    return Object.values(Holder.safeParse(value).data ?? {}).flatMap((one) => setsIn(one, depth + 1))
  const inner = value.flatMap((one) => setsIn(one, depth + 1))
  const rows = inner.length > 0 ? undefined : Rows.safeParse(value).data
  return rows === undefined || rows.length === 0 ? inner : [{ rows, count: undefined }]
}

const MAX_DEPTH = 5
