import type { RunId, UserId } from '../../ids.ts'
import type { Message } from '../../model/turn.ts'
import { truncate } from '../../text.ts'
import type { RunDeps } from '../deps.ts'
import { type FramedMessage, quoteMessages, quoteWords } from '../frames.ts'
import type { RunState } from '../state/state.ts'
import type { ConversationHistory, SaidMessages, ToldHistory } from '../storage/conversations.ts'
import { appendEvents, type LeasedRun } from '../storage/leased-run.ts'
import { SUMMARISE } from './instructions.ts'
import { filesTextOf } from './request-text.ts'
import { createAssistantMessage, createUserMessage, earlierMessagesOf, endWords } from './transcript.ts'

/** A conversation longer than this (some 30,000 tokens) is summed up, all but its latest runs. */
const LONG_HISTORY_CHARS = 120_000
const KEPT_RUNS = 2
const SUMMARY_MAX_TOKENS = 2_000

/** An earlier run and what was said before it. */
type EarlierRun = { state: RunState; before: SaidMessages }

/** The conversation before this run; a long one is summed up first, and the summary kept with this run. */
export async function loadConversationHistory(
  deps: RunDeps,
  leased: LeasedRun,
  signal: AbortSignal,
): Promise<ToldHistory> {
  const history = await deps.store.history(leased.id)
  const { summary } = history
  const { earlier, before } = assignSaid(history, leased.state)
  const own = leased.state.origin.user
  const told = tell(summary, earlier, own)
  const older = earlier.slice(0, -KEPT_RUNS)
  const last = older.at(-1)
  if (last === undefined || JSON.stringify(told).length < LONG_HISTORY_CHARS) return { messages: told, before }
  // The summary serves everybody who asks here later, so it is made of what everybody could read.
  const request = { messages: tell(summary, older, undefined), upTo: last.state.id, signal }
  const text = await summarise(deps, leased, request)
  return { messages: tell(text, earlier.slice(-KEPT_RUNS), own), before }
}

/** Each message goes with the first request after it, and the exchange with the first request of its conversation. */
function assignSaid(
  { runs, heard, exchange }: ConversationHistory,
  current: RunState,
): { earlier: EarlierRun[]; before: SaidMessages } {
  const told = exchange.flatMap(exchangeMessagesOf)
  let left = heard
  const saidBefore = (state: RunState, index: number): SaidMessages => {
    const due = left.filter(({ ts }) => Number(ts) < Number(state.origin.messageTs))
    left = left.filter((one) => !due.includes(one))
    return { ...newestOf(due), exchange: index === 0 ? told : [] }
  }
  const earlier = runs.map((state, index) => ({ state, before: saidBefore(state, index) }))
  return { earlier, before: saidBefore(current, runs.length) }
}

/** About 5,000 tokens of what was said between two requests, each message cut at a fifth of it. */
const HEARD_CHARS = 20_000
const HEARD_MESSAGE_CHARS = 4_000

function newestOf(heard: FramedMessage[]): Pick<SaidMessages, 'heard' | 'leftOut'> {
  const kept: FramedMessage[] = []
  let room = HEARD_CHARS
  for (const { author, text } of heard.toReversed()) {
    const message = { author, text: truncate(text, HEARD_MESSAGE_CHARS) }
    room -= message.text.length + author.length
    if (room < 0) break
    kept.unshift(message)
  }
  return { heard: kept, leftOut: heard.length - kept.length }
}

/** Of the exchange before, the beginning of each text is enough to know what a question goes on from. */
const EXCHANGE_REQUEST_CHARS = 1_500
const EXCHANGE_ANSWER_CHARS = 3_000

function exchangeMessagesOf(state: RunState): FramedMessage[] {
  const words = [state.text, ...state.corrections.map(({ text }) => text)].join('\n')
  const asked = truncate(words, EXCHANGE_REQUEST_CHARS) + filesTextOf(state)
  const answer = truncate(state.answer, EXCHANGE_ANSWER_CHARS) || endWords(state)
  return [
    { author: state.origin.userName, text: asked },
    { author: 'Patchbay (you)', text: answer },
  ]
}

/** `own`: whose tool results may be told, too. */
function tell(summary: string | null, runs: EarlierRun[], own: UserId | undefined): Message[] {
  const before =
    summary === null
      ? []
      : [
          createUserMessage(`What was said here before, summed up:\n${quoteWords('earlier_summary', {}, summary)}`),
          createAssistantMessage('Understood.'),
        ]
  return [...before, ...runs.flatMap((run) => earlierMessagesOf(run.state, run.state.origin.user === own, run.before))]
}

async function summarise(
  deps: RunDeps,
  leased: LeasedRun,
  o: { messages: Message[]; upTo: RunId; signal: AbortSignal },
): Promise<string> {
  const turn = await deps.model.turn(
    {
      system: SUMMARISE,
      messages: [createUserMessage(plainText(o.messages))],
      tools: [],
      maxTokens: SUMMARY_MAX_TOKENS,
    },
    {
      signal: o.signal,
      onWords: () => undefined,
      onRestart: () => undefined,
      onWaiting: (w) => deps.listener.onProgress(leased.state, { kind: 'waiting', seconds: w.seconds, why: w.why }),
    },
  )
  const text = turn.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('')
  await appendEvents(
    deps,
    leased,
    [{ type: 'summarised', text, upTo: o.upTo, costUsd: turn.costUsd, at: deps.now().toISOString() }],
    'fact',
  )
  return text
}

/** A conversation as text: the API takes tool calls only together with the tools, which may be gone. */
const plainText = (messages: Message[]): string =>
  quoteMessages(
    'conversation',
    messages.flatMap(({ role, content }) => content.map((part) => ({ author: role, text: wordsOf(part) }))),
  )

function wordsOf(part: Message['content'][number]): string {
  switch (part.type) {
    case 'text':
      return part.text
    case 'tool_use':
      return `[calls ${part.name} with ${JSON.stringify(part.input)}]`
    case 'tool_result':
      return `[${part.isError ? 'failed' : 'result'}: ${part.text}]`
    case 'image':
    case 'document':
      return '[a file was shown here]'
    case 'file':
      return `[file ${part.name}]`
    case 'opaque':
      return ''
    default:
      return part satisfies never
  }
}
