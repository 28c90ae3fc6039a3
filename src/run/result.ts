import type { EventOf, ResultFile } from './events.ts'

/** What a tool gave back, as mcp/ reports it. */
export type Part =
  | { type: 'text'; text: string }
  | { type: 'image' | 'audio'; mimeType: string; data: string }
  | {
      type: 'resource'
      uri: string
      mimeType?: string | undefined
      text?: string | undefined
      data?: string | undefined
    }
  | { type: 'link'; uri: string; name: string }

export type Shaped = Pick<EventOf<'returned'>, 'text' | 'images' | 'files' | 'summary'>

/** Longer texts go into the thread as a file; the model gets their beginning. */
const LONG_TEXT_CHARS = 12_000
const EXCERPT_CHARS = 4_000
/** What one call may leave in the database and the thread, in base64 characters (some 6 MB). */
const FILES_MAX_CHARS = 8_000_000
/** The API takes images up to 5 MB; beyond a few they only cost. */
const IMAGES_FOR_MODEL = 4
const IMAGE_FOR_MODEL_CHARS = 2_000_000
const MODEL_IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp']
const SUMMARY_CHARS = 140

/** Splits a result into what the model reads, what people get as files, and one line for the task list. */
export function shapeResult(tool: string, parts: Part[], structured: unknown): Shaped {
  const texts = parts.flatMap((part) => textOf(part))
  if (texts.length === 0 && structured !== undefined) texts.push(JSON.stringify(structured))
  const media = parts.flatMap((part) => fileOf(part))
  const whole = texts.join('\n')
  const long = whole.length > LONG_TEXT_CHARS ? [textFile(tool, whole)] : []
  const { kept, dropped } = withinLimit([...long, ...media])
  const notes = [
    ...kept.map((file) => `[Posted in the thread as the file "${file.name}".]`),
    ...dropped.map((file) => `[The file "${file.name}" was too large to post.]`),
  ]
  const body =
    long.length > 0
      ? `${whole.slice(0, EXCERPT_CHARS).toWellFormed()}\n[… ${whole.length} characters in all; only the beginning is shown here.]`
      : whole
  return {
    text: [body, ...notes].filter(Boolean).join('\n') || '(no output)',
    images: imagesForModel(parts),
    files: kept,
    summary: inShort(whole) || notes.join(' ') || 'done',
  }
}

/** One line for people: of text its first, of JSON what it holds in a few words (`12 rows`), or nothing. */
function inShort(text: string): string {
  const value = looksLikeJson(text) ? parsed(text) : undefined
  if (value === undefined) return oneLine(text)
  const list = firstList(value, 'entries')
  if (!list) return ''
  const name = list.length === 1 ? list.name.replace(/ies$/, 'y').replace(/s$/, '') : list.name
  return `${list.length.toLocaleString('en')} ${name.replaceAll('_', ' ')}`
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // It only looked like JSON.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
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
export function oneLine(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? ''
  if (line.length <= SUMMARY_CHARS) return line
  const head = line.slice(0, SUMMARY_CHARS - 1).toWellFormed()
  return `${head.replace(/\s+\S{0,24}$/, '') || head}…`
}

function textOf(part: Part): string[] {
  if (part.type === 'text') return [part.text]
  if (part.type === 'link') return [`${part.name}: ${part.uri}`]
  return part.type === 'resource' && part.text !== undefined ? [`${part.uri}:\n${part.text}`] : []
}

function fileOf(part: Part): ResultFile[] {
  switch (part.type) {
    case 'text':
    case 'link':
      return []
    case 'image':
    case 'audio':
      return [{ name: `${part.type}.${extensionOf(part.mimeType)}`, mimeType: part.mimeType, data: part.data }]
    case 'resource': {
      const mimeType = part.mimeType ?? 'application/octet-stream'
      return part.data === undefined ? [] : [{ name: lastSegment(part.uri), mimeType, data: part.data }]
    }
    default:
      return part satisfies never
  }
}

const textFile = (tool: string, text: string): ResultFile => ({
  name: `${tool.replace(/[^\w-]+/g, '-')}.${looksLikeJson(text) ? 'json' : 'txt'}`,
  mimeType: looksLikeJson(text) ? 'application/json' : 'text/plain',
  data: Buffer.from(text, 'utf8').toString('base64'),
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

const imagesForModel = (parts: Part[]): Shaped['images'] =>
  parts
    .flatMap((part) => (part.type === 'image' ? [{ mimeType: part.mimeType, data: part.data }] : []))
    .filter((image) => MODEL_IMAGE_TYPES.includes(image.mimeType) && image.data.length <= IMAGE_FOR_MODEL_CHARS)
    .slice(0, IMAGES_FOR_MODEL)

const extensionOf = (mimeType: string): string => (mimeType.split('/')[1] ?? 'bin').replace(/^x-|[+;].*$/g, '')
const lastSegment = (uri: string): string => uri.split(/[?#]/, 1)[0]?.split('/').filter(Boolean).at(-1) ?? 'file'
const looksLikeJson = (text: string): boolean => /^\s*[[{]/.test(text)
