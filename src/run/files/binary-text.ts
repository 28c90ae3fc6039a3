import { isBinaryControl } from './decode-strictly.ts'
import { decodeText } from './decode-text.ts'
import { describeFile, type FileType, fileTypeIn } from './file-type.ts'

/** What a text that is none was before a server read its bytes as letters. */
export type BinaryText =
  | { kind: 'text'; text: string }
  | { kind: 'binary'; bytes: Buffer }
  /** `words` say what it was, and that it is lost. */
  | { kind: 'damaged'; words: string }

/** The bytes or letters behind a text that was read in a wrong encoding; undefined for a text as it should be. */
export async function readBinaryText(text: string): Promise<BinaryText | undefined> {
  const counts = countLetters(text)
  if (!looksBinary(text, counts)) return undefined
  const bytes = restoreBytes(text, counts)
  const decoded = decodeMeant(text, bytes, counts)
  if (decoded !== undefined) return { kind: 'text', text: decoded }
  if (bytes === undefined) return { kind: 'damaged', words: await damageWords(text, counts) }
  // Some tools part names with NUL.
  const hasOnlyNuls = counts.nuls > 0 && counts.controls === counts.nuls && counts.latin === 0
  return hasOnlyNuls ? undefined : { kind: 'binary', bytes }
}

/** The text that was meant; of UTF-16 two lost characters are the mark, and plain letters follow. */
function decodeMeant(text: string, bytes: Buffer | undefined, { lost }: LetterCounts): string | undefined {
  const isMarked = lost === 2 && text.startsWith('\ufffd\ufffd')
  const rest = bytes ?? (isMarked ? latinBytesOf(text.slice(2)) : undefined)
  return rest && decodeText(rest)
}

async function damageWords(text: string, { controls, lost }: LetterCounts): Promise<string> {
  const size = Buffer.byteLength(text) - 2 * lost
  const what = controls === 0 ? 'Text in another encoding' : `Binary data (${describeFile(await typeOf(text), size)})`
  return `${what} was sent as UTF-8, which destroyed it: it cannot be read or restored.\nA tool that returns files, pictures or base64 could send it whole.`
}

/** How many letters of a text were lost before it came. */
export const lostLettersIn = (text: string): number => countLetters(text).lost

type LetterCounts = {
  all: number
  /** That no text has; NUL is one of them. */
  controls: number
  nuls: number
  /** That bytes have which were read as Latin-1, and no text. */
  latin: number
  lost: number
  beyondAscii: number
}

function countLetters(text: string): LetterCounts {
  const counts = { all: text.length, controls: 0, nuls: 0, latin: 0, lost: 0, beyondAscii: 0 }
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 0x7f) counts.beyondAscii++
    if (code === 0) counts.nuls++
    const kind = oddKindOf(code)
    if (kind !== undefined) counts[kind]++
  }
  return counts
}

function oddKindOf(code: number): 'controls' | 'lost' | 'latin' | undefined {
  if (isBinaryControl(code)) return 'controls'
  if (code === LOST) return 'lost'
  return code > 0x7f && code < 0xa0 && code !== NEXT_LINE ? 'latin' : undefined
}

const LOST = 0xfffd
const NEXT_LINE = 0x85

/** A PDF can be made of ASCII alone. */
const PDF = /^%PDF-\d\.\d[\s\S]{0,2000}\bobj\b/
/** A log may hold a few control characters, and a text may have lost a few letters. */
const MAX_CONTROLS = 0.03
const MAX_LOST = 0.2

function looksBinary(text: string, { all, controls, latin, lost }: LetterCounts): boolean {
  const odd = controls + latin
  return PDF.test(text) || (odd > 0 && odd + lost > all * MAX_CONTROLS) || lost > all * MAX_LOST
}

/** Letters of Windows-1252, which many a decoder takes for Latin-1, and their bytes. */
const BYTES_1252 = new Map(
  [...new TextDecoder('windows-1252').decode(Uint8Array.from({ length: 256 }, (_, byte) => byte))].map(
    (letter, byte) => [letter, byte] as const,
  ),
)
/** Compressed data read as Latin-1 has more of them. */
const MAX_UTF8_LETTERS = 0.2

/** The bytes that were read as letters; undefined where some were lost. */
function restoreBytes(text: string, { all, latin, lost, beyondAscii }: LetterCounts): Buffer | undefined {
  if (lost > 0) return undefined
  const isUtf8 = !/^(?:ÿþ|þÿ)/.test(text) && latin === 0 && beyondAscii < all * MAX_UTF8_LETTERS
  return isUtf8 ? Buffer.from(text) : latinBytesOf(text)
}

function latinBytesOf(text: string): Buffer | undefined {
  const bytes = Buffer.alloc(text.length)
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const byte = code < 0x100 ? code : BYTES_1252.get(text.charAt(at))
    if (byte === undefined) return undefined
    bytes[at] = byte
  }
  return bytes
}

/** How files begin whose first bytes are no UTF-8, and what Office's archives hold. */
const DAMAGED: [start: RegExp, extension: string][] = [
  [/^\ufffdPNG/, 'png'],
  [/^\ufffd{3,4}[\s\S]{0,3}(?:JFIF|Exif|C)/, 'jpg'],
  [/^RIFF[\s\S]{4}WEBP/, 'webp'],
  [/^PK[\s\S]*word\//, 'docx'],
  [/^PK[\s\S]*xl\//, 'xlsx'],
  [/^PK[\s\S]*ppt\//, 'pptx'],
  [/^PK/, 'zip'],
]

async function typeOf(text: string): Promise<FileType | undefined> {
  const extension = DAMAGED.find(([start]) => start.test(text))?.[1]
  return extension === undefined ? fileTypeIn(Buffer.from(text)) : { extension, mimeType: '' }
}
