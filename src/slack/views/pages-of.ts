import type { CallState, RunState } from '../../run/state.ts'
import { cutPage, PAGE_CHARACTERS } from './pages.ts'
import { blocksFor } from './task.ts'
import { calm, steady } from './text.ts'

/** Words or task lines, in the order of the answer. */
export type Piece = { kind: 'words'; text: string } | { kind: 'tasks'; calls: CallState[] }

/** One message of an answer. */
export type Page = {
  /** `answer:<stretch>:<page>`; the same page keeps its key while the answer grows. */
  key: string
  pieces: Piece[]
}

/** Under Slack's 50 blocks, with room for what stands below the answer. */
const PAGE_BLOCKS = 40

/**
 * The messages of an answer. A turn that asks a person ends a stretch: its card follows below, and what comes after it is a new
 * message below the card. A stretch longer than a message rolls over. Earlier pages do not change when words are added.
 * `words` are those of the turn that is still being said.
 */
export function pagesOf(state: RunState, words = ''): Page[] {
  return stretchesOf(state, words).flatMap((pieces, stretch) =>
    rollOver(pieces).map((page, index) => ({ key: `answer:${stretch}:${index}`, pieces: page })),
  )
}

/** A message of its own stands for it below the answer. */
const hasCard = ({ approval, inputs }: CallState): boolean => approval !== undefined || inputs.length > 0

/** True when what is said next stands below a card, not in the last page. */
export function afterCard(state: RunState): boolean {
  const last = state.turns.length - 1
  return state.calls.some((call) => call.turn === last && hasCard(call))
}

export const nextStretch = (state: RunState): number => stretchesOf(state, '').length

function stretchesOf(state: RunState, words: string): Piece[][] {
  const stretches: Piece[][] = [[]]
  state.turns.forEach((turn, index) => {
    const calls = state.calls.filter((call) => call.turn === index)
    const told = calls.filter((call) => call.stage !== 'wished')
    if (turn.text.trim() !== '') stretches.at(-1)?.push({ kind: 'words', text: calm(turn.text) })
    if (told.length > 0) stretches.at(-1)?.push({ kind: 'tasks', calls: told })
    if (calls.some(hasCard)) stretches.push([])
  })
  if (words.trim() !== '') stretches.at(-1)?.push({ kind: 'words', text: calm(steady(words)) })
  if (stretches.at(-1)?.length === 0) stretches.pop()
  return stretches
}

function rollOver(pieces: Piece[]): Piece[][] {
  const pages: Piece[][] = []
  let page: Piece[] = []
  let room = PAGE_CHARACTERS
  let blocks = 0
  const turnOver = () => {
    if (page.length > 0) pages.push(page)
    page = []
    room = PAGE_CHARACTERS
    blocks = 0
  }
  const put = (piece: Piece, size: number, characters: number) => {
    if (blocks + size > PAGE_BLOCKS) turnOver()
    page.push(piece)
    blocks += size
    room -= characters
  }
  for (const piece of pieces) {
    if (piece.kind === 'tasks') put(piece, blocksFor(piece.calls.length), 0)
    else {
      if (room < PAGE_CHARACTERS / 10) turnOver()
      let cut = cutPage(piece.text, room)
      while (cut.rest !== '') {
        put({ kind: 'words', text: cut.page }, 1, cut.page.length)
        turnOver()
        cut = cutPage(cut.rest, room)
      }
      put({ kind: 'words', text: cut.page }, 1, cut.page.length + 2)
    }
  }
  turnOver()
  return pages
}
