import type { AnyChunk } from '@slack/types'
import { errorChainOf } from '../../errors.ts'
import type { RunState } from '../../run/state/state.ts'
import { type RenderedMessage, renderAnswer, stopButtonsFor } from '../answer/answer-messages.ts'
import { type AnswerPage, isAfterApproval, nextSegmentOf, paginateAnswer } from '../answer/paginate-answer.ts'
import { chunksFor, createEmptyStream, type StreamedContent } from '../answer/stream-chunks.ts'
import { contextBlock } from '../blocks/blocks.ts'
import type { PaintDeps } from '../deps.ts'
import { isUnsupportedMethod, slackErrorCodeOf } from '../web-api/web-api.ts'
import { type MessageStream, STREAM_LIFETIME_MS, startMessageStream, stopMessageStream } from './message-stream.ts'
import { contentHashOf, type PostedMessages } from './posted-messages.ts'

/** What is to be seen of a run while it works. */
export type LiveState = { state: RunState; words: string; progress: Map<string, string>; waiting: string | undefined }

/** What all pens of this process share. */
export type WriterState = { streams: number; noStreamsUntil: number }

/** Paints a run while it works: the page being written as a stream, the others by changing them. */
export type AnswerWriter = {
  /** Resolves to the milliseconds after which it wants to paint again, if something had to wait. */
  paint(board: PostedMessages, scenery: LiveState): Promise<number | undefined>
  /** Ends what is being streamed. */
  lift(board: PostedMessages): Promise<void>
  /** Forgets what is being streamed: another instance goes on with the run. */
  drop(): void
}

/** Slack's advice for changing one message (docs.slack.dev/apis/web-api/rate-limits). */
const EDIT_EVERY_MS = 3_000
const NO_STREAMS_MS = 10 * 60_000
const RATE_LIMITED_MS = 3_000

type Open = { key: string; stream: MessageStream; sent: StreamedContent }

/** A pen's memory: pages that are changed instead of streamed, when they last were, and the open stream. */
type Hand = {
  deps: PaintDeps
  ink: WriterState
  edited: Set<string>
  editedAt: Map<string, number>
  open: Open | undefined
}

/** What is being painted, and on which page more words go. */
type Stroke = { board: PostedMessages; scenery: LiveState; page: AnswerPage }

export function createAnswerWriter(deps: PaintDeps, ink: WriterState): AnswerWriter {
  const hand: Hand = { deps, ink, edited: new Set(), editedAt: new Map(), open: undefined }
  return {
    lift: (board) => lift(hand, board),
    drop: () => drop(hand),
    async paint(board, scenery) {
      const page = openPage(scenery)
      if (hand.open !== undefined && hand.open.key !== page?.key) await lift(hand, board)
      const done = renderAnswer(scenery.state, scenery.words).filter(({ key }) => key !== page?.key)
      const waits: (number | undefined)[] = []
      for (const painted of done) waits.push(await edit(hand, board, scenery.state, painted))
      if (page !== undefined) waits.push(await write(hand, { board, scenery, page }))
      const due = waits.filter((wait) => wait !== undefined)
      return due.length === 0 ? undefined : Math.min(...due)
    },
  }
}

async function lift(hand: Hand, board: PostedMessages): Promise<void> {
  if (hand.open === undefined) return
  const shown = board.get(hand.open.key)
  if (shown) {
    await stopMessageStream(hand.deps.webApi, shown.channel, shown.ts)
    await board.adopt({ ...shown, live: false, picture: '' })
  }
  drop(hand)
}

function drop(hand: Hand): void {
  if (hand.open !== undefined) hand.ink.streams -= 1
  hand.open = undefined
}

async function edit(
  hand: Hand,
  board: PostedMessages,
  { origin }: RunState,
  painted: RenderedMessage,
): Promise<number | undefined> {
  const { key, ...saying } = painted
  const shown = board.get(key)
  if (shown?.picture === contentHashOf(saying)) return undefined
  const dueMs = (hand.editedAt.get(key) ?? 0) + EDIT_EVERY_MS - Date.now()
  if (dueMs > 0) return dueMs
  hand.editedAt.set(key, Date.now())
  if (shown?.live) await stopMessageStream(hand.deps.webApi, shown.channel, shown.ts)
  await board.ensure({ key, channel: origin.channel, thread: origin.threadTs }, saying)
  return undefined
}

