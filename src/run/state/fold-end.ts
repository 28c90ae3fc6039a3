import type { UserId } from '../../ids.ts'
import type { EventOf } from './events.ts'
import { closeInputs, isLiveInput, openInputsOf } from './fold-call.ts'
import type { CallState } from './state.ts'

const REASONS_TO_STOP = {
  request_deleted: 'the message that asked for it was deleted',
  message_changed: 'the message that asked for it was changed',
  stopped_before: 'the request before it was stopped',
  asker_ended: 'the request that asked for it has ended',
  parked_too_long: 'nobody said for a week how it goes on',
}

/** A call that will not be begun any more, with its approval settled. Pure. */
export function applyEnd(
  call: CallState,
  cause: string,
  { by, why, at }: Pick<EventOf<'stopped'>, 'why' | 'at'> & { by?: UserId },
): CallState {
  // A live question hangs on a call that is under way: that one still reports.
  if (openInputsOf(call).some(isLiveInput)) return { ...closeInputs(call, at), stage: 'calling' }
  if (!['requested', 'awaiting_approval', 'approved', 'delegated', 'waiting_input'].includes(call.stage)) return call
  const decided = {
    decision: 'stopped' as const,
    by: why === undefined ? by : undefined,
    reason: why && REASONS_TO_STOP[why],
    at: new Date(at),
    edited: false,
  }
  const approval = call.approval && { ...call.approval, decided: call.approval.decided ?? decided }
  const words = call.rounds > 0 ? 'Stopped while it waited for an answer.' : cause
  return { ...closeInputs(call, at), stage: 'cancelled', cause: words, approval }
}
