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
  if (!looksBinary(text)) return undefined
  const bytes = restoreBytes(text)
  // Two lost characters are the mark of UTF-16, and plain letters follow.
  const decoded = decodeText(bytes ?? restoreBytes(text.replace(/^\ufffd\ufffd/, '')) ?? Buffer.alloc(1))
  if (decoded !== undefined) return { kind: 'text', text: decoded }
  if (bytes !== undefined) return hasOnlyNuls(text) ? undefined : { kind: 'binary', bytes }
  const size = Buffer.byteLength(text) - 2 * countOf(text, LOST)
  const what = isText(text) ? 'Text in another encoding' : `Binary data (${describeFile(await typeOf(text), size)})`
  return {
    kind: 'damaged',
    words: `${what} was sent as UTF-8, which destroyed it: it cannot be read or restored.\nA tool that returns files, pictures or base64 could send it whole.`,
  }
}

/** How many letters of a text were lost before it came. */
export const lostLettersIn = (text: string): number => countOf(text, LOST)

const LOST = /\ufffd/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/g
/** No text has them; bytes read as Latin-1 do. */
const LATIN_CONTROLS = /[\u0080-\u0084\u0086-\u009f]/g
/** A PDF can be made of ASCII alone. */
const PDF = /^%PDF-\d\.\d[\s\S]{0,2000}\bobj\b/
/** A log may hold a few control characters, and a text may have lost a few letters. */
const MAX_CONTROLS = 0.03
const MAX_LOST = 0.2

const countOf = (text: string, what: RegExp): number => text.match(what)?.length ?? 0

function looksBinary(text: string): boolean {
  if (PDF.test(text)) return true
  const controls = countOf(text, CONTROLS) + countOf(text, LATIN_CONTROLS)
  const lost = countOf(text, LOST)
  return (controls > 0 && controls + lost > text.length * MAX_CONTROLS) || lost > text.length * MAX_LOST
}

const isText = (text: string): boolean => countOf(text, CONTROLS) === 0

/** Some tools part names with it. */
const hasOnlyNuls = (text: string): boolean =>
  text.includes('\0') && countOf(text, CONTROLS) === text.split('\0').length - 1 && countOf(text, LATIN_CONTROLS) === 0

/** Letters of Windows-1252, which many a decoder takes for Latin-1, and their bytes. */
const BYTES_1252 = new Map(
  [...new TextDecoder('windows-1252').decode(Uint8Array.from({ length: 256 }, (_, byte) => byte))].map(
    (letter, byte) => [letter, byte] as const,
  ),
)
/** Compressed data read as Latin-1 has more of them. */
const MAX_UTF8_LETTERS = 0.2

/** The bytes that were read as letters; undefined where some were lost. */
function restoreBytes(text: string): Buffer | undefined {
  if (text.includes('\ufffd')) return undefined
  const beyond = countOf(text, /\P{ASCII}/gu)
  const isUtf8 =
    !/^(?:ÿþ|þÿ)/.test(text) && countOf(text, LATIN_CONTROLS) === 0 && beyond < text.length * MAX_UTF8_LETTERS
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
