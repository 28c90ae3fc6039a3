import { AppError, errorChainOf } from '../../errors.ts'
import type { RunId } from '../../ids.ts'
import type { RunListener, RunProgress } from '../../run/deps.ts'
import type { Origin } from '../../run/state/events.ts'
import type { RunState } from '../../run/state/state.ts'
import { peopleAskedOf } from '../../run/state/visibility.ts'
import { earliestOf } from '../../timing.ts'
import { renderAnswer } from '../answer/answer-messages.ts'
import { progressText, waitingText } from '../answer/progress-text.ts'
import { type AgentSessionStatus, sessionStatusOf, sessionWordsOf } from '../web-api/agents.ts'
import { adoptFoundMessages, findLateMessages } from './find-messages.ts'
import { type PostedMessages, type RenderDeps, readPostedMessages, threadSlotOf } from './message-records.ts'
import { endStrayStreams, removeOldPages, showMessage } from './posted-messages.ts'
import { createLiveAnswer, dropStream, endStream, type LiveAnswer, renderLiveAnswer } from './render-answer.ts'
import { closeApprovals, renderApprovals } from './render-approvals.ts'
import {
  renderAnswerTables,
  renderArgumentFiles,
  renderElicitations,
  renderFiles,
  renderShownResults,
  updateElicitations,
} from './render-cards.ts'
import { closeParked, renderParked } from './render-parked.ts'
import { createRenderQueue } from './render-queue.ts'
import {
  postQueuedNote,
  postUnshownNote,
  postWithdrawnNote,
  removeQueuedNote,
  removeQueuedNotes,
} from './thread-notes.ts'

/** First words at once; then often enough to look alive, and all streams together under Slack's 100 appends a minute. */
const RENDER_EVERY_MS = 400
const PER_STREAM_MS = 650

/** A run that answers within this needs no stream; a longer one shows its Stop button then, before the first words. */
const QUICK_ANSWER_MS = 250

/** Shows every run as messages in its thread; `depsOf` gives those of the workspace it is in. */
export function createRunRenderer(depsOf: (origin: Origin) => RenderDeps): RunListener & { close(): void } {
  const views = new Map<RunId, RunView>()
  const viewOf = (state: RunState): RunView => {
    const view = views.get(state.id) ?? createRunView(depsOf(state.origin), state)
    views.set(state.id, view)
    return view
  }
  return {
    onProgress: (state, news) => viewOf(state).onProgress(state, news),
    publish: (state, signal) => viewOf(state).publish(state, signal),
    publishPlain: (state) => postUnshownNote(depsOf(state.origin), state),
    release(run) {
      views.get(run)?.close()
      views.delete(run)
    },
    onQueued(queued, ahead) {
      void postQueuedNote(depsOf(queued.origin), queued, ahead)
    },
    close() {
      for (const view of views.values()) view.close()
    },
  }
}

type RunView = Pick<RunListener, 'onProgress' | 'publish'> & { close(): void }

/** Shows one run, one thing after the other. */
function createRunView(deps: RenderDeps, first: RunState): RunView {
  const live = createLiveAnswer(first)
  let posted: PostedMessages | undefined
  let newsCount = 0
  let session: AgentSessionStatus | undefined

  const messagesOf = async (state: RunState) => {
    if (posted !== undefined) return posted
    const read = await readPostedMessages(deps, state)
    const { channel, threadTs: thread } = state.origin
    if (state.recovered) await adoptFoundMessages(read, { channel, thread })
    posted = read
    return read
  }
  const queue = createRenderQueue(
    async () => renderLive(await messagesOf(live.state), live),
    () => Math.max(RENDER_EVERY_MS, PER_STREAM_MS * deps.streams.open),
    (error) => deps.log.warn({ run: first.id, why: errorChainOf(error) }, 'live rendering failed'),
  )
  // An agent that was asked answers whoever asked it: what people see of it are its questions and files.
  const isAsked = first.parent !== undefined
  const showSession = (state: RunState) => {
    if (isAsked) return
    const status = sessionStatusOf(state)
    if (status !== session) deps.sessions.show(state.origin, status, sessionWordsOf(state))
    session = status
  }
  return {
    onProgress(state, news) {
      const started = news.kind === 'event' && news.type === 'started'
      if (started && !isAsked) deps.sessions.showThinking(state.origin, state.agent)
      if (news.kind === 'event' && sessionStatusOf(state) === 'processing') showSession(state)
      newsCount += 1
      noteProgress(live, state, news)
      queue.renderSoon(started ? QUICK_ANSWER_MS : 0)
    },
    async publish(state, signal) {
      const before = newsCount
      await queue.runAlone(async () => {
        if (state.recovered) posted = undefined
        await publishAll(await messagesOf(state), live, state, signal)
      })
      if (newsCount !== before) queue.renderSoon(0)
      refreshHomes(deps, state)
      showSession(state)
      // Behind all else that Slack takes one after the other: it is no part of the answer.
      if (!isAsked) void deps.postOffers(state)
    },
    close() {
      queue.close()
      dropStream(deps, live)
    },
  }
}

