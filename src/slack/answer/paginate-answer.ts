import type { CallState, RunState } from '../../run/state/state.ts'
import { withoutInvisibleEnd } from '../../text.ts'
import { withoutMentions, withoutPartialMention } from '../blocks/text.ts'
import { shortenTables } from './answer-tables.ts'
import { cutMarkdownPage } from './cut-markdown.ts'
import { revealLinks } from './reveal-links.ts'
import { withoutSuggestedQuestions } from './suggested-questions.ts'
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
 * than a message takes several pages. Pages before the last do not change when words are added; the last may hand its end on to a
 * new one. `words` are those of the turn being written. What the model said between its steps is left out when the run is over, and what
 * it only announced is left out above a card.
 */
export function paginateAnswer(state: RunState, words = ''): AnswerPage[] {
  const segments = segmentsOf(state, words)
  const last = segments.length - 1
  return segments.flatMap((pieces, segment) => {
    const pages = splitIntoPages(pieces)
    const done = state.status === 'finished' && segment === last ? withSteps(pages, stepsOf(state)) : pages
    return done.map((page, index) => ({ key: `answer:${segment}:${index}`, pieces: page }))
  })
}

/** All steps of a run that is finished are one line below the answer. */
const withSteps = (pages: AnswerPiece[][], calls: CallState[]): AnswerPiece[][] =>
  calls.length === 0 ? pages : [...pages.slice(0, -1), [...(pages.at(-1) ?? []), { kind: 'tasks', calls }]]

const stepsOf = ({ calls }: RunState): CallState[] => calls.filter((call) => call.stage !== 'requested')

/** True for a call that a card below the answer shows. */
export const hasCard = ({ approval, inputs }: CallState): boolean => approval !== undefined || inputs.length > 0

/** True when the next words go below a card, not onto the last page. */
export function isAfterApproval(state: RunState): boolean {
  const last = state.turns.length - 1
  return state.calls.some((call) => call.turn === last && hasCard(call))
}

/** The index of the segment that the next words begin. */
export const nextSegmentOf = (state: RunState): number =>
  segmentsOf(state, '').length - (state.status === 'finished' ? 1 : 0)

function segmentsOf(state: RunState, words: string): AnswerPiece[][] {
  const segments: AnswerPiece[][] = [[]]
  let tables = 0
  state.turns.forEach((turn, index) => {
    const calls = state.calls.filter((call) => call.turn === index)
    const shown = state.status === 'finished' ? [] : stepsOf({ ...state, calls })
    const { text, count } = shortenTables(wordsOfTurn(state, turn), tables)
    tables += count
    if (text.trim() !== '') segments.at(-1)?.push({ kind: 'words', text: toSafeMarkdown(text) })
    if (shown.length > 0) segments.at(-1)?.push({ kind: 'tasks', calls: shown })
    if (calls.some(hasCard)) closeSegment(segments, state)
  })
  if (words.trim() !== '') segments.at(-1)?.push({ kind: 'words', text: growingText(words, tables) })
  if (segments.at(-1)?.length === 0 && state.status !== 'finished') segments.pop()
  return segments
}

function wordsOfTurn(state: RunState, turn: RunState['turns'][number]): string {
  if (isBetweenSteps(state, turn)) return ''
  return state.status === 'finished' ? withoutSuggestedQuestions(turn.text) : turn.text
}

/** Longer words, or such with a form of their own, are a part of the answer wherever they were said. */
const BETWEEN_CHARS = 300
const FORMED = /\n\s*\n|\n\s*(?:[-*+#>|]|\d+[.)])|^\s*(?:[-*+#>|]\s|\d+[.)]\s)|```|~~~/

/** A sentence or two that only announce what the steps, and the answer or the end, show. */
function isBetweenSteps({ status, answer }: RunState, { text, callIds }: RunState['turns'][number]): boolean {
  const isOver = status === 'finished' ? answer.trim() !== '' : status !== 'working'
  return isOver && callIds.length > 0 && text.trim().length <= BETWEEN_CHARS && !FORMED.test(text)
}

/** "I'll ask the database.": one sentence that only says what the step below it shows. */
const ANNOUNCEMENT =
  /^(?:[\p{L}']{2,12}[,.!:]\s+)?(?:first|now|next|then)?,?\s*(?:i['’]ll|i will|i['’]m going to|i am going to|let me|let['’]s|ich werde|je vais|voy a)\b[^.!?\n]*[.!?:…]*$/iu

/** Begins a new one below a card. Above the card is read what was found out, not what was about to be done. */
function closeSegment(segments: AnswerPiece[][], { status }: RunState): void {
  const pieces = segments.pop() ?? []
  const isRead = (piece: AnswerPiece) =>
    piece.kind !== 'words' || piece.text.length > BETWEEN_CHARS || !ANNOUNCEMENT.test(piece.text.trim())
  segments.push(status === 'finished' ? pieces : pieces.filter(isRead), [])
}

/** Words being written, without what only the next ones decide. */
const growingText = (words: string, tables: number): string =>
  toSafeMarkdown(shortenTables(withoutPartialMention(withoutInvisibleEnd(words)), tables, true).text, true)

/** What the model says notifies nobody, and its links say where they lead. */
const toSafeMarkdown = (text: string, isGrowing = false): string => withoutMentions(revealLinks(text, isGrowing))

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
