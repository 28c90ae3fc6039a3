import { decodeStrictly } from '../files/decode-strictly.ts'
import { decodeWholeFile } from '../files/encoded-files.ts'
import { describeFile, fileTypeIn } from '../files/file-type.ts'
import { bytesIn, extendedIn, type RowSet } from './find-rows.ts'

/** Bytes as Postgres writes them. */
const HEX = /^\\x((?:[0-9a-f]{2}){4,})$/i
/** What may be a file in base64; decoding tells. */
const LONG_WORD = /^[\w+/-]{64,}={0,2}$/
/** Shorter bytes without a known start are a key or a hash. */
const SHOWN_BYTES = 32

/** The cells of rows that are bytes, each with what it is in words: "PNG, 60 KB". */
export async function describeBytesIn(sets: RowSet[]): Promise<Map<unknown, string>> {
  const cells = sets.flatMap(({ rows }) => rows.flat().filter(mayBeBytes))
  const described = await Promise.all(
    cells.map(async (cell): Promise<[unknown, string][]> => {
      const bytes = bytesIn(cell) ?? (typeof cell === 'string' ? await bytesOfText(cell) : undefined)
      return bytes === undefined ? [] : [[cell, await bytesText(bytes)]]
    }),
  )
  return new Map(described.flat())
}

/** The rows with these words in the place of their bytes, and MongoDB's objects as the values they stand for. */
export const withBytesDescribed = (set: RowSet, words: Map<unknown, string>): RowSet => ({
  ...set,
  rows: set.rows.map((row) => row.map((cell) => words.get(cell) ?? extendedIn(cell) ?? cell)),
})

const mayBeBytes = (cell: unknown): boolean =>
  typeof cell === 'string' ? HEX.test(cell) || LONG_WORD.test(cell) : bytesIn(cell) !== undefined

async function bytesOfText(text: string): Promise<Buffer | undefined> {
  const hex = HEX.exec(text)?.[1]
  return hex === undefined ? (await decodeWholeFile(text))?.bytes : Buffer.from(hex, 'hex')
}

async function bytesText(bytes: Buffer): Promise<string> {
  const type = await fileTypeIn(bytes)
  if (type !== undefined) return describeFile(type, bytes.length)
  const text = decodeStrictly(bytes, 'utf-8')
  if (text !== undefined) return text
  return bytes.length <= SHOWN_BYTES ? `0x${bytes.toString('hex')}` : `data ${describeFile(undefined, bytes.length)}`
}

/** A cell in words; what is nested as JSON. `nullText` stands for NULL. */
export function cellTextOf(cell: unknown, nullText: string): string {
  if (cell === null) return nullText
  if (cell === undefined) return ''
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell)
}