/** From now on this page is changed, not streamed. */
async function giveUpStream(hand: Hand, { board, page }: Stroke, why: string): Promise<void> {
  hand.deps.log.debug({ key: page.key, why }, 'stream given up')
  hand.edited.add(page.key)
  await lift(hand, board)
}

async function write(hand: Hand, stroke: Stroke): Promise<number | undefined> {
  const { board, scenery, page } = stroke
  if (!mayStream(hand, stroke)) hand.edited.add(page.key)
  const againMs = hand.edited.has(page.key) ? undefined : await stream(hand, stroke)
  if (!hand.edited.has(page.key)) return againMs
  const painted = renderAnswer(scenery.state, scenery.words).find(({ key }) => key === page.key)
  const said = painted ?? { key: page.key, text: '', blocks: [stopButtonsFor(scenery.state)] }
  const waits = scenery.waiting === undefined ? [] : [contextBlock(scenery.waiting)]
  return edit(hand, board, scenery.state, { ...said, blocks: [...waits, ...said.blocks] })
}

/** A message that stands already cannot become a stream. */
function mayStream({ open, ink }: Hand, { board, page }: Stroke): boolean {
  if (open?.key === page.key) return true
  return board.get(page.key) === undefined && ink.noStreamsUntil < Date.now()
}

const stream = (hand: Hand, stroke: Stroke): Promise<number | undefined> =>
  hand.open === undefined ? begin(hand, stroke) : goOn(hand, hand.open, stroke)

async function begin(hand: Hand, stroke: Stroke): Promise<undefined> {
  const { board, scenery, page } = stroke
  const first = chunksFor(page, createEmptyStream(), scenery)
  if (first === undefined || (page.pieces.length === 0 && board.all().length > 0)) return
  const { origin } = scenery.state
  const chunks: AnyChunk[] = [{ type: 'blocks', blocks: [stopButtonsFor(scenery.state, page.key)] }, ...first.chunks]
  let started: MessageStream
  try {
    started = await startMessageStream(hand.deps.webApi, origin, chunks)
  } catch (error) {
    if (slackErrorCodeOf(error) === undefined) board.doubt(true)
    if (isUnsupportedMethod(error)) hand.ink.noStreamsUntil = Date.now() + NO_STREAMS_MS
    return void (await giveUpStream(hand, stroke, errorChainOf(error)))
  }
  hand.open = { key: page.key, stream: started, sent: first.sent }
  hand.ink.streams += 1
  await board.adopt({ key: page.key, channel: origin.channel, ts: started.ts, picture: '', live: true })
}

async function goOn(hand: Hand, open: Open, stroke: Stroke): Promise<number | undefined> {
  const { scenery, page } = stroke
  const next = chunksFor(page, open.sent, scenery)
  if (next === undefined) return void (await giveUpStream(hand, stroke, 'words were taken back'))
  if (Date.now() - open.stream.startedAt > STREAM_LIFETIME_MS) return void (await giveUpStream(hand, stroke, 'too old'))
  if (next.chunks.length === 0) return undefined
  try {
    await open.stream.append(next.chunks)
  } catch (error) {
    if (slackErrorCodeOf(error) === 'ratelimited') return RATE_LIMITED_MS
    return void (await giveUpStream(hand, stroke, errorChainOf(error)))
  }
  open.sent = next.sent
  return undefined
}

/** The page that more words go to; none while a card waits for a person, since nothing is streamed meanwhile. */
function openPage({ state, words }: LiveState): AnswerPage | undefined {
  const silent = words.trim() === ''
  if (silent && isAfterApproval(state)) return undefined
  return paginateAnswer(state, words).at(-1) ?? { key: `answer:${nextSegmentOf(state)}:0`, pieces: [] }
}
