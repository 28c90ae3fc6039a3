import { parseJson } from '../../json.ts'
import { checkPicture } from '../../model/check-picture.ts'
import { headOf, truncate } from '../../text.ts'
import { decodeText } from '../files/decode-text.ts'
import type { EventOf, ResultFile, ShownResult } from '../state/events.ts'
import { isSlackTableSize, resultTableIn, toCsv, toSlackTable } from './result-table.ts'
import { isJson, isJsonLike, type ResultPart, textsIn } from './result-texts.ts'

export type ShapedResult = Pick<EventOf<'returned'>, 'text' | 'images' | 'files' | 'summary' | 'shown'>

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
export function shapeResult(
  tool: string,
  given: ResultPart[],
  structured: unknown,
  most = LONG_TEXT_CHARS,
): ShapedResult {
  const parts = given.map(readByBytes)
  const texts = textsIn(parts, structured)
  const table = resultTableIn(structured)
  const shown = shownOf(parts, table)
  const csv = table === undefined || isSlackTableSize(table) ? [] : [csvFile(tool, toCsv(table))]
  const media = [...csv, ...parts.flatMap((part) => fileOf(part))]
  const whole = texts.join('\n')
  const long = whole.length > most ? [textFile(tool, whole)] : []
  const { kept, dropped } = withinLimit(distinctNames([...long, ...media]))
  const { images, unseen } = picturesIn(parts)
  const notes = [
    ...unseen,
    ...(shown?.table === undefined ? [] : [`[Shown in the thread as a table of ${shown.table.rows.length} rows.]`]),
    ...kept.map((file) => `[Posted in the thread as the file "${file.name}".]`),
    ...dropped.map((file) => `[The file "${file.name}" was too large to post.]`),
  ]
  const body =
    long.length > 0
      ? `${headOf(whole, EXCERPT_CHARS)}\n[… ${whole.length} characters in all; only the beginning is shown here.]`
      : whole
  return {
    text: [withoutEncoded(body), ...notes].filter(Boolean).join('\n') || '(no output)',
    images,
    files: kept,
    summary: inShort(whole) || notes.join(' ') || 'done',
    ...(shown && { shown }),
  }
}

/** Bytes decide what a blob is: a picture, a text, or a file. */
function readByBytes(part: ResultPart): ResultPart {
  if (part.type !== 'resource' || part.data === undefined) return part
  const { data, uri, mimeType } = part
  const bytes = Buffer.from(data, 'base64')
  if (bytes.length === 0) return { type: 'resource', uri, mimeType, text: '' }
  const text = decodeText(bytes)
  return text === undefined ? part : { type: 'resource', uri, mimeType, text }
}

/** More links than this are a listing, which the model sums up. */
const LINKS_SHOWN = 10

function shownOf(parts: ResultPart[], table: ReturnType<typeof resultTableIn>): ShownResult | undefined {
  const links = parts.flatMap((part) => (part.type === 'link' ? [{ uri: part.uri, name: part.name }] : []))
  const fitting = table !== undefined && isSlackTableSize(table) ? { table: toSlackTable(table) } : {}
  const some = links.length === 0 ? {} : { links: links.slice(0, LINKS_SHOWN) }
  return links.length === 0 && fitting.table === undefined ? undefined : { ...fitting, ...some }
}

/** A long run of base64 in a text: a file in disguise, which would only fill the model's context. */
const ENCODED = /[A-Za-z0-9+/]{2000,}={0,2}/g

const withoutEncoded = (text: string): string =>
  text.replace(ENCODED, (run) =>
    /[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run)
      ? `[${Math.ceil((run.length * 3) / 4 / 1024)} KB of encoded data left out]`
      : run,
  )

/** Two files of one call do not share a name: the model speaks of them by it. */
function distinctNames(files: ResultFile[]): ResultFile[] {
  const taken = new Map<string, number>()
  return files.map((file) => {
    const count = (taken.get(file.name) ?? 0) + 1
    taken.set(file.name, count)
    return count === 1 ? file : { ...file, name: file.name.replace(/(\.[^.]*)?$/, `-${count}$1`) }
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
  const queue: [string, unknown][] = [[name, value]]
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    if (Array.isArray(at[1])) return { name: at[0], length: at[1].length }
    if (typeof at[1] === 'object' && at[1] !== null) queue.push(...Object.entries(at[1]))
  }
  return undefined
}

/** The first line of a text, cut after a word where it is too long for a task line. */
export const firstLineOf = (text: string): string => truncate(text.trim().split('\n', 1)[0] ?? '', SUMMARY_CHARS)

function fileOf(part: ResultPart): ResultFile[] {
  switch (part.type) {
    case 'text':
    case 'link':
      return []
    case 'image':
    case 'audio':
      return [{ name: `${part.type}.${extensionOf(part.mimeType)}`, mimeType: part.mimeType, data: part.data }]
    case 'resource': {
      const mimeType = part.mimeType ?? 'application/octet-stream'
      if (part.data !== undefined) return [{ name: lastSegment(part.uri), mimeType, data: part.data }]
      const text = part.text ?? ''
      return text === ''
        ? []
        : [{ name: lastSegment(part.uri), mimeType: part.mimeType ?? 'text/plain', data: base64(text) }]
    }
    default:
      return part satisfies never
  }
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')

const csvFile = (tool: string, csv: string): ResultFile => ({
  name: `${tool.replace(/[^\w-]+/g, '-')}.csv`,
  mimeType: 'text/csv',
  data: base64(csv),
})

const textFile = (tool: string, text: string): ResultFile => ({
  name: `${tool.replace(/[^\w-]+/g, '-')}.${isJson(text) ? 'json' : 'txt'}`,
  mimeType: isJson(text) ? 'application/json' : 'text/plain',
  data: base64(text),
})

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

/** Where the usual ending is not the type's own name. */
const EXTENSIONS: Record<string, string> = { 'audio/mpeg': 'mp3', 'audio/mp4': 'm4a', 'image/svg+xml': 'svg' }

const extensionOf = (mimeType: string): string =>
  EXTENSIONS[mimeType] ?? (mimeType.split('/')[1] ?? 'bin').replace(/^x-|[+;].*$/g, '')
const lastSegment = (uri: string): string => uri.split(/[?#]/, 1)[0]?.split('/').filter(Boolean).at(-1) ?? 'file'
