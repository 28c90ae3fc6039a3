import type { CallState, RunState } from '../../run/state/state.ts'
import { withoutMentions, withoutPartialMention } from '../blocks/text.ts'
import { MAX_PLAN_STEPS } from './plan-block.ts'
import { cutMarkdownPage, PAGE_CHARACTERS } from './split-markdown.ts'

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
  if (words.trim() !== '') segments.at(-1)?.push({ kind: 'words', text: withoutMentions(withoutPartialMention(words)) })
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
  const put = (piece: AnswerPiece) => {
    if (page.length >= PAGE_BLOCKS) nextPage()
    page.push(piece)
    if (piece.kind === 'words') room -= piece.text.length + 2
    else steps -= piece.calls.length
  }
  const putCalls = (calls: CallState[]) => {
    if (steps === 0) nextPage()
    const some = calls.slice(0, steps)
    put({ kind: 'tasks', calls: some })
    if (some.length < calls.length) putCalls(calls.slice(some.length))
  }
  const putWords = (text: string) => {
    if (room < PAGE_CHARACTERS / 10) nextPage()
    let cut = cutMarkdownPage(text, room)
    while (cut.rest !== '') {
      put({ kind: 'words', text: cut.page })
      nextPage()
      cut = cutMarkdownPage(cut.rest, room)
    }
    put({ kind: 'words', text: cut.page })
  }
  for (const piece of pieces) {
    if (piece.kind === 'tasks') putCalls(piece.calls)
    else putWords(piece.text)
  }
  nextPage()
  return pages
}
