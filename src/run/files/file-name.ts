import type { JsonObject, JsonValue } from '../../json.ts'
import { decodeUriText, headOf, removeInvisible } from '../../text.ts'
import { endingOf, toTextName, withEnding } from './file-ending.ts'
import { type FileType, fileTypeIn } from './file-type.ts'

/** The call that gave a file, and what its server calls the file. */
export type FileSource = {
  call: { tool: string; arguments: JsonObject }
  name?: string | undefined
  uri?: string | undefined
  mimeType?: string | undefined
}

/** A text or other file under the name people know it by: the server's, else the one they asked for, else the tool's. */
export async function nameFile(
  source: FileSource,
  bytes: Buffer | 'text',
): Promise<{ name: string; mimeType: string }> {
  const base = baseNameOf(source)
  const { mimeType } = source
  if (bytes === 'text')
    return { name: base.isWhole ? base.name : toTextName(base.name, mimeType), mimeType: mimeType ?? 'text/plain' }
  const type = await fileTypeIn(bytes)
  const { extension, mimeType: media } = type ?? declaredType(mimeType)
  const isKept = type === undefined && endingOf(base.name) !== ''
  return { name: isKept ? base.name : withEnding(base.name, extension), mimeType: media }
}

/** `isWhole`: the name was asked for and has no ending, as LICENSE has none. */
function baseNameOf({ call, name, uri }: FileSource): { name: string; isWhole: boolean } {
  const said = [toFileName(name ?? ''), toFileName(lastSegmentOf(uri ?? ''))].filter((one) => one !== '')
  const own = said.find((one) => endingOf(one) !== '')
  const asked = own ?? requestedName(call)
  if (asked !== undefined) return { name: asked, isWhole: endingOf(asked) === '' }
  return { name: said[0] ?? (toFileName(call.tool.replace(/[^\w-]+/g, '-')) || 'file'), isWhole: false }
}

const MAX_NAME_CHARS = 100

/** The ending of a document before that of a program, as in "invoice.pdf.exe". */
const DISGUISED_ENDING =
  /\.(?=(?:pdf|docx?|xlsx?|pptx?|txt|csv|jpe?g|png|gif|zip)[\s.]{1,50}(?:exe|scr|com|bat|cmd|pif|vbs|ps1|msi|lnk|hta|jar|js|html?|sh|app)$)/i

/** A name no system takes for a path, and that reads as it is: marks can turn `gpj.exe` round. */
export function toFileName(name: string): string {
  const plain = removeInvisible(name)
    .replace(/[\p{Cc}]/gu, '')
    .replace(/[/\\:*?"<>|]+/g, '-')
    .replace(DISGUISED_ENDING, '-')
  const trimmed = plain.trim().replace(/^\.+$/, '')
  if (trimmed.length <= MAX_NAME_CHARS) return trimmed
  const ending = endingOf(trimmed)
  const last = ending === '' ? '' : trimmed.slice(-ending.length - 1)
  return headOf(trimmed, MAX_NAME_CHARS - last.length) + last
}

function lastSegmentOf(uri: string): string {
  const path = uri.startsWith('data:') ? '' : (uri.replace(/^[a-z][\w+.-]*:\/*/i, '').split(/[?#]/, 1)[0] ?? '')
  return decodeUriText(path.split(/[/\\]/).filter(Boolean).at(-1) ?? '')
}

/** Arguments that name a file, likeliest first; those of the last line do only where they look like one. */
const FILE_KEYS = [
  /^(?:file_?names?|save_?as)$/,
  /(?:^|_)(?:file|filepath|file_path|path|paths|files)$/,
  /(?:^|_)(?:uri|url|href|link)$/,
  /(?:^|_)(?:output|dest|destination|target|source|src|input|document|attachment|object|key|name|title|id)$/,
]
/** Tools that give back one file as it is; a folder has no ending either. */
const READS = /(?:^|[_-])(?:read|download|open|cat|view)(?:$|[_-])|(?:get|fetch|load)_(?:text_)?file(?!_info)/

/** The file whose contents a call asked for. */
export const readFileNameOf = (call: FileSource['call']): string | undefined =>
  READS.test(toSnakeCase(call.tool)) ? requestedName(call) : undefined

function requestedName({ tool, arguments: args }: FileSource['call']): string | undefined {
  const named = stringsIn(args, MAX_DEPTH)
  const ranked = FILE_KEYS.map((keys) => named.filter(([key]) => keys.test(key)).map(([, text]) => nameIn(text)))
  const files = ranked.map((names) => names.filter((name) => endingOf(name) !== '')).find((names) => names.length > 0)
  if (files !== undefined) return files.length === 1 ? files[0] : undefined
  const paths = READS.test(toSnakeCase(tool)) ? (ranked[1] ?? []).filter(Boolean) : []
  return paths.length === 1 ? paths[0] : undefined
}

/** Arguments lie in others at most so deep. */
const MAX_DEPTH = 3

/** A host ends like a file, and is none. */
function nameIn(text: string): string {
  if (/^[\w.-]+\.(?:com|org|net|io|dev|ai)$/i.test(text)) return ''
  return toFileName(lastSegmentOf(/^https?:/i.test(text) && URL.canParse(text) ? new URL(text).pathname : text))
}

/** `readFile` as `read_file`. */
export const toSnakeCase = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()

function stringsIn(args: JsonObject, depth: number): [key: string, text: string][] {
  return Object.entries(args).flatMap(([name, value]) => [value].flat().flatMap((one) => leavesOf(name, one, depth)))
}

function leavesOf(name: string, value: JsonValue, depth: number): [key: string, text: string][] {
  if (typeof value === 'string')
    return value.length < MAX_PATH_CHARS ? [[toSnakeCase(name).replaceAll('-', '_'), value]] : []
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject && depth > 0 ? stringsIn(value, depth - 1) : []
}

/** Longer arguments are contents. */
const MAX_PATH_CHARS = 2_000

/** Where the usual ending is not the type's own name. */
const ENDINGS: Record<string, string> = { 'image/jpeg': 'jpg', 'audio/mpeg': 'mp3', 'audio/mp4': 'm4a' }

/** What the server says of bytes that nobody knows. */
function declaredType(mimeType = 'application/octet-stream'): FileType {
  const [kind = '', subtype = ''] = mimeType
    .toLowerCase()
    .replace(/;[\s\S]*$/, '')
    .split('/')
  const name = subtype.replace(/^x-|\+[\s\S]*$/g, '')
  const isShort = kind !== 'text' && /^[a-z0-9]{1,5}$/.test(name)
  return { extension: ENDINGS[`${kind}/${subtype}`] ?? (isShort ? name : ''), mimeType }
}
