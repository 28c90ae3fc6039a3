import { holdersIn, isJsonLike, parseJson } from '../../json.ts'
import { checkPicture } from '../../model/check-picture.ts'
import { headOf, truncate } from '../../text.ts'
import { lostLettersIn } from '../files/binary-text.ts'
import { type FileSource, nameFile, readFileNameOf } from '../files/file-name.ts'
import type { EventOf } from '../state/events.ts'
import type { ResultFile, ShownResult } from '../state/shown-result.ts'
import { readByBytes, resultFilesOf } from './read-by-bytes.ts'
import type { ResultTable } from './result-table.ts'
import { distinctParts, isJson, type ResultPart, textOf, withStructured } from './result-texts.ts'
import { joinRowParts, shapeRows } from './shape-rows.ts'

export type ShapedResult = Pick<EventOf<'returned'>, 'text' | 'images' | 'files' | 'summary' | 'shown'>

type Call = FileSource['call']

/** Longer texts go into the thread as a file; the model gets their beginning. */
const LONG_TEXT_CHARS = 12_000
const EXCERPT_CHARS = 4_000
/** What one call may leave in the database and the thread, in base64 characters (some 6 MB). */
const FILES_MAX_CHARS = 8_000_000
/** Beyond a few, pictures only cost. */
const IMAGES_FOR_MODEL = 4
const SUMMARY_CHARS = 140

/** What the model is to follow is of no use in part: a skill or a prompt up to this length is read as a whole (some 15,000 tokens). */
export const FOLLOWED_CHARS = 60_000

/** Splits a result into what the model reads, what people get as files, and one line for the task list. `most`: of text, in characters. */
export async function shapeResult(
  call: Call,
  given: ResultPart[],
  structured: unknown,
  most = LONG_TEXT_CHARS,
): Promise<ShapedResult> {
  const read = await readParts(call, joinRowParts(call, given), structured)
  const { tables: found, files: csv, parts, summary } = await shapeRows(call, read, structured, most)
  const { text, whole, long } = bodyOf(parts, most)
  const files = [
    ...csv,
    ...(long === '' ? [] : [await textFile(call, long)]),
    ...parts.flatMap((part) => resultFilesOf(part)),
  ]
  const { kept, dropped } = withinLimit(distinctFiles(files))
  const tables = found.map((table) =>
    markUnstorable(dropped.some(({ name }) => name === table.file) ? withoutFile(table) : table),
  )
  const shown = shownOf(parts, tables)
  const { images, unseen } = picturesIn(parts)
  const notes = [
    ...emptyNotes(call, parts, whole),
    ...lostLettersNotes(whole),
    ...unseen,
    ...tables.map(shownNote),
    ...kept
      .filter(({ name }) => tables.every(({ file }) => file !== name))
      .map((file) => `[Posted in the thread as the file "${file.name}".]`),
    ...dropped.map((file) => `[The file "${file.name}" was too large to post.]`),
  ]
  return {
    text: [withoutEncoded(text), ...notes].filter(Boolean).join('\n') || '(no output)',
    images,
    files: kept,
    summary: summary ?? (inShort(joinTexts(read)) || notes.join(' ') || 'done'),
    ...(shown && { shown }),
  }
}

/**
 * JSON may spell what Postgres cannot keep with an escape. It is marked, not taken out: the letters around it might spell a secret.
 */
function markUnstorable({ columns, rows, name, ...table }: ResultTable): ResultTable {
  const mark = (text: string) => text.replaceAll('\0', '\ufffd').toWellFormed()
  return {
    ...table,
    ...(name !== undefined && { name: mark(name) }),
    columns: columns.map(mark),
    rows: rows.map((row) => row.map(mark)),
  }
}

/** A later call's rows take the place of these. */
function shownNote({ rows, of, file }: ResultTable): string {
  const size = of === undefined ? `${rows.length} rows` : `its first ${rows.length} of ${of.rows} rows`
  const whole = file === undefined ? '' : `, and whole as the file "${file}"`
  return `[Shown below your answer as a table of ${size}${whole}, unless a later call gives rows.]`
}

const withoutFile = ({ file: _, ...table }: ResultTable): ResultTable => table

/** The texts of a result that cannot be shaped, as they came. */
export function plainResultOf(parts: ResultPart[]): ShapedResult {
  const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')
  const note = '[The call was made, but its whole answer cannot be read; do not repeat it for this.]'
  return {
    text: [headOf(text, LONG_TEXT_CHARS), note].filter(Boolean).join('\n'),
    images: [],
    files: [],
    summary: 'done, but its answer cannot be read',
  }
}

/** Repeats are known best before anything is read out of its disguise, and once more after that. */
async function readParts(call: Call, given: ResultPart[], structured: unknown): Promise<ResultPart[]> {
  const parts = distinctParts(withStructured(distinctParts(given), structured))
  const read = await Promise.all(parts.map((part) => readByBytes(part, call)))
  return distinctParts(read.flat())
}

const joinTexts = (parts: ResultPart[]): string => parts.map(textOf).filter(Boolean).join('\n')

type Body = {
  /** What the model reads. */
  text: string
  whole: string
  /** What of it is cut and in no file yet. */
  long: string
}

