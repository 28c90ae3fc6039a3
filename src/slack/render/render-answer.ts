import type { AnyChunk } from '@slack/types'
import { errorChainOf } from '../../errors.ts'
import type { CallState, RunState } from '../../run/state/state.ts'
import { earliestOf } from '../../timing.ts'
import { type RenderedMessage, renderAnswer, stopButtonsFor } from '../answer/answer-messages.ts'
import { type AnswerPage, isAfterApproval, nextSegmentOf, paginateAnswer } from '../answer/paginate-answer.ts'
import { contextBlock } from '../blocks/build-blocks.ts'
import { appendToStream, STREAM_LIFETIME_MS, startMessageStream } from '../web-api/agents.ts'
import { isUnsupportedMethod, slackErrorCodeOf } from '../web-api/web-api.ts'
import { agentLine } from './agent-line.ts'
import { noteThreadGone } from './closed-place.ts'
import { noteLostAnswer } from './find-messages.ts'
import { contentHashOf, type PostedMessages, saveMessage, threadSlotOf } from './message-records.ts'
import { endStreamOf, showMessage } from './posted-messages.ts'
import { chunksFor, createEmptyStream, type LiveRunInfo, type StreamedContent, THINKING } from './stream-content.ts'

/** Slack's advice for editing one message (docs.slack.dev/apis/web-api/rate-limits). */
const EDIT_EVERY_MS = 3_000
const NO_STREAMS_MS = 10 * 60_000
const RATE_LIMITED_MS = 3_000

/** A run's answer while it is written: the page with the newest words is streamed, the others are edited. */
export type LiveAnswer = {
  state: RunState
  /** Words of the turn that the model is saying. */
  words: string
  /** What servers say of calls under way, by call. */
  progress: Map<string, string>
  /** Why the model is waited for. */
  waiting: string | undefined
  stream: { key: string; ts: string; startedAt: number; sent: StreamedContent } | undefined
  /** Keys of pages that are edited although they grow, since they could not be streamed. */
  notStreamed: Set<string>
  editedAt: Map<string, number>
}

export const createLiveAnswer = (state: RunState): LiveAnswer => ({
  state,
  words: '',
  progress: new Map(),
  waiting: undefined,
  stream: undefined,
  notStreamed: new Set(),
  editedAt: new Map(),
})

/** Shows the answer as it is now. Resolves to the milliseconds after which to call again, if something had to wait. */
export async function renderLiveAnswer(posted: PostedMessages, live: LiveAnswer): Promise<number | undefined> {
  if (posted.closed !== undefined) return undefined
  const page = growingPageOf(live)
  if (live.stream?.key !== page?.key) await endStream(posted, live)
  const messages = renderAnswer(live.state, live.words, live.progress)
  const waits: (number | undefined)[] = []
  for (const message of messages) if (message.key !== page?.key) waits.push(await edit(posted, live, message))
  if (page !== undefined) {
    if (canStream(posted, live, page)) waits.push(await stream(posted, live, page))
    else live.notStreamed.add(page.key)
    if (live.notStreamed.has(page.key)) waits.push(await edit(posted, live, editedPage(live, page, messages)))
  }
  return earliestOf(waits)
}

/** The page that more words go to; none while a card waits for a person, since nothing is streamed meanwhile. */
function growingPageOf({ state, words }: LiveAnswer): AnswerPage | undefined {
  if (words.trim() === '' && isAfterApproval(state)) return undefined
  return paginateAnswer(state, words).at(-1) ?? { key: `answer:${nextSegmentOf(state)}:0`, pieces: [] }
}

function editedPage(live: LiveAnswer, { key }: AnswerPage, messages: RenderedMessage[]): RenderedMessage {
  const message = messages.find((one) => one.key === key) ?? { key, text: '', blocks: [stopButtonsFor(live.state)] }
  const { waiting, isThinking } = liveInfoOf(live)
  const doing = waiting ?? (isThinking ? THINKING : undefined)
  return { ...message, blocks: [...(doing === undefined ? [] : [contextBlock(doing)]), ...message.blocks] }
}

async function edit(
  posted: PostedMessages,
  { state, editedAt }: LiveAnswer,
  { key, ...content }: RenderedMessage,
): Promise<number | undefined> {
  const shown = posted.byKey.get(key)
  if (shown?.contentHash === contentHashOf(content)) return undefined
  const dueMs = (editedAt.get(key) ?? 0) + EDIT_EVERY_MS - Date.now()
  if (dueMs > 0) return dueMs
  editedAt.set(key, Date.now())
  if (shown?.live) await endStreamOf(posted, shown)
  await showMessage(posted, threadSlotOf(state.origin, key), content)
  return undefined
}

