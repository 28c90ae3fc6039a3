import type { ConnectionId } from '../../ids.ts'
import type { JsonObject } from '../../json.ts'
import { argumentTextIn, decodedTextsOf } from './decode-arguments.ts'
import { BLOCK_CHARS, emailsIn, plainTextIn, type ReadIndex } from './read-index.ts'

/** Text of a connection among a call's arguments: whose, and how many letters and digits. */
export type CarriedText = { from: string; chars: number }

/** Less than this is found in texts that have nothing to do with each other. */
const MIN_CHARS = 24
/** Fewer values are a question about them: "Sales" alone says nothing. */
const MIN_CELLS = 3
/** Values of more words are looked for as text. */
const MAX_CELL_WORDS = 4

/**
 * What a call to a connection carries of what the run read from others: text of 24 letters and digits and more, three values of rows
 * that have as many together, or an e-mail address; also in base64, hex and percent codes. What the person wrote themselves, or
 * the connection itself said before, is no news to it.
 */
export function findCarried(index: ReadIndex, args: JsonObject, to: ConnectionId): CarriedText[] {
  if (!index.texts.some(({ connection }) => connection !== undefined && connection !== to)) return []
  const found = new Map<string, number>()
  for (const text of decodedTextsOf(argumentTextIn(args)))
    for (const [from, chars] of charsByName(index, text, to)) found.set(from, Math.max(chars, found.get(from) ?? 0))
  return [...found].map(([from, chars]) => ({ from, chars })).sort((a, b) => b.chars - a.chars)
}

function charsByName(index: ReadIndex, text: string, to: ConnectionId): Map<string, number> {
  const owners = ownersOfLetters(index, plainTextIn(text), to)
  const byText = new Map<number, number>()
  for (const owner of owners) if (owner > 0) byText.set(owner - 1, (byText.get(owner - 1) ?? 0) + 1)
  const long = sumByName(index, byText)
  const found = new Map([...long].filter(([, chars]) => chars >= MIN_CHARS))
  for (const [from, chars] of cellCharsByName(index, text, to)) found.set(from, Math.max(chars, found.get(from) ?? 0))
  return found
}

function sumByName({ texts }: ReadIndex, byText: Map<number, number>): Map<string, number> {
  const sums = new Map<string, number>()
  for (const [at, chars] of byText) {
    const name = texts[at]?.name ?? ''
    sums.set(name, (sums.get(name) ?? 0) + chars)
  }
  return sums
}

/** Which text each letter was read in, counted from 1; 0 for none, -1 where whoever gets it knows it. */
const KNOWN = -1

function ownersOfLetters(index: ReadIndex, plain: string, to: ConnectionId): Int32Array {
  const owners = new Int32Array(plain.length)
  /** Up to where each text was compared already. */
  const done = new Map<number, number>()
  const compare = (at: number, { text, at: from }: { text: number; at: number }): void => {
    if (at < (done.get(text) ?? 0)) return
    const match = matchFrom(index.texts[text]?.plain ?? '', from, plain, at)
    if (match.end - match.start < MIN_CHARS) return
    done.set(text, match.end)
    mark(owners, match, isKnown(index, text, to) ? KNOWN : text + 1)
  }
  for (let at = 0; at + BLOCK_CHARS <= plain.length; at += 1)
    for (const place of index.blocks.get(plain.slice(at, at + BLOCK_CHARS)) ?? []) compare(at, place)
  return owners
}

const isKnown = ({ texts }: ReadIndex, at: number, to: ConnectionId): boolean => {
  const connection = texts[at]?.connection
  return connection === undefined || connection === to
}

/** The longest stretch of `plain` around `at` that stands in what was read around `from`. */
function matchFrom(read: string, from: number, plain: string, at: number): { start: number; end: number } {
  let before = 0
  while (before < at && before < from && plain[at - before - 1] === read[from - before - 1]) before += 1
  let after = BLOCK_CHARS
  while (at + after < plain.length && from + after < read.length && plain[at + after] === read[from + after]) after += 1
  return { start: at - before, end: at + after }
}

function mark(owners: Int32Array, { start, end }: { start: number; end: number }, owner: number): void {
  for (let at = start; at < end; at += 1) if (owner === KNOWN || owners[at] === 0) owners[at] = owner
}

/** Values of rows, however they are strung together, and e-mail addresses. */
function cellCharsByName(index: ReadIndex, text: string, to: ConnectionId): Map<string, number> {
  const emails = new Map(emailsIn(text).flatMap((email) => placesOf(index.emails, plainTextIn(email))))
  const cells = new Map([...cellsIn(index, text)].flatMap((cell) => placesOf(index.cells, cell)))
  const byName = new Map<string, { values: number; chars: number; hasEmail: boolean }>()
  for (const [value, places] of new Map([...cells, ...emails])) {
    if (isKnownValue(index, value, to)) continue
    for (const name of new Set(places.map((at) => index.texts[at]?.name ?? ''))) {
      const { values, chars, hasEmail } = byName.get(name) ?? { values: 0, chars: 0, hasEmail: false }
      const isEmail = hasEmail || emails.has(value)
      byName.set(name, { values: values + 1, chars: chars + value.length, hasEmail: isEmail })
    }
  }
  const told = [...byName].filter(
    ([, { values, chars, hasEmail }]) => hasEmail || (values >= MIN_CELLS && chars >= MIN_CHARS),
  )
  return new Map(told.map(([name, { chars }]) => [name, chars]))
}

function placesOf(map: Map<string, number[]>, value: string): [string, number[]][] {
  const places = map.get(value)
  return places === undefined ? [] : [[value, places]]
}

const isKnownValue = (index: ReadIndex, value: string, to: ConnectionId): boolean =>
  index.texts.some(({ plain }, at) => isKnown(index, at, to) && plain.includes(value))

/** The values among the words of a text: one to four of them in a row. */
function cellsIn({ cells }: ReadIndex, text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  const found = new Set<string>()
  for (let at = 0; at < words.length; at += 1) {
    let joined = ''
    for (let next = at; next < Math.min(words.length, at + MAX_CELL_WORDS); next += 1) {
      joined += words[next]
      if (cells.has(joined)) found.add(joined)
    }
  }
  return found
}
