import { holdersIn, isJsonLike, parseJson } from '../../json.ts'
import { decodeText } from './decode-text.ts'
import { describeFile, fileTypeIn } from './file-type.ts'

/** A file that came as base64 in a text, and what its surroundings call it. */
export type EncodedFile = { bytes: Buffer; name?: string | undefined; mimeType?: string | undefined }

const DATA_URL = /^\s*data:([^;,\s]*)/
const DATA = /^[A-Za-z0-9+/_=\s-]+$/
/** A text in base64 has one of two alphabets; a path or an id can have both. */
const BASE64 = /^(?:[A-Za-z0-9+/]+|[\w-]+)={0,2}$/
const MIN_DATA_URL_CHARS = 'data:;base64,'.length
/** Shorter ones are ids and hashes as well. */
const MIN_CHARS = 64
const LONG_WORD = /[\w+/-]{60}/

/** The bytes of a text that is base64 and nothing else, in lines or in one. */
export function decodeBase64(text: string): Buffer | undefined {
  const plain = text.trim().replace(/\r?\n/g, '')
  return plain.length >= MIN_CHARS && plain.length % 4 !== 1 && BASE64.test(plain)
    ? Buffer.from(plain, 'base64')
    : undefined
}

export function decodeDataUrl(text: string): EncodedFile | undefined {
  const [start, mimeType = ''] = DATA_URL.exec(text) ?? []
  const comma = start === undefined ? -1 : text.indexOf(',')
  const data = text.slice(comma + 1)
  if (comma === -1 || !text.slice(0, comma).endsWith(';base64') || !DATA.test(data)) return undefined
  return { bytes: Buffer.from(data, 'base64'), ...(mimeType !== '' && { mimeType }) }
}

/** Kinds of files that begin with three bytes or more of their own; a path or an id can begin with those of others by chance. */
const CLEAR_STARTS = new Set(
  `png jpg gif webp pdf zip gz tar.gz 7z rar cfb docx xlsx pptx odt ods odp epub jar wav ogg flac mp4 m4a mov webm mkv
  heic sqlite`.split(/\s+/),
)

/** Base64 that is a file by its first bytes needs no one to say so. */
export async function decodeWholeFile(text: string): Promise<EncodedFile | undefined> {
  const bytes = decodeBase64(text)
  const type = bytes && (await fileTypeIn(bytes))
  return bytes !== undefined && CLEAR_STARTS.has(type?.extension ?? '') ? { bytes } : undefined
}

/** A JSON text without the files in it that are declared as base64, and these files; undefined where it has none. */
export async function takeEncodedFiles(text: string): Promise<{ text: string; files: EncodedFile[] } | undefined> {
  const value = isJsonLike(text) && LONG_WORD.test(text) ? parseJson(text) : undefined
  const files: EncodedFile[] = []
  const shown = new Map<string, string>()
  for (const [encoded, file] of filesIn(value)) {
    const decoded = decodeText(file.bytes)
    if (decoded === undefined) files.push(file)
    shown.set(encoded, decoded ?? `(${describeFile(await fileTypeIn(file.bytes), file.bytes.length)})`)
  }
  return shown.size === 0 ? undefined : { text: replaceStrings(text, shown), files }
}

/** A text in base64 takes its own place, and any other file is said there; nothing else changes, as numbers and repeats would in a copy. */
function replaceStrings(json: string, shown: Map<string, string>): string {
  const pieces: string[] = []
  let done = 0
  for (let start = json.indexOf('"'); start !== -1; ) {
    const end = endOfString(json, start)
    const words = end - start > MIN_DATA_URL_CHARS ? shown.get(String(parseJson(json.slice(start, end)))) : undefined
    if (words !== undefined) {
      pieces.push(json.slice(done, start), JSON.stringify(words))
      done = end
    }
    start = json.indexOf('"', end)
  }
  return [...pieces, json.slice(done)].join('')
}

/** Behind the quote that closes the string; one behind an odd number of backslashes is escaped. */
function endOfString(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end !== -1; end = json.indexOf('"', end + 1)) {
    let escapes = end
    while (json[escapes - 1] === '\\') escapes--
    if ((end - escapes) % 2 === 0) return end + 1
  }
  return json.length
}

type Fields = [key: string, value: unknown][]

/** The files in a value, each with the text it is in. */
const filesIn = (value: unknown): [encoded: string, file: EncodedFile][] =>
  [...holdersIn(value)].flatMap(([, holder]) => {
    const texts = Object.values(holder).filter(mayBeEncoded)
    if (texts.length === 0) return []
    const fields: Fields = Array.isArray(holder) ? texts.map((one) => ['', one]) : Object.entries(holder)
    const said = declarationIn(fields)
    return fields.flatMap(([key, one]): [string, EncodedFile][] => {
      const file = mayBeEncoded(one) ? fileIn(key, one, said) : undefined
      return mayBeEncoded(one) && file !== undefined ? [[one, file]] : []
    })
  })

const mayBeEncoded = (value: unknown): value is string =>
  typeof value === 'string' && (value.length >= MIN_CHARS || DATA_URL.test(value))

/** What the fields of an object say of the file in one of them. */
function declarationIn(fields: Fields) {
  const names = NAME_KEYS.map((keys) => wordIn(fields, keys, (word) => word !== '' && word.length < MAX_NAME_CHARS))
  return {
    name: names.find((one) => one !== undefined),
    mimeType: wordIn(fields, /type$/i, (word) => word.includes('/')),
    isBase64: wordIn(fields, /encoding$/i, (word) => /^base64/i.test(word)) !== undefined,
  }
}

/** The file in a field, if the fields beside it, its name or itself declare it as one. */
function fileIn(key: string, text: string, said: ReturnType<typeof declarationIn>): EncodedFile | undefined {
  const url = decodeDataUrl(text)
  const mimeType = url?.mimeType ?? said.mimeType
  const isHeld = HOLDS.test(key) && (said.isBase64 || isBinaryType(mimeType ?? ''))
  const isDeclared = isHeld || /base_?64|b64/i.test(key)
  const bytes = url?.bytes ?? (isDeclared ? decodeBase64(text) : undefined)
  return bytes && { bytes, name: said.name, mimeType }
}

/** Ids and hashes stand beside contents, and look the same. */
const HOLDS = /^(?:data|contents?|body|bytes|file|image|audio|picture|screenshot|payload|value|buffer|blob|raw)$/i
const NAME_KEYS = [/^file_?name$/i, /^(?:name|title)$/i, /^(?:path|uri|url|file)$/i]
const MAX_NAME_CHARS = 2_000

function wordIn(fields: Fields, keys: RegExp, fits: (word: string) => boolean): string | undefined {
  for (const [key, one] of fields) if (keys.test(key) && typeof one === 'string' && fits(one)) return one
  return undefined
}

/** Types of media that no text has. */
export const isBinaryType = (mimeType: string): boolean =>
  /^(?:image|audio|video|font)\/(?!svg)|^application\/(?!.*(?:json|xml|yaml|javascript|sql|toml|x-sh|graphql|csv))[\w.+-]+/i.test(
    mimeType,
  )