/** A message that stands already cannot become a stream. */
function canStream({ deps, byKey }: PostedMessages, live: LiveAnswer, { key }: AnswerPage): boolean {
  if (live.notStreamed.has(key)) return false
  return live.stream?.key === key || (!byKey.has(key) && deps.streams.offUntil < Date.now())
}

const stream = (posted: PostedMessages, live: LiveAnswer, page: AnswerPage): Promise<number | undefined> =>
  live.stream === undefined ? startStream(posted, live, page) : appendPage(posted, live, page, live.stream)

async function startStream(posted: PostedMessages, live: LiveAnswer, page: AnswerPage): Promise<undefined> {
  const { webApi, streams, identities } = posted.deps
  const { origin } = live.state
  const first = chunksFor(page, createEmptyStream(), liveInfoOf(live))
  if (first === undefined || (page.pieces.length === 0 && posted.byKey.size > 0)) return
  const buttons: AnyChunk = { type: 'blocks', blocks: [stopButtonsFor(live.state, page.key)] }
  // Before the first words the buttons stand below what the model does; words would push them out of sight.
  const chunks = first.sent.words === '' ? [...first.chunks, buttons] : [buttons, ...first.chunks]
  let ts: string
  try {
    ts = await identities.send(live.state.agent, (identity) =>
      startMessageStream(webApi, origin, identity ? chunks : [...agentChunks(live.state), ...chunks], identity),
    )
  } catch (error) {
    noteLostAnswer(posted, threadSlotOf(origin, page.key), error)
    await noteThreadGone(posted, error)
    if (isUnsupportedMethod(error)) streams.offUntil = Date.now() + NO_STREAMS_MS
    return giveUpStream(posted, live, page, errorChainOf(error))
  }
  live.stream = { key: page.key, ts, startedAt: Date.now(), sent: first.sent }
  streams.open += 1
  await saveMessage(posted, { key: page.key, channel: origin.channel, ts, contentHash: '', live: true })
}

/** Names the agent where the message does not carry its name. */
const agentChunks = ({ agent }: RunState): AnyChunk[] =>
  agent === undefined ? [] : [{ type: 'blocks', blocks: [agentLine(agent)] }]

async function appendPage(
  posted: PostedMessages,
  live: LiveAnswer,
  page: AnswerPage,
  open: NonNullable<LiveAnswer['stream']>,
): Promise<number | undefined> {
  const next = chunksFor(page, open.sent, liveInfoOf(live))
  if (next === undefined) return giveUpStream(posted, live, page, 'words were taken back')
  if (Date.now() - open.startedAt > STREAM_LIFETIME_MS) return giveUpStream(posted, live, page, 'too old')
  if (next.chunks.length === 0) return
  try {
    await appendToStream(posted.deps.webApi, live.state.origin.channel, open.ts, next.chunks)
  } catch (error) {
    if (slackErrorCodeOf(error) === 'ratelimited') return RATE_LIMITED_MS
    return giveUpStream(posted, live, page, errorChainOf(error))
  }
  open.sent = next.sent
  return undefined
}

/** From now on this page is edited, not streamed. */
async function giveUpStream(
  posted: PostedMessages,
  live: LiveAnswer,
  { key }: AnswerPage,
  why: string,
): Promise<undefined> {
  posted.deps.log.debug({ key, why }, 'stream given up')
  live.notStreamed.add(key)
  await endStream(posted, live)
}

/** Ends the open stream, if there is one. */
export async function endStream(posted: PostedMessages, live: LiveAnswer): Promise<void> {
  const shown = live.stream && posted.byKey.get(live.stream.key)
  if (shown) await endStreamOf(posted, shown)
  dropStream(posted.deps, live)
}

/** Forgets the open stream: another instance goes on with the run. */
export function dropStream({ streams }: PostedMessages['deps'], live: LiveAnswer): void {
  if (live.stream !== undefined) streams.open -= 1
  live.stream = undefined
}

/** The model is at work, and nothing of what it says can be read yet. */
const liveInfoOf = ({ state, words, progress, waiting }: LiveAnswer): LiveRunInfo => ({
  progress,
  waiting,
  isThinking: words.trim() === '' && state.calls.every(({ stage }) => ENDED.has(stage)),
})

const ENDED = new Set<CallState['stage']>(['done', 'failed', 'unknown', 'denied', 'cancelled'])
