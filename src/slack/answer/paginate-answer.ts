import type { CallState, RunState } from '../../run/state/state.ts'
import { withoutMentions, withoutPartialMention } from '../blocks/text.ts'
import { MAX_PLAN_STEPS } from './plan-block.ts'
import { cutMarkdownPage, PAGE_CHARACTERS } from './split-markdown.ts'

/** Words or task lines, in the order of the answer. */
export type AnswerPiece = { kind: 'words'; text: string } | { kind: 'tasks'; calls: CallState[] }

/** One message of an answer. */
export type AnswerPage = {
  /** `answer:<stretch>:<page>`; the same page keeps its key while the answer grows. */
  key: string
  pieces: AnswerPiece[]
}

/** The steps a message shows. */
export const callsOnPage = (page: AnswerPage): CallState[] =>
  page.pieces.flatMap((piece) => (piece.kind === 'tasks' ? piece.calls : []))

/** Under Slack's 50 blocks, with room for what stands below the answer. */
const PAGE_BLOCKS = 40

/**
 * The messages of an answer. A turn that asks a person ends a stretch: its card follows below, and what comes after it is a new
 * message below the card. A stretch longer than a message rolls over. Earlier pages do not change when words are added.
 * `words` are those of the turn that is still being said.
 */
export function paginateAnswer(state: RunState, words = ''): AnswerPage[] {
  return stretchesOf(state, words).flatMap((pieces, stretch) =>
    rollOver(pieces).map((page, index) => ({ key: `answer:${stretch}:${index}`, pieces: page })),
  )
}

/** A message of its own stands for it below the answer. */
const hasCard = ({ approval, inputs }: CallState): boolean => approval !== undefined || inputs.length > 0

/** True when what is said next stands below a card, not in the last page. */
export function isAfterApproval(state: RunState): boolean {
  const last = state.turns.length - 1
  return state.calls.some((call) => call.turn === last && hasCard(call))
}

export const nextSegmentOf = (state: RunState): number => stretchesOf(state, '').length

function stretchesOf(state: RunState, words: string): AnswerPiece[][] {
  const stretches: AnswerPiece[][] = [[]]
  state.turns.forEach((turn, index) => {
    const calls = state.calls.filter((call) => call.turn === index)
    const told = calls.filter((call) => call.stage !== 'wished')
    if (turn.text.trim() !== '') stretches.at(-1)?.push({ kind: 'words', text: withoutMentions(turn.text) })
    if (told.length > 0) stretches.at(-1)?.push({ kind: 'tasks', calls: told })
    if (calls.some(hasCard)) stretches.push([])
  })
  if (words.trim() !== '')
    stretches.at(-1)?.push({ kind: 'words', text: withoutMentions(withoutPartialMention(words)) })
  if (stretches.at(-1)?.length === 0) stretches.pop()
  return stretches
}

function rollOver(pieces: AnswerPiece[]): AnswerPiece[][] {
  const pages: AnswerPiece[][] = []
  let page: AnswerPiece[] = []
  let room = PAGE_CHARACTERS
  let steps = MAX_PLAN_STEPS
  const turnOver = () => {
    if (page.length > 0) pages.push(page)
    page = []
    room = PAGE_CHARACTERS
    steps = MAX_PLAN_STEPS
  }
  const put = (piece: AnswerPiece) => {
    if (page.length >= PAGE_BLOCKS) turnOver()
    page.push(piece)
    if (piece.kind === 'words') room -= piece.text.length + 2
    else steps -= piece.calls.length
  }
  const putCalls = (calls: CallState[]) => {
    if (steps === 0) turnOver()
    const some = calls.slice(0, steps)
    put({ kind: 'tasks', calls: some })
    if (some.length < calls.length) putCalls(calls.slice(some.length))
  }
  const putWords = (text: string) => {
    if (room < PAGE_CHARACTERS / 10) turnOver()
    let cut = cutMarkdownPage(text, room)
    while (cut.rest !== '') {
      put({ kind: 'words', text: cut.page })
      turnOver()
      cut = cutMarkdownPage(cut.rest, room)
    }
    put({ kind: 'words', text: cut.page })
  }
  for (const piece of pieces) {
    if (piece.kind === 'tasks') putCalls(piece.calls)
    else putWords(piece.text)
  }
  turnOver()
  return pages
}
