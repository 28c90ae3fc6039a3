import type { CallState, RunState } from '../../run/state/state.ts'
import { headOf, withoutInvisibleEnd } from '../../text.ts'
import { withoutMentions, withoutPartialMention } from '../blocks/text.ts'
import { MAX_PLAN_STEPS } from './task-blocks.ts'

/** Words or task lines, in the order of the answer. */
export type AnswerPiece = { kind: 'words'; text: string } | { kind: 'tasks'; calls: CallState[] }

/** One message of an answer. */
export type AnswerPage = {
  /** `answer:<segment>:<page>`; the same page keeps its key while the answer grows. */
  key: string
  pieces: AnswerPiece[]
}

/** The steps a message shows. */
export const callsOnPage = (page: AnswerPage): CallState[] =>
  page.pieces.flatMap((piece) => (piece.kind === 'tasks' ? piece.calls : []))

/** Under Slack's 50 blocks, with room for what stands below the answer. */
const PAGE_BLOCKS = 40

/**
 * The messages of an answer. A turn with a card ends a segment, so that what follows is a new message below the card; a segment longer
 * than a message takes several pages. Earlier pages do not change when words are added. `words` are those of the turn being written.
 */
export function paginateAnswer(state: RunState, words = ''): AnswerPage[] {
  return segmentsOf(state, words).flatMap((pieces, segment) =>
    splitIntoPages(pieces).map((page, index) => ({ key: `answer:${segment}:${index}`, pieces: page })),
  )
}

/** True for a call that a card below the answer shows. */
const hasCard = ({ approval, inputs }: CallState): boolean => approval !== undefined || inputs.length > 0

/** True when the next words go below a card, not onto the last page. */
export function isAfterApproval(state: RunState): boolean {
  const last = state.turns.length - 1
  return state.calls.some((call) => call.turn === last && hasCard(call))
}

/** The index of the segment that the next words begin. */
export const nextSegmentOf = (state: RunState): number => segmentsOf(state, '').length

function segmentsOf(state: RunState, words: string): AnswerPiece[][] {
  const segments: AnswerPiece[][] = [[]]
  state.turns.forEach((turn, index) => {
    const calls = state.calls.filter((call) => call.turn === index)
    const shown = calls.filter((call) => call.stage !== 'requested')
    if (turn.text.trim() !== '') segments.at(-1)?.push({ kind: 'words', text: withoutMentions(turn.text) })
    if (shown.length > 0) segments.at(-1)?.push({ kind: 'tasks', calls: shown })
    if (calls.some(hasCard)) segments.push([])
  })
  if (words.trim() !== '')
    segments.at(-1)?.push({ kind: 'words', text: withoutMentions(withoutPartialMention(withoutInvisibleEnd(words))) })
  if (segments.at(-1)?.length === 0) segments.pop()
  return segments
}

function splitIntoPages(pieces: AnswerPiece[]): AnswerPiece[][] {
  const pages: AnswerPiece[][] = []
  let page: AnswerPiece[] = []
  let room = PAGE_CHARACTERS
  let steps = MAX_PLAN_STEPS
  const nextPage = () => {
    if (page.length > 0) pages.push(page)
    page = []
    room = PAGE_CHARACTERS
    steps = MAX_PLAN_STEPS
  }
  const append = (piece: AnswerPiece) => {
    if (page.length >= PAGE_BLOCKS) nextPage()
    page.push(piece)
    if (piece.kind === 'words') room -= piece.text.length + 2
    else {
      steps -= piece.calls.length
      room -= piece.calls.length * STEP_CHARACTERS
    }
  }
  const appendCalls = (calls: CallState[]) => {
    if (steps === 0 || room < STEP_CHARACTERS) nextPage()
    const some = calls.slice(0, Math.min(steps, Math.floor(room / STEP_CHARACTERS)))
    append({ kind: 'tasks', calls: some })
    if (some.length < calls.length) appendCalls(calls.slice(some.length))
  }
  const appendText = (text: string) => {
    if (room < PAGE_CHARACTERS / 10) nextPage()
    let cut = cutMarkdownPage(text, room)
    while (cut.rest !== '') {
      append({ kind: 'words', text: cut.page })
      nextPage()
      cut = cutMarkdownPage(cut.rest, room)
    }
    append({ kind: 'words', text: cut.page })
  }
  for (const piece of pieces) {
    if (piece.kind === 'tasks') appendCalls(piece.calls)
    else appendText(piece.text)
  }
  nextPage()
  return pages
}

/** Under what Slack takes of text in all blocks of a message, with room for the footer and for fences that a cut closes. */
export const PAGE_CHARACTERS = 8_000
/** What each step takes of a page at least; its text is cut to what is there, so that pages do not move when a step ends. */
const STEP_CHARACTERS = 100

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
