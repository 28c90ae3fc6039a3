/** Control characters that no text has; tabs, line ends, form feeds and escape sequences are common in some. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/
/** Bytes that Windows-1252 leaves undefined. */
const UNDEFINED_1252 = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d])
/** Western texts have few letters beyond ASCII; more of them are another encoding's, or no letters at all. */
const MAX_HIGH_SHARE = 0.3
/** Formats that may look like text for a while. */
const BINARY_STARTS = [
  '%PDF-',
  'PK\u0003\u0004',
  'GIF87a',
  'GIF89a',
  '\u0089PNG',
  '\u00ff\u00d8\u00ff',
  'SQLite format 3',
]

/** The text in the bytes, in whatever encoding it can be told to have; undefined when they are none. */
export function decodeText(bytes: Buffer): string | undefined {
  const start = bytes.toString('latin1', 0, 16)
  if (BINARY_STARTS.some((one) => start.startsWith(one))) return undefined
  const encoding = encodingOf(bytes)
  return encoding === undefined ? undefined : decoded(bytes, encoding)
}

function encodingOf(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  if (bytes.includes(0)) return utf16Of(bytes)
  if (decoded(bytes, 'utf-8') !== undefined) return 'utf-8'
  const high = bytes.reduce((sum, byte) => sum + (byte > 0x7f ? 1 : 0), 0)
  const western = high <= bytes.length * MAX_HIGH_SHARE && !bytes.some((byte) => UNDEFINED_1252.has(byte))
  return western ? 'windows-1252' : undefined
}

/** Without a mark, the zeros beside letters, spaces and line ends tell the order: they all stand on the same side. */
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
  if ((even > 0 && odd > 0) || plain < (even + odd) / 2) return undefined
  return even > 0 ? 'utf-16be' : 'utf-16le'
}

const isPlain = (byte: number): boolean => (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d)

function decoded(bytes: Buffer, encoding: string): string | undefined {
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes)
    return CONTROLS.test(text) ? undefined : text
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
