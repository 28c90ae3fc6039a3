import { decodeStrictly } from './decode-strictly.ts'
import { decodeLegacy } from './guess-encoding.ts'

/** What a text begins with that names its encoding: XML, HTML and CSS do. */
const DECLARED = /^(?:<\?xml\b[^>]*\bencoding=|@charset |[\s\S]{0,900}<meta\b[^>]*\bcharset=)\s*["']?([\w:.-]{2,40})/i
const DECLARED_CHARS = 1_024
/** A PDF can begin with nothing but ASCII. */
const PDF = '%PDF-'
/** How ISO-2022-JP goes over to its letters (RFC 1468). */
const JAPANESE = '\x1b$B'

/** The text in the bytes, in whatever encoding it can be told to have; undefined when they are none, or it cannot be told. */
export function decodeText(bytes: Buffer): string | undefined {
  if (bytes.toString('latin1', 0, PDF.length) === PDF) return undefined
  // Old tools end a text with Ctrl-Z.
  const text = bytes.at(-1) === 0x1a ? bytes.subarray(0, -1) : bytes
  // ISO-2022-JP is made of ASCII alone.
  if (text.includes(JAPANESE)) return decodeStrictly(text, 'iso-2022-jp')
  return decodeUnicode(text) ?? decodeDeclared(text) ?? (mayBeText(text) ? decodeLegacy(text) : undefined)
}

/** Bytes without a single control character: some text, even where nobody can tell its encoding. */
export const mayBeText = (bytes: Buffer): boolean => decodeStrictly(bytes, 'latin1') !== undefined

function decodeUnicode(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodeStrictly(bytes, 'utf-16le')
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decodeStrictly(bytes, 'utf-16be')
  if (!bytes.includes(0)) return decodeStrictly(bytes, 'utf-8')
  const encoding = utf16Of(bytes)
  const text = encoding === undefined ? undefined : decodeStrictly(bytes, encoding)
  return text === undefined || UNASSIGNED.test(text) ? undefined : text
}

const UNASSIGNED = /[\p{Cn}\p{Co}]/u
/** Some letters of Asia end with a zero as well; fewer than this share of all zeros do. */
const MAX_OTHER_ZEROS = 0.25

/** Without a mark, the zeros beside letters, spaces and line ends tell the order: they stand on the same side. */
function utf16Of(bytes: Buffer): string | undefined {
  if (bytes.length % 2 !== 0) return undefined
  const zeros = [0, 0]
  let plain = 0
  bytes.forEach((byte, at) => {
    if (byte !== 0) return
    zeros[at % 2] = (zeros[at % 2] ?? 0) + 1
    if (isPlain(bytes[at ^ 1] ?? 0)) plain++
  })
  const [even = 0, odd = 0] = zeros
  if (Math.min(even, odd) > (even + odd) * MAX_OTHER_ZEROS || plain < (even + odd) / 2) return undefined
  return even > odd ? 'utf-16be' : 'utf-16le'
}

const isPlain = (byte: number): boolean => (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d)

function decodeDeclared(bytes: Buffer): string | undefined {
  const encoding = DECLARED.exec(bytes.toString('latin1', 0, DECLARED_CHARS))?.[1]
  return encoding === undefined || /utf-?16/i.test(encoding) ? undefined : decodeStrictly(bytes, encoding)
}
