import {
  type InputRequiredResult,
  isInputRequiredResult,
  type StandardSchemaV1,
  UrlElicitationRequiredError,
} from '@modelcontextprotocol/client'
import { isAppError } from '../../errors.ts'
import type { InputAnswer, InputRequest, PendingInputRequest, ResumeAnswers } from '../elicitation/input-request.ts'
import { readInputRequired, readUrlElicitations } from '../elicitation/read-elicitation.ts'
import { type ElicitationTarget, toElicitResult } from '../elicitation/route-elicitation.ts'
import type { Session } from '../transport/session.ts'

/** How to send a request, and how to ask the person what its server wants meanwhile. */
export type RequestOptions = {
  signal: AbortSignal
  /** The answers to what the server asked in the round before. */
  resume?: ResumeAnswers | undefined
  /**
   * Called when the server asks in the middle of the request and waits for the answer; it has until `deadline` to resolve with
   * what the person says. Without this nobody can be asked, and the server hears "cancel".
   */
  onInput?(request: InputRequest, deadline: Date, signal: AbortSignal): Promise<InputAnswer>
}

/** How long a call may go without progress, and how long it may take in all. */
export type CallTimes = { timeoutMs: number; totalMs: number }

export type RequestRound = RequestOptions & { times: CallTimes }

/** The request goes on when it is sent again with the answers, in any process; without `asks` at once. */
export type InputRequiredOutcome = { kind: 'input_required'; asks: PendingInputRequest[]; state?: string | undefined }

/** `unfit`: what the server asks cannot be shown to a person, which ends the request; nothing was done yet. */
export type Reply<T> = { kind: 'done'; value: T } | InputRequiredOutcome | { kind: 'unfit'; message: string }

/** The SDK's own timers cannot be paused, so they get the longest time that a timer can have. */
export const NO_TIMEOUT_MS = 2 ** 31 - 1

/**
 * One round of a request for which the server may ask the person something first, with either protocol. The timeout is paused while
 * a person is asked. Throws what the SDK throws.
 */
export async function sendWithElicitation<T extends object>(
  session: Session,
  round: RequestRound,
  send: (timeout: PausableTimeout) => Promise<T | InputRequiredResult>,
): Promise<Reply<T>> {
  const { timeoutMs: idleMs, totalMs } = round.times
  using timeout = startPausableTimeout({ idleMs, totalMs, signal: round.signal })
  const leave = session.elicitations.enter(elicitationTargetOf(round, timeout))
  try {
    const result = await send(timeout)
    return isInputRequiredResult(result)
      ? inputRequiredReply(() => readInputRequired(result, session.policy))
      : { kind: 'done', value: result }
  } catch (error) {
    if (!(error instanceof UrlElicitationRequiredError) || error.elicitations.length === 0) throw error
    return inputRequiredReply(() => ({ asks: readUrlElicitations(error.elicitations, session.policy) }))
  } finally {
    leave()
  }
}

type Wire = { method: string; params: Record<string, unknown> }

/** The same for a request without a call of its own in the SDK; its schema has to let `input_required` through. */
export const sendRequest = <T extends object>(
  session: Session,
  { method, params }: Wire,
  schema: StandardSchemaV1<unknown, T | InputRequiredResult>,
  round: RequestRound,
): Promise<Reply<T>> =>
  sendWithElicitation(session, round, (timeout) =>
    session.client.request({ method, params: { ...params, ...withAnswers(round.resume) } }, schema, {
      signal: timeout.signal,
      timeout: NO_TIMEOUT_MS,
      allowInputRequired: true,
    }),
  )

/** The answers, and the server's state as it came (MCP 2026-07-28, basic/patterns/mrtr). */
export function withAnswers(resume: ResumeAnswers | undefined) {
  if (resume === undefined) return {}
  const { state, responses } = resume
  const inputResponses = Object.fromEntries(
    Object.entries(responses).map(([key, answer]) => [key, toElicitResult(answer)]),
  )
  return {
    ...(Object.keys(responses).length > 0 && { inputResponses }),
    ...(state !== undefined && { requestState: state }),
  }
}

/** Each question may take as long as the whole call. */
const elicitationTargetOf = (
  { onInput, times }: RequestRound,
  { pause, resume }: PausableTimeout,
): ElicitationTarget => ({
  pause,
  resume,
  ask: (asked, signal) =>
    onInput?.(asked, new Date(Date.now() + times.totalMs), signal) ?? Promise.resolve({ action: 'cancel' }),
})

function inputRequiredReply(read: () => Omit<InputRequiredOutcome, 'kind'>): Reply<never> {
  try {
    return { kind: 'input_required', ...read() }
  } catch (error) {
    if (!isAppError(error, 'server_refused')) throw error
    return { kind: 'unfit', message: error.message }
  }
}

/** Ends a call after `idleMs` without progress, or `totalMs` in all. Time in which a person is asked does not count. */
export type PausableTimeout = {
  /** Fires when the time is over, or when the caller's own signal fires. */
  signal: AbortSignal
  /** The server reported progress: `idleMs` begins anew. */
  restart(): void
  pause(): void
  resume(): void
  [Symbol.dispose](): void
}

type TimeoutOptions = { idleMs: number; totalMs: number; signal: AbortSignal }

function startPausableTimeout({ idleMs, totalMs, signal }: TimeoutOptions): PausableTimeout {
  // One listener instead of AbortSignal.any, which costs a call more than everything else here.
  const ended = new AbortController()
  const leave = () => ended.abort(signal.reason)
  if (signal.aborted) leave()
  else signal.addEventListener('abort', leave, { once: true })
  const left = { idle: idleMs, total: totalMs }
  let pauses = 0
  let since = performance.now()
  let timer: NodeJS.Timeout | undefined

  const stopTimer = (): void => {
    if (timer === undefined) return
    clearTimeout(timer)
    timer = undefined
    const passed = performance.now() - since
    left.idle -= passed
    left.total -= passed
  }
  const startTimer = (): void => {
    if (pauses > 0 || ended.signal.aborted) return
    since = performance.now()
    timer = setTimeout(() => ended.abort(), Math.max(0, Math.min(left.idle, left.total)))
  }
  startTimer()
  return {
    signal: ended.signal,
    restart() {
      stopTimer()
      left.idle = idleMs
      startTimer()
    },
    pause() {
      stopTimer()
      pauses += 1
    },
    resume() {
      pauses -= 1
      startTimer()
    },
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', leave)
    },
  }
}
