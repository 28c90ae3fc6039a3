import { AppError, errorChainOf } from '../../errors.ts'
import type { RunProgress } from '../../run/state/run-listener.ts'
import type { RunState } from '../../run/state/state.ts'
import { renderAnswer } from '../answer/answer-messages.ts'
import type { PaintDeps } from '../deps.ts'
import { adoptFoundMessages } from './find-unrecorded.ts'
import { stopMessageStream } from './message-stream.ts'
import { createPostedMessages, type PostedMessages } from './posted-messages.ts'
import { createAnswerWriter, type LiveState, type WriterState } from './render-answer.ts'
import { closeApprovals, renderApprovals } from './render-approvals.ts'
import { renderArgumentFiles, renderFiles, renderShownResults } from './render-attachments.ts'
import { renderElicitations, updateElicitations } from './render-elicitations.ts'
import { createRenderQueue } from './render-queue.ts'

/** Everything that shows one run. What it does, it does one after the other. */
export type RunView = {
  tell(state: RunState, news: RunProgress): void
  /** Resolves to true when nothing was told meanwhile, so that the canvas can be put away. */
  settle(state: RunState, signal: AbortSignal): Promise<boolean>
  close(): void
}

/** First words at once; then often enough to look alive, and all streams together under Slack's 100 appends a minute. */
const PAINT_EVERY_MS = 400
const PER_STREAM_MS = 650

/** A run that answers within this needs no stream; a longer one shows its Stop button then, before the first words. */
const QUICK_ANSWER_MS = 250

export function createRunView(deps: PaintDeps, ink: WriterState, first: RunState): RunView {
  const scenery: LiveState = { state: first, words: '', progress: new Map(), waiting: undefined }
  const pen = createAnswerWriter(deps, ink)
  let board: PostedMessages | undefined
  let told = 0

  const boardOf = async (state: RunState) => {
    if (board !== undefined) return board
    const made = await createPostedMessages({
      run: first.id,
      calls: deps.webApi,
      shown: deps.runs.shown,
      log: deps.log,
    })
    if (state.recovered) await adoptFoundMessages(deps, made, state)
    board = made
    return made
  }
  const paint = async () => {
    try {
      const here = await boardOf(scenery.state)
      await closeApprovals(here, scenery.state)
      const againMs = await updateElicitations(here, scenery.state, new Date())
      if (scenery.state.status !== 'working') return undefined
      return sooner(await pen.paint(here, scenery), againMs)
    } catch (error) {
      deps.log.warn({ run: first.id, why: errorChainOf(error) }, 'live painting failed')
      return undefined
    }
  }
  const pace = createRenderQueue(paint, () => Math.max(PAINT_EVERY_MS, PER_STREAM_MS * ink.streams))

  const settle = async (state: RunState, signal: AbortSignal) => {
    if (state.recovered) board = undefined
    const here = await boardOf(state)
    if (here.inDoubt()) await adoptFoundMessages(deps, here, state)
    here.doubt(false)
    await pen.lift(here)
    for (const step of stepsOf(deps, here, state)) {
      if (signal.aborted) throw new AppError('cancelled', 'Stopped while telling Slack.', { cause: signal.reason })
      await step()
    }
  }

  return {
    tell(state, news) {
      told += 1
      hear(scenery, state, news)
      pace.soon(news.kind === 'event' && news.type === 'started' ? QUICK_ANSWER_MS : 0)
    },
    async settle(state, signal) {
      const before = told
      await pace.alone(() => settle(state, signal))
      if (told !== before) pace.soon(0)
      return told === before
    },
    close() {
      pace.close()
      pen.drop()
    },
  }
}

const sooner = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)

/** What news changes in the live picture. */
function hear(scenery: LiveState, state: RunState, news: RunProgress): void {
  scenery.state = state
  switch (news.kind) {
    case 'event':
      if (news.type === 'replied') scenery.words = ''
      scenery.waiting = undefined
      return
    case 'words':
      scenery.words += news.text
      scenery.waiting = undefined
      return
    case 'restart':
      scenery.words = ''
      return
    case 'progress': {
      const share = news.total ? `${Math.round(((news.progress ?? 0) / news.total) * 100)}%` : ''
      const said = [share, news.message ?? ''].filter(Boolean).join(' ')
      if (said !== '') scenery.progress.set(news.call, said)
      return
    }
    case 'waiting':
      scenery.waiting = `${BUSY[news.why] ?? 'The model cannot be reached'}, trying again in ${Math.ceil(news.seconds)} s…`
      return
    default:
      news satisfies never
  }
}

const BUSY: Record<string, string> = {
  overloaded: 'The model is busy',
  rate_limited: 'The model has too many requests',
}

/** The work of settling, in the order people should see it. */
function stepsOf(deps: PaintDeps, board: PostedMessages, state: RunState): (() => Promise<void>)[] {
  const { channel, threadTs } = state.origin
  const painted = renderAnswer(state)
  const keys = new Set(painted.map(({ key }) => key))
  return [
    () => endStrayStreams(deps, board),
    ...painted.map(
      ({ key, ...saying }) =>
        () =>
          board.ensure({ key, channel, thread: threadTs }, saying),
    ),
    async () => {
      const left = board.all().filter((shown) => shown.key.startsWith('answer:') && !keys.has(shown.key))
      for (const shown of left) await board.remove(shown.key)
    },
    () => renderApprovals(deps, board, state),
    () => renderElicitations(board, state, new Date()),
    () => renderArgumentFiles(deps, board, state),
    () => renderShownResults(board, state),
    () => renderFiles(deps, board, state),
  ]
}

/** Streams that an instance which is gone left open. */
async function endStrayStreams(deps: PaintDeps, board: PostedMessages): Promise<void> {
  for (const shown of board.all().filter((one) => one.live)) {
    await stopMessageStream(deps.webApi, shown.channel, shown.ts)
    await board.adopt({ ...shown, live: false, picture: '' })
  }
}
