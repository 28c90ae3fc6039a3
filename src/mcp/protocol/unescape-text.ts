/** A text in which something was put in place of something longer, and where its places stood before. */
export type MappedText = { bytes: string; startOf(at: number): number; endOf(at: number): number }

/** Punctuation by its names in HTML that secrets are made of. https://html.spec.whatwg.org/entities.json */
const ENTITIES: Record<string, string> = {
  amp: '&',
  apos: "'",
  ast: '*',
  bsol: '\\',
  colon: ':',
  comma: ',',
  commat: '@',
  dollar: '$',
  equals: '=',
  excl: '!',
  gt: '>',
  lowbar: '_',
  lt: '<',
  num: '#',
  percnt: '%',
  period: '.',
  plus: '+',
  quest: '?',
  quot: '"',
  semi: ';',
  sol: '/',
}
// As deep as JSON in JSON in JSON writes it; without an end a long run of them would be read again and again.
const BACKSLASHES = String.raw`\\{1,8}`
/** Percent codes (RFC 3986), escapes of JSON and JavaScript (RFC 8259, ECMA-262), references of HTML. */
const ESCAPES = [
  '%([0-9a-f]{2})',
  `${BACKSLASHES}u(d[89ab][0-9a-f]{2})${BACKSLASHES}u(d[c-f][0-9a-f]{2})`,
  String.raw`${BACKSLASHES}(?:u([0-9a-f]{4})|u\{0{0,8}([0-9a-f]{1,6})\}|x([0-9a-f]{2}))`,
  '&#(?:x0{0,8}([0-9a-f]{1,6})|0{0,8}([0-9]{1,7}));?',
  `&(${Object.keys(ENTITIES).join('|')});`,
]
/** What one backslash escapes, by what has to be looked for. */
const SIGNS: [sign: string, written: string][] = [
  ['"', '"'],
  ["'", "'"],
  ['/', '/'],
  ['\b', 'b'],
  ['\f', 'f'],
  ['\t', 't'],
]
const CONTROLS: Record<string, string> = { b: '\b', f: '\f', t: '\t' }
const HAS_ESCAPE = /[%\\&]/

/**
 * Resolves a layer of escapes in UTF-8 bytes, whatever wrote them; a mixture as well. Backslashes before a sign are only
 * resolved where one of the texts that are looked for holds it, as a JSON text is full of them.
 */
export function createUnescape(wanted: string[]): (bytes: string) => MappedText {
  const signs = SIGNS.flatMap(([sign, written]) => (wanted.some((one) => one.includes(sign)) ? [written] : []))
  const backslash = wanted.some((one) => one.includes('\\')) ? [String.raw`(\\)\\{1,7}`] : []
  const escaped = signs.length === 0 ? [] : [`${BACKSLASHES}([${signs.join('')}])`]
  const pattern = new RegExp([...ESCAPES, ...escaped, ...backslash].join('|'), 'gi')
  return (bytes) => (HAS_ESCAPE.test(bytes) ? replaceMapped(bytes, pattern, unescaped) : unchanged(bytes))
}

// `\n` as JSON writes it, too.
const LINE_END = /(?:[\r\n]|\\{1,8}[rn])[\r\n \t]{0,200}/g

/** Without line ends and what indents the next line: how long base64 is wrapped (RFC 2045, RFC 7468). */
export const unwrapText = (bytes: string): string => bytes.replace(LINE_END, '')

export const replaceLineEnds = (bytes: string): MappedText => replaceMapped(bytes, LINE_END, () => '')

const unchanged = (bytes: string): MappedText => ({ bytes, startOf: (at) => at, endOf: (at) => at })

type Groups = (string | undefined)[]

function unescaped([percent, high, low, unit, braced, x, hex, decimal, name, ...signs]: Groups): string | undefined {
  const byte = percent ?? x
  if (byte !== undefined) return String.fromCharCode(Number.parseInt(byte, 16))
  if (high !== undefined && low !== undefined)
    return utf8Of(String.fromCharCode(Number.parseInt(high, 16), Number.parseInt(low, 16)))
  const sign = signs.find((one) => one !== undefined)
  if (sign !== undefined) return CONTROLS[sign.toLowerCase()] ?? sign
  if (name !== undefined) return ENTITIES[name.toLowerCase()]
  return decimal === undefined ? signOf(Number.parseInt(unit ?? braced ?? hex ?? '', 16)) : signOf(Number(decimal))
}

const LAST_CODE_POINT = 0x10ffff

const signOf = (code: number): string | undefined =>
  code <= LAST_CODE_POINT ? utf8Of(String.fromCodePoint(code)) : undefined

const utf8Of = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

/** Replaces what `pattern` finds (undefined: leaves it), and remembers by how much each place has moved. */
function replaceMapped(
  bytes: string,
  pattern: RegExp,
  replacementOf: (groups: Groups) => string | undefined,
): MappedText {
  const pieces: string[] = []
  const moves: Move[] = []
  let from = 0
  let length = 0
  for (const match of bytes.matchAll(pattern)) {
    const [found, ...groups] = match
    const put = replacementOf(groups)
    if (put === undefined) continue
    pieces.push(bytes.slice(from, match.index), put)
    length += match.index - from + put.length
    from = match.index + found.length
    moves.push({ at: length, by: from - length, removed: put === '' })
  }
  if (moves.length === 0) return unchanged(bytes)
  pieces.push(bytes.slice(from))
  return {
    bytes: pieces.join(''),
    startOf: (at) => at + (moves[lastAt(moves, at)]?.by ?? 0),
    endOf: (at) => {
      let last = lastAt(moves, at)
      // What was removed right behind a place does not belong to what ends there.
      while (moves[last]?.at === at && moves[last]?.removed) last -= 1
      return at + (moves[last]?.by ?? 0)
    },
  }
}

/** From place `at` of the new text on, the old one is `by` further. */
type Move = { at: number; by: number; removed: boolean }

/** The last move at or before a place; -1 for none. */
function lastAt(moves: Move[], at: number): number {
  let low = 0
  let high = moves.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((moves[middle]?.at ?? 0) <= at) low = middle + 1
    else high = middle
  }
  return low - 1
}
