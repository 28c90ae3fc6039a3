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

/** How a request goes out, and how what its server asks meanwhile reaches a person. */
export type RequestOptions = {
  signal: AbortSignal
  /** The answers to what the server asked in the leg before. */
  resume?: ResumeAnswers | undefined
  /**
   * The server asks in the middle of the request and waits on the wire: who made it has until `deadline` to resolve with
   * what the person says. Without this nobody can be asked, and the server hears "cancel".
   */
  onInput?(request: InputRequest, deadline: Date, signal: AbortSignal): Promise<InputAnswer>
}

/** How long is waited for a word, and for all of it; in ms. */
export type CallTimes = { timeoutMs: number; totalMs: number }

export type RequestRound = RequestOptions & { times: CallTimes }

/** The request stands; it goes on when it is made again with the answers, in any process. Without `asks` at once. */
export type InputRequiredOutcome = { kind: 'input_required'; asks: PendingInputRequest[]; state?: string | undefined }

/** `unfit`: what the server asks cannot be put to a person, which ends the request; nothing was done, or it would not ask. */
export type Reply<T> = { kind: 'done'; value: T } | InputRequiredOutcome | { kind: 'unfit'; message: string }

/** The SDK's own timers know no pause; they are out of the way, and this is as long as a timer can be. */
export const NO_TIMEOUT_MS = 2 ** 31 - 1

/**
 * One leg of a request that may want something of the person first, with either protocol. While a person is asked its time
 * stands still. Throws what the SDK throws.
 */
export async function sendWithElicitation<T extends object>(
  session: Session,
  leg: RequestRound,
  send: (patience: PausableTimeout) => Promise<T | InputRequiredResult>,
): Promise<Reply<T>> {
  const { timeoutMs: idleMs, totalMs } = leg.times
  using patience = startPausableTimeout({ idleMs, totalMs, signal: leg.signal })
  const leave = session.elicitations.enter(askerOf(leg, patience))
  try {
    const result = await send(patience)
    return isInputRequiredResult(result)
      ? askingOf(() => readInputRequired(result, session.policy))
      : { kind: 'done', value: result }
  } catch (error) {
    if (!(error instanceof UrlElicitationRequiredError) || error.elicitations.length === 0) throw error
    return askingOf(() => ({ asks: readUrlElicitations(error.elicitations, session.policy) }))
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
  leg: RequestRound,
): Promise<Reply<T>> =>
  sendWithElicitation(session, leg, (patience) =>
    session.client.request({ method, params: { ...params, ...withAnswers(leg.resume) } }, schema, {
      signal: patience.signal,
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

/** A question may hold the request up for as long as it may take, each anew. */
const askerOf = ({ onInput, times }: RequestRound, { pause, resume }: PausableTimeout): ElicitationTarget => ({
  pause,
  resume,
  ask: (asked, signal) =>
    onInput?.(asked, new Date(Date.now() + times.totalMs), signal) ?? Promise.resolve({ action: 'cancel' }),
})

function askingOf(read: () => Omit<InputRequiredOutcome, 'kind'>): Reply<never> {
  try {
    return { kind: 'input_required', ...read() }
  } catch (error) {
    if (!isAppError(error, 'server_refused')) throw error
    return { kind: 'unfit', message: error.message }
  }
}

/** How long a call is waited for: `idleMs` without a word, `totalMs` in all. Time in which a person is asked does not count. */
export type PausableTimeout = {
  /** Fires when it has run out, or when the caller's own signal fires. */
  signal: AbortSignal
  /** The server says that it is still at it. */
  restart(): void
  pause(): void
  resume(): void
  [Symbol.dispose](): void
}

type Waiting = { idleMs: number; totalMs: number; signal: AbortSignal }

function startPausableTimeout({ idleMs, totalMs, signal }: Waiting): PausableTimeout {
  // One listener rather than a signal made of signals, which costs a call more than all else here.
  const over = new AbortController()
  const leave = () => over.abort(signal.reason)
  if (signal.aborted) leave()
  else signal.addEventListener('abort', leave, { once: true })
  const left = { idle: idleMs, total: totalMs }
  let pauses = 0
  let since = performance.now()
  let timer: NodeJS.Timeout | undefined

  const stop = (): void => {
    if (timer === undefined) return
    clearTimeout(timer)
    timer = undefined
    const passed = performance.now() - since
    left.idle -= passed
    left.total -= passed
  }
  const go = (): void => {
    if (pauses > 0 || over.signal.aborted) return
    since = performance.now()
    timer = setTimeout(() => over.abort(), Math.max(0, Math.min(left.idle, left.total)))
  }
  go()
  return {
    signal: over.signal,
    restart() {
      stop()
      left.idle = idleMs
      go()
    },
    pause() {
      stop()
      pauses += 1
    },
    resume() {
      pauses -= 1
      go()
    },
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', leave)
    },
  }
}
