export type PictureType = 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp'
type Size = { width: number; height: number }
/** What the bytes of a picture say of it; `size` is undefined where they end too early or are no such picture. */
type PictureHeader = { type: PictureType; size: Size | undefined; whole: boolean }

/** https://platform.claude.com/docs/en/build-with-claude/vision: the limits of one picture, its data counted as base64. */
const MAX_BASE64_CHARS = 5 * 1024 * 1024
const MAX_SIDE = 8_000

/** A picture with the type its bytes have, or why the API would refuse it. */
export type PictureCheck = { type: PictureType; data: string } | { refused: string }

export function checkPicture(data: string): PictureCheck {
  const bytes = Buffer.from(data, 'base64')
  if (bytes.length === 0) return { refused: 'it is empty' }
  const header = readPictureHeader(bytes)
  if (header === undefined) return { refused: 'it is no PNG, JPEG, GIF or WebP' }
  if (header.size === undefined || !header.whole) return { refused: 'it is damaged or incomplete' }
  const { width, height } = header.size
  if (width === 0 || height === 0) return { refused: 'it is damaged or incomplete' }
  if (Math.max(width, height) > MAX_SIDE)
    return { refused: `it has ${width} × ${height} pixels, and ${MAX_SIDE} a side are possible` }
  const clean = bytes.toString('base64')
  if (clean.length > MAX_BASE64_CHARS)
    return {
      refused: `it has ${megabytes(bytes.length)} MB, and ${megabytes((MAX_BASE64_CHARS * 3) / 4)} are possible`,
    }
  return { type: header.type, data: clean }
}

const megabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1)

/** The type of a picture by its first bytes, of those the model can see. */
export function pictureTypeIn(bytes: Buffer): PictureType | undefined {
  if (bytes.subarray(0, 4).equals(PNG)) return 'image/png'
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'image/jpeg'
  if (/^GIF8[79]a/.test(bytes.toString('latin1', 0, 6))) return 'image/gif'
  return /^RIFF.{4}WEBP/s.test(bytes.toString('latin1', 0, 12)) ? 'image/webp' : undefined
}

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47])

function readPictureHeader(bytes: Buffer): PictureHeader | undefined {
  const type = pictureTypeIn(bytes)
  switch (type) {
    case 'image/png':
      return { type, ...readPng(bytes) }
    case 'image/jpeg':
      return { type, ...readJpeg(bytes) }
    case 'image/gif':
      return { type, ...readGif(bytes) }
    case 'image/webp':
      return { type, ...readWebp(bytes) }
    case undefined:
      return undefined
    default:
      return type satisfies never
  }
}

type Read = Omit<PictureHeader, 'type'>
const BROKEN: Read = { size: undefined, whole: false }

/** Chunks up to IEND: https://www.w3.org/TR/png-3/#5DataRep */
function readPng(bytes: Buffer): Read {
  if (bytes.length < 33 || bytes.toString('latin1', 12, 16) !== 'IHDR') return BROKEN
  const size = { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
  let hasPixels = false
  for (let at = 8; at + 12 <= bytes.length; ) {
    const kind = bytes.toString('latin1', at + 4, at + 8)
    if (kind === 'IEND') return { size, whole: hasPixels }
    hasPixels ||= kind === 'IDAT'
    at += 12 + bytes.readUInt32BE(at)
  }
  return { size, whole: false }
}

/** Segments up to the pixels, whose end mark follows: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B. */
function readJpeg(bytes: Buffer): Read {
  let size: Size | undefined
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; at += segmentLength(bytes, at)) {
    const marker = bytes[at + 1] ?? 0
    if (isFrame(marker) && at + 9 <= bytes.length)
      size = { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) }
    // A thumbnail before the pixels has an end mark of its own.
    if (marker === 0xda) return { size, whole: bytes.lastIndexOf(Buffer.from([0xff, 0xd9])) > at }
  }
  return { size, whole: false }
}

/** Any number of fill bytes may stand before a marker. */
const segmentLength = (bytes: Buffer, at: number): number =>
  bytes[at + 1] === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2)

/** SOF0 to SOF15, without the tables between them (DHT, JPG, DAC). */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)

const GIF_TRAILER = 0x3b

/** https://www.w3.org/Graphics/GIF/spec-gif89a.txt */
function readGif(bytes: Buffer): Read {
  if (bytes.length < 14) return BROKEN
  const size = { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) }
  const last = bytes.findLast((byte) => byte !== 0)
  return { size, whole: last === GIF_TRAILER }
}

/** https://developers.google.com/speed/webp/docs/riff_container */
function readWebp(bytes: Buffer): Read {
  if (bytes.length < 30) return BROKEN
  const whole = bytes.length >= bytes.readUInt32LE(4) + 8
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return { size: { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff }, whole }
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21)
      return { size: { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }, whole }
    }
    case 'VP8X':
      return { size: { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 }, whole }
    default:
      return BROKEN
  }
}
