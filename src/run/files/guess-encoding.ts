import { analyse } from 'chardet'
import { decodeStrictly } from './decode-strictly.ts'

/** The letters beyond ASCII that texts of a language have, in lower case. */
const WESTERN = [
  'äöüßéèàç',
  'éèêëàâçîïôùûüœæÿ',
  'áéíóúñüç',
  'áàâãçéêíóôõúü',
  'àèéìíîòóù',
  'æøåéèêóòôü',
  'åäöéüà',
  'ðþáéíóúýæö',
  'éëïöüèêá',
]
const CENTRAL = ['ąćęłńóśźż', 'áčďéěíňóřšťúůýž', 'áäčďéíĺľňóôŕšťúýž', 'áéíóöőúüű', 'čćđšž', 'ăâîşţ', 'äöüßé']
const TURKISH = ['çğıöşüâîû']
const CYRILLIC = [
  'абвгдеёжзийклмнопрстуфхцчшщъыьэюя',
  'абвгґдеєжзиіїйклмнопрстуфхцчшщьюя',
  'абвгдђежзијклљмнњопрстћуфхцчџш',
]
const GREEK = ['αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ']

/** Encodings of one byte a letter, and the languages written in them (https://encoding.spec.whatwg.org). */
const ENCODINGS: [encoding: string, languages: string[]][] = [
  ['windows-1252', WESTERN],
  ['iso-8859-15', WESTERN],
  ['macintosh', WESTERN],
  ['windows-1250', CENTRAL],
  ['iso-8859-2', CENTRAL],
  ['windows-1254', TURKISH],
  ['windows-1251', CYRILLIC],
  ['koi8-u', CYRILLIC],
  ['ibm866', CYRILLIC],
  ['iso-8859-5', CYRILLIC],
  ['x-mac-cyrillic', CYRILLIC],
  ['windows-1253', GREEK],
]
/** More text does not change the guess, and a file can have megabytes. */
const SAMPLE_BYTES = 16_384

type Reading = { encoding: string; text: string; languages: number }

/**
 * The text of bytes that are no Unicode, where only one encoding makes words of a language of them; undefined where none or
 * several do, as a wrong letter is worse than none.
 */
export function decodeLegacy(bytes: Buffer): string | undefined {
  const sample = sampleOf(bytes)
  const encoding = eastAsianOf(sample) ?? singleByteOf(sample)
  return encoding === undefined ? undefined : decodeStrictly(bytes, encoding)
}

/** Lines that are not plain ASCII. */
function sampleOf(bytes: Buffer): Buffer {
  const lines: string[] = []
  let size = 0
  for (const [line] of bytes.toString('latin1').matchAll(/[^\r\n]+/g)) {
    if (!/[\x80-\xff]/.test(line)) continue
    lines.push(line)
    size += line.length
    if (size > SAMPLE_BYTES) break
  }
  return Buffer.from(lines.join('\n').slice(0, SAMPLE_BYTES), 'latin1')
}

function singleByteOf(sample: Buffer): string | undefined {
  const readings = ENCODINGS.flatMap(([encoding, languages]): Reading[] => {
    const text = decodeStrictly(sample, encoding)
    const count = text === undefined ? undefined : countLanguages(text, languages)
    return text === undefined || count === undefined ? [] : [{ encoding, text, languages: count }]
  })
  const fewest = Math.min(...readings.map(({ languages }) => languages))
  const likely = readings.filter(({ languages }) => languages === fewest)
  const texts = new Set(likely.map(({ text }) => text))
  return texts.size === 1 ? likely[0]?.encoding : likelierOf(sample, likely)
}

/** How many of the languages the words need; undefined where a word is of none, or a sign stands where no text has it. */
function countLanguages(text: string, languages: string[]): number | undefined {
  if (ODD.test(text)) return undefined
  const words = (text.match(WORDS) ?? []).filter((word) => /[^\p{ASCII}]/u.test(word))
  if (!words.every(isWord)) return undefined
  return coverWords(new Set(words.map(lettersBeyondAscii)), languages)
}