/** Of what is too long, the model reads the beginning; texts of resources are files anyway. */
function bodyOf(parts: ResultPart[], most: number): Body {
  const whole = joinTexts(parts)
  if (whole.length <= most) return { text: whole, whole, long: '' }
  const plain = joinTexts(parts.filter(({ type }) => type !== 'resource'))
  const text = `${headOf(whole, EXCERPT_CHARS)}\n[… ${whole.length} characters in all; only the beginning is shown here.]`
  return { text, whole, long: whole.startsWith(plain) && plain.length <= EXCERPT_CHARS ? '' : plain }
}

/** A text without a character is what an empty file holds. */
function emptyNotes(call: Call, parts: ResultPart[], whole: string): string[] {
  const name = whole === '' && parts.some(({ type }) => type === 'text') ? readFileNameOf(call) : undefined
  return name === undefined ? [] : [`${name} is empty.`]
}

function lostLettersNotes(text: string): string[] {
  const lost = lostLettersIn(text)
  const letters = lost === 1 ? '1 letter is' : `${lost} letters are`
  return lost === 0 ? [] : [`[${letters} missing (\ufffd): this was read in a wrong encoding before it came.]`]
}

/** More links than this are a listing, which the model sums up. */
const LINKS_SHOWN = 10

function shownOf(parts: ResultPart[], [table, ...moreTables]: ResultTable[]): ShownResult | undefined {
  const links = parts.flatMap((part) => (part.type === 'link' ? [{ uri: part.uri, name: part.name }] : []))
  if (links.length === 0 && table === undefined) return undefined
  return {
    ...(table && { table }),
    ...(moreTables.length > 0 && { moreTables }),
    ...(links.length > 0 && { links: links.slice(0, LINKS_SHOWN) }),
  }
}

/** A long run of base64 in a text: a file in disguise, which would only fill the model's context. */
const ENCODED = /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{2000,}={0,2}/g

const withoutEncoded = (text: string): string =>
  text.replace(ENCODED, (run) =>
    /[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run)
      ? `[${Math.ceil((run.length * 3) / 4 / 1024)} KB of encoded data left out]`
      : run,
  )

/** A file is posted once; two files of one call do not share a name, as the model speaks of them by it. */
function distinctFiles(files: ResultFile[]): ResultFile[] {
  const taken = new Map<string, Set<string>>()
  return files.flatMap((file) => {
    const held = taken.get(file.name) ?? new Set()
    if (held.has(file.data)) return []
    taken.set(file.name, held.add(file.data))
    return [held.size === 1 ? file : { ...file, name: file.name.replace(/(\.[^.]*)?$/, `-${held.size}$1`) }]
  })
}

/** One line for people: of text its first, of JSON what it holds in a few words (`12 rows`), or nothing. */
function inShort(text: string): string {
  const value = isJsonLike(text) ? parseJson(text) : undefined
  if (value === undefined) return firstLineOf(text)
  const list = firstList(value, 'entries')
  if (!list) return ''
  const name = list.length === 1 ? list.name.replace(/ies$/, 'y').replace(/s$/, '') : list.name
  return `${list.length.toLocaleString('en')} ${name.replaceAll('_', ' ')}`
}

/** The outermost list of a value, breadth first, under the name it has there. */
function firstList(value: unknown, name: string): { name: string; length: number } | undefined {
  for (const [called, holder] of holdersIn(value, name))
    if (Array.isArray(holder)) return { name: called, length: holder.length }
  return undefined
}

/** The first line of a text, cut after a word where it is too long for a task line. */
export const firstLineOf = (text: string): string => truncate(text.trim().split('\n', 1)[0] ?? '', SUMMARY_CHARS)

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')

async function textFile(call: Call, text: string): Promise<ResultFile> {
  const mimeType = isJson(text) ? 'application/json' : 'text/plain'
  return { ...(await nameFile({ call, mimeType }, 'text')), data: base64(text) }
}

function withinLimit(files: ResultFile[]): { kept: ResultFile[]; dropped: ResultFile[] } {
  let room = FILES_MAX_CHARS
  const kept: ResultFile[] = []
  const dropped: ResultFile[] = []
  for (const file of files) {
    const fits = file.data.length <= room
    if (fits) room -= file.data.length
    ;(fits ? kept : dropped).push(file)
  }
  return { kept, dropped }
}

/** The pictures the model can take, with the type their bytes have, and a note for each of the others. */
function picturesIn(parts: ResultPart[]): { images: ShapedResult['images']; unseen: string[] } {
  const checked = parts.flatMap((part) => (part.type === 'image' ? [checkPicture(part.data)] : []))
  const fit = checked.flatMap((one) => ('refused' in one ? [] : [{ mimeType: one.type, data: one.data }]))
  const refused = checked.flatMap((one) =>
    'refused' in one ? [`[You cannot see a picture of it: ${one.refused}.]`] : [],
  )
  const more = fit.length - IMAGES_FOR_MODEL
  const others =
    more > 0 ? [`[You see the first ${IMAGES_FOR_MODEL} pictures; ${more} more are not shown to you.]`] : []
  return { images: fit.slice(0, IMAGES_FOR_MODEL), unseen: [...refused, ...others] }
}
