import type { ConnectionId } from '../../ids.ts'

/** What a run has read. Without a connection: what its requester wrote. */
export type ReadText = {
  connection: ConnectionId | undefined
  /** What people call the connection. */
  name: string
  text: string
  /** The values of its rows. */
  cells: string[]
}

type IndexedText = Pick<ReadText, 'connection' | 'name'> & { plain: string }
type BlockPlace = { text: number; at: number }

/** All that a run has read, so that what a call carries of it is found at once. */
export type ReadIndex = {
  texts: IndexedText[]
  /** Where each block of letters was read. */
  blocks: Map<string, BlockPlace[]>
  /** Which texts have a value, or an e-mail address. */
  cells: Map<string, number[]>
  emails: Map<string, number[]>
  chars: number
  /** More was read than is looked through. */
  isFull: boolean
}

/** Any text of twice this length that was read has one of the blocks in it whole. */
export const BLOCK_CHARS = 12
/** Some 150,000 tokens: more than most models take. */
const MAX_CHARS = 600_000
/** A block that stands in so many places says nothing more in others. */
const MAX_PLACES = 4
/** Shorter values stand in too many texts. */
const CELL_MIN_CHARS = 4
const CELL_MAX_CHARS = 80
const MAX_CELLS = 100_000

export const createReadIndex = (): ReadIndex => ({
  texts: [],
  blocks: new Map(),
  cells: new Map(),
  emails: new Map(),
  chars: 0,
  isFull: false,
})

/** Letters and digits alone, as these stay the same however a text is written down anew. */
export const plainTextIn = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')

const EMAIL = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/g

export const emailsIn = (text: string): string[] => [...text.toLowerCase().matchAll(EMAIL)].map(([email]) => email)

/** Adds what was read. */
export function addReadText(index: ReadIndex, { connection, name, text, cells }: ReadText): void {
  const plain = plainTextIn(text)
  if (index.chars + plain.length > MAX_CHARS) {
    index.isFull = true
    return
  }
  index.chars += plain.length
  const at = index.texts.push({ connection, name, plain }) - 1
  for (let from = 0; from + BLOCK_CHARS <= plain.length; from += BLOCK_CHARS)
    addPlace(index, plain, { text: at, at: from })
  for (const email of emailsIn(text)) addTo(index.emails, plainTextIn(email), at)
  for (const cell of cells) {
    const value = plainTextIn(cell)
    const isTold = value.length >= CELL_MIN_CHARS && value.length <= CELL_MAX_CHARS
    if (isTold && index.cells.size < MAX_CELLS) addTo(index.cells, value, at)
  }
}

function addPlace({ blocks }: ReadIndex, plain: string, place: BlockPlace): void {
  const block = plain.slice(place.at, place.at + BLOCK_CHARS)
  const places = blocks.get(block)
  if (places === undefined) blocks.set(block, [place])
  // One place of each text is enough to extend a match from, unless it is repeated there.
  else if (places.length < MAX_PLACES || places.every(({ text }) => text !== place.text)) places.push(place)
}

function addTo(map: Map<string, number[]>, key: string, text: number): void {
  const texts = map.get(key)
  if (texts === undefined) map.set(key, [text])
  else if (texts.at(-1) !== text) texts.push(text)
}
