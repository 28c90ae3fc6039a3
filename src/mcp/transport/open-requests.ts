import { z } from 'zod'
import { MAX_BODY_BYTES } from '../../egress/exchange.ts'
import { isAppError } from '../../errors.ts'
import { isObject } from '../protocol/loose-json.ts'
import { LOST_STREAM_CODE, TOO_LARGE_CODE, tooLargeMessage } from '../protocol/lost-stream-error.ts'

const Id = z.union([z.string(), z.number()])
type Id = z.infer<typeof Id>
const CancelledParams = z.object({ requestId: Id })

// The server is left time to end by itself what nobody waits for any more.
const CANCELLED_MS = 1_000
const ANSWERED_MS = 2_000
/** The answer to a message that needs none is only a status. */
const STATUS_MS = 30_000

/** A request on its way, until its answer was read. */
export type OpenRequest = {
  /** Takes note of a message that came, as it was read. */
  see(message: unknown): void
  /** Takes note that an event had an id, from which the SDK goes on by itself. */
  seeEventId(): void
  /** What the SDK has to hear when the stream ended, or broke with `error`; undefined where it has its answer. Throws what it has to hear as that. */
  lostMessage(error?: unknown): object | undefined
  /** Nobody reads the answer any more. */
  release(): void
}

export type OpenRequests = {
  /** Notes what is sent; `signal` ends the exchange, and `request` is there where an answer is due. */
  begin(sent: unknown): { signal: AbortSignal; request?: OpenRequest }
}

/**
 * With the old protocol, the SDK waits until the timeout for an answer whose stream broke. Here such a stream gets an error,
 * unless the server gave its events ids, with which the SDK goes on by itself. An answer that has arrived wins.
 * The SDK also leaves open what a server does not end after its answer, or after a cancellation: that is ended here.
 */
export function createOpenRequests(): OpenRequests {
  const open = new Map<Id, AbortController>()
  return {
    begin(sent) {
      const { id, method, params } = isObject(sent) ? sent : {}
      if (typeof method === 'string' && isId(id)) return beginRequest(open, id)
      const cancelled = method === 'notifications/cancelled' ? CancelledParams.safeParse(params).data : undefined
      if (cancelled !== undefined) abortAfter(CANCELLED_MS, open.get(cancelled.requestId))
      return { signal: AbortSignal.timeout(STATUS_MS) }
    },
  }
}

const isId = (id: unknown): id is Id => typeof id === 'string' || typeof id === 'number'

const abortAfter = (ms: number, controller: AbortController | undefined) =>
  setTimeout(() => controller?.abort(), ms).unref()

function beginRequest(open: Map<Id, AbortController>, id: Id): { signal: AbortSignal; request: OpenRequest } {
  const over = new AbortController()
  let answered = false
  let resumable = false
  open.set(id, over)
  // After a sign-in the same request is sent again.
  const release = () => {
    if (open.get(id) === over) open.delete(id)
  }
  // Without an error the SDK would go on with a cancelled request by the ids of its events.
  const isSettled = () => answered || (resumable && !over.signal.aborted)
  const request: OpenRequest = {
    see: (message) => {
      if (answered || ![message].flat().some((one) => isAnswerTo(id, one, open.size <= 1))) return
      answered = true
      release()
      abortAfter(ANSWERED_MS, over)
    },
    seeEventId: () => {
      resumable = true
    },
    lostMessage: (error) => {
      if (error !== undefined && isSettled() && !over.signal.aborted) throw error
      return isSettled() ? undefined : { jsonrpc: '2.0', id, error: lossOf(error) }
    },
    release,
  }
  return { signal: over.signal, request }
}

const lossOf = (error: unknown) =>
  isAppError(error, 'limit_reached')
    ? { code: TOO_LARGE_CODE, message: tooLargeMessage(undefined, MAX_BODY_BYTES) }
    : { code: LOST_STREAM_CODE, message: 'The stream ended without an answer.' }

/** An answer that names no request is for the one that waits, where there is only one, as the message reader has it. */
function isAnswerTo(id: Id, message: unknown, isOnly: boolean): boolean {
  if (!isObject(message) || (message.result === undefined && message.error === undefined)) return false
  return message.id === undefined || message.id === null ? isOnly : String(message.id) === String(id)
}
