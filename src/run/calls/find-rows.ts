import { isJsonLike } from '../../json.ts'

/** Rows as a server gave them. */
export type RowSet = {
  columns: string[]
  rows: unknown[][]
  /** The list that holds them in the value they were found in. */
  source: unknown
  /** The statement they are of, and how many rows it read or changed, where the server says so. */
  sql?: string | undefined
  count?: number | undefined
}

/** Rows that share no columns would be a table of mostly empty cells. */
const MAX_CELLS = 2_000_000
/** Rows lie in other values at most so deep, with so many beside them. */
const MAX_DEPTH = 6
const MAX_HOLDERS = 5_000

/** What only rows are called; an empty list of that name is a result without rows. */
const ROWS_KEY = /^(?:rows|records|record_?set|documents)$/i
/** What holds results. */
const RESULT_KEY =
  /^(?:rows|records|record_?set|documents|docs|data|results?|result_?set|statements|items|values|hits)$/i
const COLUMN_KEYS = ['columns', 'column_names', 'columnNames', 'fields', 'headers']
const GRID_KEYS = ['rows', 'data', 'values', 'records', 'data_array']
const COUNT_KEY = /^(?:count|row_?count|affected_?rows|rows_?affected|changes)$/i

type Fields = { [name: string]: unknown }

type Place = { value: unknown; key: string; owner: Fields }

/** All rows in the answer to a query, wherever they lie in it, the outermost first. */
export function findRowSets(value: unknown): RowSet[] {
  const sets: RowSet[] = []
  let level: Place[] = [{ value, key: 'rows', owner: {} }]
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
    const found = level.slice(0, MAX_HOLDERS).map((place) => ({ place, set: rowSetOf(place) }))
    sets.push(...found.flatMap(({ set }) => set ?? []))
    level = found.flatMap(({ place, set }) => (set === undefined ? placesBelow(place) : []))
  }
  return sets
}

function rowSetOf({ value, key, owner }: Place): RowSet | undefined {
  const set = Array.isArray(value) ? setOfList(value, ROWS_KEY.test(key)) : gridIn(value)
  return set && { ...set, ...statementOf(Array.isArray(value) ? owner : value) }
}

function setOfList(list: unknown[], isNamed: boolean): RowSet | undefined {
  if (list.length === 0) return isNamed ? { columns: [], rows: [], source: list } : undefined
  return list.every((row): row is Fields => isRow(row, isNamed)) ? toRowSet(list) : undefined
}

/** What is not rows itself may hold them; beside rows nothing else is looked at, as columns can be a list of objects too. */
function placesBelow({ value, key: name }: Place): Place[] {
  if (Array.isArray(value)) return value.filter(isFields).map((inner) => ({ value: inner, key: name, owner: {} }))
  if (!isFields(value)) return []
  const fields = Object.entries(value).filter(([, inner]) => typeof inner === 'object' && inner !== null)
  const named = fields.filter(([key, inner]) => ROWS_KEY.test(key) && Array.isArray(inner))
  return (named.length > 0 ? named : fields).map(([key, inner]) => ({ value: inner, key, owner: value }))
}

/** Rows as lists, with the names of their columns beside them. */
function gridIn(value: unknown): RowSet | undefined {
  if (!isFields(value)) return undefined
  const columns = COLUMN_KEYS.map((key) => columnsIn(value[key])).find((one) => one !== undefined)
  const rows = GRID_KEYS.map((key) => value[key]).find(Array.isArray)
  const isGrid = rows?.every((row): row is unknown[] => Array.isArray(row) && row.length === columns?.length)
  return columns !== undefined && rows !== undefined && rows.length > 0 && isGrid
    ? { columns, rows, source: rows }
    : undefined
}

function columnsIn(value: unknown): string[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined
  const names = value.map((one) => (isFields(one) ? one.name : one))
  return names.every((name) => typeof name === 'string') ? names : undefined
}

/** A row holds values, and an object or list only now and then; what holds results is none. */
function isRow(value: unknown, isNamed: boolean): value is Fields {
  if (!isFields(value) || bytesIn(value) !== undefined) return false
  const fields = Object.entries(value)
  if (fields.some(([key, inner]) => Array.isArray(inner) && RESULT_KEY.test(key))) return false
  return isNamed || fields.filter(([, inner]) => isNested(inner)).length * 3 <= fields.length
}

