import { holdersIn, type JsonObject } from '../../json.ts'

/** Encodings are looked into so deep: text in base64 in a percent code, and once more. */
const MAX_DEPTH = 3
/** Longer arguments are looked through up to here. */
const MAX_CHARS = 300_000
const MAX_VARIANTS = 40

const BASE64 = /[A-Za-z0-9+/_-]{16,}/g
const HEX = /(?:[0-9a-f]{2}){8,}/gi
const PERCENT = /(?:%[0-9a-f]{2})+/gi
const ESCAPED = /\\u\{?([0-9a-f]{4,6})\}?|&#x([0-9a-f]{1,6});|&#(\d{1,7});/gi

/** All texts in a call's arguments, names too, as one; at any depth. */
export function argumentTextIn(args: JsonObject): string {
  const holders = [...holdersIn(args)].map(([, holder]) => holder)
  const values = holders.flatMap((one) => Object.values(one)).filter(isTextLike)
  const names = holders.flatMap((one) => (Array.isArray(one) ? [] : Object.keys(one)))
  // Text may be cut into several values, between which no name may stand then.
  return [...values, ...names].join('\n').slice(0, MAX_CHARS)
}

const isTextLike = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number'

/** A text as it is, and what it holds in percent codes, escapes, hex or base64 at any offset, the one in the other. */
export function decodedTextsOf(text: string): string[] {
  const found = new Set([text])
  let level = [text]
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth += 1) {
    level = level.flatMap(decodeOnce).filter((one) => !found.has(one))
    for (const one of level) if (found.size < MAX_VARIANTS) found.add(one)
  }
  return [...found]
}

function decodeOnce(text: string): string[] {
  const whole = text.replace(PERCENT, (codes) => Buffer.from(codes.replaceAll('%', ''), 'hex').toString('utf8'))
  const plain = whole.replace(ESCAPED, (_all, unicode, hex, decimal) => letterOf(unicode ?? hex, decimal))
  // An encoded text may be broken into lines, or lie in several arguments.
  const joined = plain.replace(/\s+/g, '')
  const encoded = [...runsOf(joined, HEX, fromHex), ...runsOf(joined, BASE64, fromBase64)]
  return [...(plain === text ? [] : [plain]), ...encoded]
}

function letterOf(hex: string | undefined, decimal: string | undefined): string {
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
  return code <= 0x10ffff ? String.fromCodePoint(code) : ''
}

/** What all runs of an encoding hold, as one text for each way to read them. */
function runsOf(text: string, runs: RegExp, decode: (run: string) => string[]): string[] {
  const decoded = (text.match(runs) ?? []).map(decode)
  const ways = Math.max(0, ...decoded.map((one) => one.length))
  const texts = Array.from({ length: ways }, (_, way) => decoded.map((one) => one[way] ?? '').join('\n'))
  return texts.filter((one) => isReadable(one))
}

const fromHex = (run: string): string[] => [Buffer.from(run, 'hex').toString('utf8')]

/** What stands before it may have shifted where each group of four begins. */
const fromBase64 = (run: string): string[] =>
  [0, 1, 2, 3].map((offset) => Buffer.from(run.slice(offset), 'base64').toString('utf8'))

/** Words that are no encoding give mostly signs that are none. */
function isReadable(text: string): boolean {
  const strange = text.match(/[\ufffd\p{Cc}]/gu)?.length ?? 0
  return text.length >= BYTES_MIN && strange * 2 < text.length
}

const BYTES_MIN = 8
