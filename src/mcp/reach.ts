import {
  type InputRequiredResult,
  isInputRequiredResult,
  type StandardSchemaV1,
  UrlElicitationRequiredError,
} from '@modelcontextprotocol/client'
import { isAppError } from '../errors.ts'
import type { InputAnswer, InputAsk, InputRequest, Resumption } from './ask.ts'
import type { Asker } from './askers.ts'
import { elicited } from './border.ts'
import { type Patience, startPatience } from './patience.ts'
import { asksOf, pagesOf } from './read-ask.ts'
import type { Session } from './session.ts'

/** How a request goes out, and how what its server asks meanwhile reaches a person. */
export type Reach = {
  signal: AbortSignal
  /** The answers to what the server asked in the leg before. */
  resume?: Resumption | undefined
  /**
   * The server asks in the middle of the request and waits on the wire: who made it has until `deadline` to resolve with
   * what the person says. Without this nobody can be asked, and the server hears "cancel".
   */
  onInput?(request: InputRequest, deadline: Date, signal: AbortSignal): Promise<InputAnswer>
}

/** How long is waited for a word, and for all of it; in ms. */
export type CallTimes = { timeoutMs: number; totalMs: number }

export type Leg = Reach & { times: CallTimes }

/** The request stands; it goes on when it is made again with the answers, in any process. Without `asks` at once. */
export type Asking = { kind: 'input_required'; asks: InputAsk[]; state?: string | undefined }

/** `unfit`: what the server asks cannot be put to a person, which ends the request; nothing was done, or it would not ask. */
export type Reply<T> = { kind: 'done'; value: T } | Asking | { kind: 'unfit'; message: string }

/** The SDK's own timers know no pause; they are out of the way, and this is as long as a timer can be. */
export const NEVER_MS = 2 ** 31 - 1

/**
 * One leg of a request that may want something of the person first, with either protocol. While a person is asked its time
 * stands still. Throws what the SDK throws.
 */
export async function reaching<T extends object>(
  session: Session,
  leg: Leg,
  send: (patience: Patience) => Promise<T | InputRequiredResult>,
): Promise<Reply<T>> {
  const { timeoutMs: idleMs, totalMs } = leg.times
  using patience = startPatience({ idleMs, totalMs, signal: leg.signal })
  const leave = session.askers.enter(askerOf(leg, patience))
  try {
    const result = await send(patience)
    return isInputRequiredResult(result)
      ? askingOf(() => asksOf(result, session.border))
      : { kind: 'done', value: result }
  } catch (error) {
    if (!(error instanceof UrlElicitationRequiredError) || error.elicitations.length === 0) throw error
    return askingOf(() => ({ asks: pagesOf(error.elicitations, session.border) }))
  } finally {
    leave()
  }
}

type Wire = { method: string; params: Record<string, unknown> }

/** The same for a request without a call of its own in the SDK; its schema has to let `input_required` through. */
export const request = <T extends object>(
  session: Session,
  { method, params }: Wire,
  schema: StandardSchemaV1<unknown, T | InputRequiredResult>,
  leg: Leg,
): Promise<Reply<T>> =>
  reaching(session, leg, (patience) =>
    session.client.request({ method, params: { ...params, ...resumed(leg.resume) } }, schema, {
      signal: patience.signal,
      timeout: NEVER_MS,
      allowInputRequired: true,
    }),
  )

/** The answers, and the server's state as it came (MCP 2026-07-28, basic/patterns/mrtr). */
export function resumed(resume: Resumption | undefined) {
  if (resume === undefined) return {}
  const { state, responses } = resume
  const inputResponses = Object.fromEntries(Object.entries(responses).map(([key, answer]) => [key, elicited(answer)]))
  return {
    ...(Object.keys(responses).length > 0 && { inputResponses }),
    ...(state !== undefined && { requestState: state }),
  }
}

/** A question may hold the request up for as long as it may take, each anew. */
const askerOf = ({ onInput, times }: Leg, { pause, resume }: Patience): Asker => ({
  pause,
  resume,
  ask: (asked, signal) =>
    onInput?.(asked, new Date(Date.now() + times.totalMs), signal) ?? Promise.resolve({ action: 'cancel' }),
})

function askingOf(read: () => Omit<Asking, 'kind'>): Reply<never> {
  try {
    return { kind: 'input_required', ...read() }
  } catch (error) {
    if (!isAppError(error, 'server_refused')) throw error
    return { kind: 'unfit', message: error.message }
  }
}
