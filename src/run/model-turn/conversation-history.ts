import type { RunId, UserId } from '../../ids.ts'
import type { Message } from '../../model/turn.ts'
import type { RunDeps } from '../deps.ts'
import { foldEvents } from '../state/fold.ts'
import type { RunState } from '../state/state.ts'
import { appendEvents, type LeasedRun } from '../storage/leased-run.ts'
import { SUMMARISE } from './instructions.ts'
import { createAssistantMessage, createUserMessage, earlierMessagesOf } from './transcript.ts'

/** A conversation longer than this (some 30,000 tokens) is summed up, all but its latest runs. */
const LONG_HISTORY_CHARS = 120_000
const KEPT_RUNS = 2
const SUMMARY_MAX_TOKENS = 2_000

/** The conversation before this run, as messages; a long one is summed up first, and the summary kept with this run. */
export async function loadConversationHistory(deps: RunDeps, leased: LeasedRun, signal: AbortSignal): Promise<Message[]> {
  const { summary, runs } = await deps.store.history(leased.id)
  const earlier = runs.map((run) => foldEvents(run.id, run.events, true))
  const own = leased.state.origin.user
  const told = tell(summary, earlier, own)
  const older = earlier.slice(0, -KEPT_RUNS)
  const last = older.at(-1)
  if (last === undefined || JSON.stringify(told).length < LONG_HISTORY_CHARS) return told
  // The summary serves everybody who asks here later, so it is made of what everybody could read.
  const text = await summarise(deps, leased, { messages: tell(summary, older, undefined), upTo: last.id, signal })
  return tell(text, earlier.slice(-KEPT_RUNS), own)
}

/** `own`: whose tool results may be told, too. */
function tell(summary: string | null, runs: RunState[], own: UserId | undefined): Message[] {
  const before =
    summary === null
      ? []
      : [createUserMessage(`What was said here before, summed up:\n${summary}`), createAssistantMessage('Understood.')]
  return [...before, ...runs.flatMap((run) => earlierMessagesOf(run, run.origin.user === own))]
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
function plainText(messages: Message[]): string {
  const lines = messages.flatMap((message) => message.content.map((part) => `${message.role}: ${wordsOf(part)}`))
  return `<conversation>\n${lines.join('\n')}\n</conversation>`
}

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
