import { headOf } from '../../text.ts'

/** Under Slack's 12,000 characters of Markdown per message, with room for fences that a cut closes. */
export const PAGE_CHARACTERS = 11_000

/** A cut is moved back to a good place at most this far. */
const LOOK_BACK = 4_000

export type CutText = { page: string; rest: string }

/**
 * The first `room` characters or fewer, cut at the end of a paragraph, line or word, and what remains.
 * A code fence open at the cut is closed and opened again. The cut depends only on the first `room` characters, so it
 * stays where it is while the text grows.
 */
export function cutMarkdownPage(text: string, room: number): CutText {
  if (text.length <= room) return { page: text, rest: '' }
  const at = cutAt(text, room)
  const page = text.slice(0, at)
  const fence = openFence(page)
  const rest = text.slice(at).replace(/^\n+/, '')
  if (fence === undefined) return { page, rest }
  return { page: `${page}${page.endsWith('\n') ? '' : '\n'}${fence.close}`, rest: `${fence.open}\n${rest}` }
}

function cutAt(text: string, room: number): number {
  const window = text.slice(0, room)
  const least = Math.max(room - LOOK_BACK, Math.floor(room / 2))
  const places = [lastOutsideFence(window, least), window.lastIndexOf('\n') + 1, window.lastIndexOf(' ') + 1]
  const place = places.find((at) => at > least)
  if (place !== undefined) return place
  return /[\uD800-\uDBFF]$/.test(window) ? room - 1 : room
}

/** The end of the last paragraph that does not lie inside a code fence. */
function lastOutsideFence(window: string, least: number): number {
  for (let at = window.lastIndexOf('\n\n'); at > least; at = window.lastIndexOf('\n\n', at - 1)) {
    if (openFence(window.slice(0, at)) === undefined) return at + 2
  }
  return -1
}

/** The fence a text leaves open: the line that opened it and the one that closes it. */
function openFence(text: string): { open: string; close: string } | undefined {
  let open: { open: string; close: string } | undefined
  for (const [line, mark] of text.matchAll(/^ {0,3}(`{3,}|~{3,})[^\n`]*$/gm)) {
    if (mark === undefined) continue
    if (open === undefined) open = { open: headOf(line.trim(), 80), close: mark }
    else if (mark.startsWith(open.close) && line.trim() === mark) open = undefined
  }
  return open
}