const isWord = (word: string): boolean =>
  CASES.test(word) &&
  (word.length > 1 || LONE.test(word)) &&
  !(/[a-z]/i.test(word) && /[^\p{Script=Latin}]/u.test(word))

const lettersBeyondAscii = (word: string): string => word.toLowerCase().replace(/[a-z]|\u0307/g, '')

/** Takes the language that most of the words are of, until none is left. */
function coverWords(words: Set<string>, languages: string[]): number | undefined {
  let rest = [...words].filter((word) => word !== '')
  for (let count = 0; ; count++) {
    if (rest.length === 0) return count
    const left = languages.map((letters) =>
      rest.filter((word) => [...word].some((letter) => !letters.includes(letter))),
    )
    const best = left.toSorted((a, b) => a.length - b.length)[0] ?? rest
    if (best.length === rest.length) return undefined
    rest = best
  }
}

/** Units and ordinals count as signs. */
const WORDS = /(?:(?![µªº])[\p{L}\p{M}])+/gu
/** Words are written small, with a capital or in capitals; capitals inside are names in ASCII (McKay). */
const CASES = /^(?:[\p{Lo}\p{M}\p{Lm}]+|\p{Lu}?\p{Ll}*|\p{Lu}+|\p{Lu}?\p{Ll}*(?:[A-Z]\p{Ll}+)+)$/u
/** Letters that are words by themselves. */
const LONE = /^[aeoyàáâãäåæèéêíòóôöøùúýавикосуюяжбіїй]$/iu
/** What hardly any text has: signs inside a word or before one, letters out of place, and characters without a use. */
const ODD =
  /\p{L}[\p{S}¶§¿¡†‡•‰№]\p{Ll}|[\p{So}\p{Sk}±¬¤¶¦†‡²³¹¼½¾]\p{Ll}|\p{Ll}[¿¡¸¨¯¬¦‡†ˇ˘˙˛˝]|\d\s?[¡∞ˇ΅]|õ(?![es])|ń(?=[aeiouy])|[¤\u0080-\u009f\p{Co}\p{Cn}\u2500-\u25ff]/u

/** What chardet calls the encodings that can be mistaken for each other. */
const FAMILIES: Record<string, string[]> = {
  'windows-1252': ['windows-1252', 'ISO-8859-1'],
  'windows-1250': ['windows-1250', 'ISO-8859-2'],
  'windows-1254': ['windows-1254', 'ISO-8859-9'],
  'windows-1251': ['windows-1251'],
}
/** How sure chardet has to be of a Latin script, and how much surer than of the next. */
const LIKELY = 50
const LIKELY_AHEAD = 20

/** Of several readings the one whose groups of letters are those of its language. */
function likelierOf(sample: Buffer, readings: Reading[]): string | undefined {
  const found = analyse(sample)
  const sure = readings
    .map(({ encoding, text }) => {
      const names = FAMILIES[encoding] ?? []
      return {
        encoding,
        text,
        score: Math.max(0, ...found.filter(({ name }) => names.includes(name)).map((one) => one.confidence)),
      }
    })
    .toSorted((a, b) => b.score - a.score)
  const [best] = sure
  const next = sure.find(({ text }) => text !== best?.text)
  if (best === undefined || best.score < LIKELY) return undefined
  return best.score - (next?.score ?? 0) >= LIKELY_AHEAD ? best.encoding : undefined
}

/** chardet is sure where it has seen enough characters that are common in the language. */
const SURE = 90
const AHEAD = 15
const EAST_ASIAN = new Set(['Shift_JIS', 'GB18030', 'Big5', 'EUC-KR', 'EUC-JP'])

function eastAsianOf(sample: Buffer): string | undefined {
  const [first, ...others] = analyse(sample).filter(({ name }) => EAST_ASIAN.has(name))
  if (first === undefined || first.confidence < SURE) return undefined
  if (others.some(({ confidence }) => confidence > first.confidence - AHEAD)) return undefined
  return first.name
}
