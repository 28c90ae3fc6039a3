import { truncateMiddle } from '../../text.ts'
import { escapeMrkdwn } from '../blocks/text.ts'

/** What is shown around the place where two texts differ. */
const AROUND_CHARS = 80
const TEXT_CHARS = 600

/** Where two texts differ, as two lines a person compares. */
export function beforeAndNowText(before: string, now: string): string[] {
  const [from, behind] = sameEndsOf(before, now)
  return [`Before: ${quotedPart(before, from, behind)}`, `Now: ${quotedPart(now, from, behind)}`]
}

export const newTextOf = (text: string): string => (text.trim() === '' ? 'It says nothing of itself.' : quoted(text))

/** How many characters the texts share at their beginning and at their end. */
function sameEndsOf(a: string, b: string): [from: number, behind: number] {
  const most = Math.min(a.length, b.length)
  let from = 0
  while (from < most && a[from] === b[from]) from += 1
  let behind = 0
  while (behind < most - from && a.at(-1 - behind) === b.at(-1 - behind)) behind += 1
  return [from, behind]
}

function quotedPart(text: string, from: number, behind: number): string {
  const start = Math.max(0, from - AROUND_CHARS)
  const end = Math.min(text.length, text.length - behind + AROUND_CHARS)
  const part = text.slice(start, end).toWellFormed()
  return quoted(`${start > 0 ? '…' : ''}${part}${end < text.length ? '…' : ''}`)
}

function quoted(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  if (line === '') return '_nothing_'
  const cut = line.length > TEXT_CHARS ? ` (cut, ${line.length.toLocaleString('en')} characters)` : ''
  return `“${escapeMrkdwn(truncateMiddle(line, TEXT_CHARS))}”${cut}`
}
