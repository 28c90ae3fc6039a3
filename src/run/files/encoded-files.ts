import { isJsonLike, parseJson } from '../../json.ts'
import { decodeText } from './decode-text.ts'
import { describeFile, fileTypeIn } from './file-type.ts'

/** A file that came as base64 in a text, and what its surroundings call it. */
export type EncodedFile = { bytes: Buffer; name?: string | undefined; mimeType?: string | undefined }

const DATA_URL = /^\s*data:([^;,\s]*)(?![^;,\s])[^,]*;base64,([A-Za-z0-9+/_=\s-]+)$/
/** Shorter ones are ids and hashes as well. */
const MIN_CHARS = 64
const LONG_WORD = /[\w+/-]{60}/

/** The bytes of a text that is base64 and nothing else, in lines or in one. */
export function decodeBase64(text: string): Buffer | undefined {
  const plain = text.trim().replace(/\r?\n/g, '')
  return plain.length >= MIN_CHARS && plain.length % 4 !== 1 && /^[A-Za-z0-9+/_-]+={0,2}$/.test(plain)
    ? Buffer.from(plain, 'base64')
    : undefined
}

export function decodeDataUrl(text: string): EncodedFile | undefined {
  const [, mimeType = '', data = ''] = /^\s*data:/.test(text) ? (DATA_URL.exec(text) ?? []) : []
  return data === '' ? undefined : { bytes: Buffer.from(data, 'base64'), ...(mimeType !== '' && { mimeType }) }
}

/** Base64 that is a file by its first bytes needs no one to say so. */
export async function decodeWholeFile(text: string): Promise<EncodedFile | undefined> {
  const bytes = decodeBase64(text)
  return bytes !== undefined && (await fileTypeIn(bytes)) !== undefined ? { bytes } : undefined
}

/** A JSON text without the files in it that are declared as base64, and these files; undefined where it has none. */
export async function takeEncodedFiles(text: string): Promise<{ text: string; files: EncodedFile[] } | undefined> {
  const value = isJsonLike(text) && LONG_WORD.test(text) ? parseJson(text) : undefined
  if (value === undefined) return undefined
  const files: EncodedFile[] = []
  const rest = await withoutFiles(value, files)
  return rest === value ? undefined : { text: JSON.stringify(rest), files }
}

/** The same value where it holds no file. */
async function withoutFiles(value: unknown, files: EncodedFile[]): Promise<unknown> {
  if (typeof value !== 'object' || value === null) return value
  const fields: [string, unknown][] = Object.entries(value)
  const shown: [string, unknown][] = []
  for (const [key, one] of fields) {
    const file = typeof one === 'string' ? fileIn(key, one, fields) : undefined
    shown.push([key, file === undefined ? await withoutFiles(one, files) : await showFile(file, files)])
  }
  if (shown.every(([, one], at) => one === fields[at]?.[1])) return value
  return Array.isArray(value) ? shown.map(([, one]) => one) : Object.fromEntries(shown)
}

/** A text in base64 takes its own place; any other file is said there, and posted. */
async function showFile(file: EncodedFile, files: EncodedFile[]): Promise<string> {
  const text = decodeText(file.bytes)
  if (text !== undefined) return text
  files.push(file)
  return `(${describeFile(await fileTypeIn(file.bytes), file.bytes.length)})`
}

/** The file in a field, if the fields beside it, its name or itself declare it as one. */
function fileIn(key: string, text: string, fields: [string, unknown][]): EncodedFile | undefined {
  const url = decodeDataUrl(text)
  if (url === undefined && text.length < MIN_CHARS) return undefined
  const mimeType = url?.mimeType ?? wordIn(fields, /type$/i, (word) => word.includes('/'))
  const isBase64 = wordIn(fields, /encoding$/i, (word) => /^base64/i.test(word)) !== undefined
  const isDeclared = /base_?64|b64/i.test(key) || (HOLDS.test(key) && (isBase64 || isBinaryType(mimeType ?? '')))
  const bytes = url?.bytes ?? (isDeclared ? decodeBase64(text) : undefined)
  const names = NAME_KEYS.map((keys) => wordIn(fields, keys, (word) => word !== '' && word.length < MAX_NAME_CHARS))
  return bytes && { bytes, name: names.find((one) => one !== undefined), mimeType }
}

/** Ids and hashes stand beside contents, and look the same. */
const HOLDS = /^(?:data|contents?|body|bytes|file|image|audio|picture|screenshot|payload|value|buffer|blob|raw)$/i
const NAME_KEYS = [/^file_?name$/i, /^(?:name|title)$/i, /^(?:path|uri|url|file)$/i]
const MAX_NAME_CHARS = 2_000

function wordIn(fields: [string, unknown][], keys: RegExp, fits: (word: string) => boolean): string | undefined {
  for (const [key, one] of fields) if (keys.test(key) && typeof one === 'string' && fits(one)) return one
  return undefined
}

/** Types of media that no text has. */
export const isBinaryType = (mimeType: string): boolean =>
  /^(?:image|audio|video|font)\/(?!svg)|^application\/(?!.*(?:json|xml|yaml|javascript|sql|toml|x-sh|graphql|csv))[\w.+-]+/i.test(
    mimeType,
  )
