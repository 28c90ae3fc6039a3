import { bytesOf, type Needle, needlesOf } from './secret-needles.ts'
import { createUnescape, type MappedText, replaceLineEnds, unwrapText } from './unescape-text.ts'

/** A part of a text in UTF-8 bytes; `end` is behind it. */
export type ByteRange = { start: number; end: number }

/** Finds secrets in UTF-8 bytes (as a Latin-1 string) however they are written; the parts are in order and apart. */
type FindSecrets = (bytes: string) => ByteRange[]

// Escapes in escapes: JSON in a JSON text in an address, with one layer to spare.
const MAX_ESCAPE_LAYERS = 4

/**
 * Knows a secret in plain, as percent codes, as escapes of JSON, JavaScript and HTML (all mixed and in one another), as hex, and
 * in base64 at any offset and wrapped. `wide`: also in UTF-16, as files have it.
 */
export function createSecretFinder(secrets: string[], { wide = false } = {}): FindSecrets {
  const narrow = needlesOf(secrets)
  const needles = wide ? [...narrow, ...narrow.flatMap(wideOf)] : narrow
  if (needles.length === 0) return () => []
  const search = createSearch(needles)
  const resolveEscapes = createUnescape(needles.map(({ bytes }) => bytes))
  return (bytes) => {
    const found: ByteRange[] = []
    let layers: MappedText[] = []
    let layer = bytes
    for (let depth = 0; depth <= MAX_ESCAPE_LAYERS; depth++) {
      found.push(...searchLayer(search, layer).map((range) => mapBack(range, layers)))
      const next = resolveEscapes(layer)
      if (next.bytes === layer) break
      layers = [...layers, next]
      layer = next.bytes
    }
    return joinRanges(found)
  }
}

/** The secrets of a text as it stands, and those that only its line ends cut in pieces. */
function searchLayer(search: FindSecrets, bytes: string): ByteRange[] {
  const unwrapped = unwrapText(bytes)
  const found = search(bytes)
  if (unwrapped === bytes) return found
  const across = search(unwrapped)
  if (across.length === 0) return found
  const places = [replaceLineEnds(bytes)]
  return [...found, ...across.map((range) => mapBack(range, places))]
}

const mapBack = (range: ByteRange, layers: MappedText[]): ByteRange =>
  layers.reduceRight(({ start, end }, layer) => ({ start: layer.startOf(start), end: layer.endOf(end) }), range)

const wideOf = (needle: Needle): Needle[] => {
  if (needle.kind !== 'plain') return []
  const utf16 = Buffer.from(Buffer.from(needle.bytes, 'latin1').toString('utf8'), 'utf16le')
  const little = utf16.toString('latin1')
  return [little, utf16.swap16().toString('latin1')].map((bytes) => ({ ...needle, bytes }))
}

function createSearch(needles: Needle[]): FindSecrets {
  const gates = gatesOf(needles)
  return (bytes) => {
    if (!gates.some((needle) => bytes.includes(needle.bytes))) return []
    return needles.flatMap((needle) => rangesOf(needle, bytes))
  }
}

/** Needles that hold no other: where none of these is found, none is. */
function gatesOf(needles: Needle[]): Needle[] {
  const holds = (one: Needle, other: Needle) =>
    one.bytes !== other.bytes && one.kind === other.kind && one.bytes.includes(other.bytes)
  return needles.filter((one) => !needles.some((other) => holds(one, other)))
}

function rangesOf(needle: Needle, bytes: string): ByteRange[] {
  const ranges: ByteRange[] = []
  const { length } = needle.bytes
  for (let at = bytes.indexOf(needle.bytes); at >= 0; at = bytes.indexOf(needle.bytes, at + length)) {
    const range = widenRange(needle, bytes, { start: at, end: at + length })
    if (!needle.alone || isAlone(bytes, range)) ranges.push(range)
  }
  return ranges
}

const BASE64_SIGN = /[\w+/-]/

/** With the signs of base64 that hold some of the secret's bits. */
function widenRange({ shared }: Needle, bytes: string, { start, end }: ByteRange): ByteRange {
  const first = shared.first && BASE64_SIGN.test(bytes.charAt(start - 1))
  const last = shared.last && BASE64_SIGN.test(bytes.charAt(end))
  return { start: first ? start - 1 : start, end: last ? end + 1 : end }
}

const WORD_SIGN = /[A-Za-z0-9\x80-\xff]/

const isAlone = (bytes: string, { start, end }: ByteRange): boolean =>
  !WORD_SIGN.test(bytes.charAt(start - 1)) && !WORD_SIGN.test(bytes.charAt(end))

function joinRanges(ranges: ByteRange[]): ByteRange[] {
  const joined: ByteRange[] = []
  for (const range of ranges.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = joined.at(-1)
    if (last === undefined || range.start >= last.end) joined.push({ ...range })
    else last.end = Math.max(last.end, range.end)
  }
  return joined
}

/** Texts that follow one another, with `put` in place of each secret; one that begins in a text and ends in another as well. */
export function replaceSecrets(find: FindSecrets, texts: string[], put: (secret: string) => string): string[] {
  const parts = texts.map(bytesOf)
  const ranges = find(parts.join(''))
  if (ranges.length === 0) return texts
  let begin = 0
  return parts.map((bytes) => {
    const from = begin
    begin += bytes.length
    return textOf(replaceRanges(bytes, ranges, { from, put }))
  })
}

const textOf = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8')

type Replacement = { from: number; put: (secret: string) => string }

/** The bytes, which begin at `from`, without the ranges; what is put in their place stands where they begin. */
export function replaceRanges(bytes: string, ranges: ByteRange[], { from, put }: Replacement): string {
  const pieces: string[] = []
  let at = 0
  for (const { start, end } of ranges) {
    if (end <= from || start >= from + bytes.length) continue
    const first = Math.max(0, start - from)
    pieces.push(bytes.slice(at, first))
    at = Math.min(bytes.length, end - from)
    if (start >= from) pieces.push(put(bytes.slice(first, at)))
  }
  pieces.push(bytes.slice(at))
  return pieces.join('')
}