async function renderLive(posted: PostedMessages, live: LiveAnswer): Promise<number | undefined> {
  noteState(posted, live.state)
  await removeQueuedNote(posted)
  await closeApprovals(posted, live.state)
  await closeParked(posted, live.state)
  const againMs = await updateElicitations(posted, live.state, new Date())
  if (live.state.status !== 'working' || live.state.parent !== undefined) return againMs
  return earliestOf([await renderLiveAnswer(posted, live), againMs])
}

/** Nothing new of a withdrawn run is posted where its request was. */
function noteState(posted: PostedMessages, { status, withdrawn }: RunState): void {
  posted.working = status === 'working'
  if (withdrawn) posted.closed = 'withdrawn'
}

/** Shows everything the state says, in the order people should see it. */
async function publishAll(
  posted: PostedMessages,
  live: LiveAnswer,
  state: RunState,
  signal: AbortSignal,
): Promise<void> {
  noteState(posted, state)
  await findLateMessages(posted)
  await endStream(posted, live)
  const asked = [...questionStepsOf(posted, state), () => renderFiles(posted, state)]
  const steps = state.parent === undefined ? stepsOf(posted, state) : asked
  for (const step of steps) {
    if (signal.aborted) throw new AppError('cancelled', 'Stopped while telling Slack.', { cause: signal.reason })
    // It was found withdrawn just now: what comes of that is shown next.
    if (posted.closed === 'thread_gone' && posted.working) return
    await step()
  }
}

type Show = () => Promise<unknown>

function stepsOf(posted: PostedMessages, state: RunState): Show[] {
  const answer = renderAnswer(state)
  return [
    () => removeQueuedNotes(posted, state),
    () => endStrayStreams(posted),
    // Before the others: the first message that stands says where it was asked for.
    () => removeOldPages(posted, new Set(answer.map(({ key }) => key))),
    ...answer.map(
      ({ key, ...content }) =>
        () =>
          showMessage(posted, threadSlotOf(state.origin, key), content),
    ),
    ...questionStepsOf(posted, state),
    () => renderShownResults(posted, state),
    () => renderFiles(posted, state),
    () => renderAnswerTables(posted, state),
    () => postWithdrawnNote(posted, state),
  ]
}

const questionStepsOf = (posted: PostedMessages, state: RunState): Show[] => [
  () => renderApprovals(posted, state),
  () => renderElicitations(posted, state, new Date()),
  () => renderParked(posted, state),
  () => renderArgumentFiles(posted, state),
]

function noteProgress(live: LiveAnswer, state: RunState, news: RunProgress): void {
  live.state = state
  switch (news.kind) {
    case 'event':
      if (news.type === 'replied') live.words = ''
      live.waiting = undefined
      return
    case 'words':
      live.words += news.text
      live.waiting = undefined
      return
    case 'restart':
      live.words = ''
      return
    case 'progress': {
      const text = progressText(news)
      if (text !== '') live.progress.set(news.call, text)
      return
    }
    case 'waiting':
      live.waiting = waitingText(news)
      return
    default:
      news satisfies never
  }
}

function refreshHomes(deps: RenderDeps, { origin, calls }: RunState): void {
  const approvers = calls.flatMap(({ approval }) => (approval ? peopleAskedOf(approval) : []))
  for (const user of new Set([origin.user, ...approvers])) deps.refreshHome({ workspace: origin.workspace, user })
}