const isNested = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && bytesIn(value) === undefined && extendedIn(value) === undefined

/** The rows of any other tool: a list of flat objects, by itself or as the only list in an object. */
export function findFlatRows(value: unknown): RowSet[] {
  const list = listIn(value)
  const isFlat = (row: unknown): row is Fields =>
    isFields(row) && Object.values(row).every((cell) => cell === null || typeof cell !== 'object')
  const set = list?.every(isFlat) && list.length > 0 ? toRowSet(list) : undefined
  return set === undefined ? [] : [set]
}

function listIn(value: unknown): unknown[] | undefined {
  if (Array.isArray(value)) return value
  const lists = isFields(value) ? Object.values(value).filter(Array.isArray) : []
  return lists.length === 1 ? lists[0] : undefined
}

function toRowSet(list: Fields[]): RowSet | undefined {
  const columns = [...new Set(list.flatMap((row) => Object.keys(row)))]
  if (columns.length === 0 || columns.length * list.length > MAX_CELLS) return undefined
  return { columns, rows: list.map((row) => columns.map((column) => row[column])), source: list }
}

function statementOf(owner: unknown): Pick<RowSet, 'sql' | 'count'> {
  if (!isFields(owner)) return {}
  const count = Object.entries(owner).find(([key, value]) => COUNT_KEY.test(key) && typeof value === 'number')?.[1]
  return {
    ...(typeof owner.sql === 'string' && { sql: owner.sql }),
    ...(typeof count === 'number' && { count }),
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Bytes as JSON has them: by number, as a byte array gives them, or as Node's buffers. */
export function bytesIn(value: unknown): Buffer | undefined {
  if (!isFields(value)) return undefined
  if (value.type === 'Buffer' && Array.isArray(value.data)) return bytesOfList(value.data)
  const keys = Object.keys(value)
  return keys.length > 0 && keys.every((key, at) => key === String(at)) ? bytesOfList(Object.values(value)) : undefined
}

const bytesOfList = (list: unknown[]): Buffer | undefined =>
  list.every((one): one is number => typeof one === 'number' && Number.isInteger(one) && one >= 0 && one < 256)
    ? Buffer.from(list)
    : undefined

/** MongoDB writes ids, dates and large numbers as objects with one field. */
export function extendedIn(value: unknown): unknown {
  if (!isFields(value)) return undefined
  const [entry, ...others] = Object.entries(value)
  if (entry === undefined || others.length > 0) return undefined
  const [key, inner] = entry
  if (key === '$binary' && isFields(inner)) return inner.base64
  return /^\$(?:oid|date|number\w+|uuid|symbol)$/.test(key) ? (extendedIn(inner) ?? inner) : undefined
}

/** The JSON in a text with words around it, from the first line that begins with a bracket to the last that ends with one. */
export function jsonTextIn(text: string): string | undefined {
  if (isJsonLike(text)) return text
  const start = /^[ \t]*[[{]/m.exec(text)?.index
  const end = Math.max(text.lastIndexOf(']'), text.lastIndexOf('}')) + 1
  return start === undefined || end <= start ? undefined : text.slice(start, end)
}

/** The value of a JSON text, or of one object a line; numbers that a program would round stay as they are written. */
export function parseRows(text: string): unknown {
  const lines = text.trim().split('\n')
  const whole = parseExactly(text)
  if (whole !== undefined || lines.length < 2) return whole
  const rows = lines.map((line) => (line.trim().startsWith('{') ? parseExactly(line) : undefined))
  return rows.every((row) => row !== undefined) ? rows : undefined
}

function parseExactly(text: string): unknown {
  try {
    return JSON.parse(text, (...[, value, context]: unknown[]) => exactNumber(value, context))
  } catch (error) {
    // A reviver walks the value, however deep it is.
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined
    throw error
  }
}

function exactNumber(value: unknown, context: unknown): unknown {
  if (typeof value !== 'number' || !isFields(context) || typeof context.source !== 'string') return value
  return String(value) === context.source ? value : context.source
}
